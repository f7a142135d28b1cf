"""`lints.md` and `lints/L01.md`: every lint with its findings, samples and fixes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from hanse_policies.language import Language
from hanse_policies.lint.catalogue import FIXES, LINTS, REFUSED, finding_words, severity_of
from hanse_policies.lint.finding import Severity
from hanse_policies.lint.findings_en import ENGLISH_FINDINGS
from hanse_policies.lint.fixing import fix_texts, text_difference
from hanse_policies.lint.linting import lint_texts
from hanse_policies.lint.refusals import ATTEMPTS, FIELDS, UNKNOWN_OR_DUPLICATE, UNREADABLE
from hanse_policies.lint.sample_files import sample_texts
from hanse_policies.reference.languages import BOTH, Languages, beside, columns, leading, told
from hanse_policies.reference.markdown import document, fenced, table

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
`hanse policy lint FILE...` looks at documents together: a charter, policies, assets, studies,
approvals, as many as there are. It says what a compliance officer would send them back for, before
anything is signed. What a document names and the set does not hold is not known, and a lint says
so only where that matters. A version that another version of the set supersedes is there to be
compared with and is not linted itself.

A finding is an `error` (a duty or guarantee is not kept, or nothing shows that it is), a `warning`
(it may not be kept) or a `note`. The command ends with 1 on an error, with `--strict` on a warning,
too; with 3 where a file cannot be read; else with 0. `--fix` makes the fixes that take nobody's
judgement, in the text itself, and shows them; `--dry-run` shows them alone. A fixed document is
another document: its digest is new, and a version that was signed takes a new number.

A document that the loader refuses is reported under the lint that it belongs to, by the first
field that is wrong. Where the shape of the documents leaves no room for a fault, the lint is there
for the attempt to write it.

The articles name the duty that a lint serves. They are no legal advice: no finding does not mean
lawful. Words in braces are filled in.
""",
    Language.ZH: """
`hanse policy lint FILE...` 把章程、品牌策略、数据资产、研究和批准放在一起检查，
在签署之前指出合规人员会退回文件的原因。
文件提到而文件集中没有的内容视为未知，仅在有影响时才会报告。
已被文件集中另一版本取代的版本只用于比较，本身不检查。

结果分为 `error`（义务或保证未履行，或没有任何内容表明已履行）、`warning`（可能未履行）和 `note`。
有 `error` 时命令以 1 结束；使用 `--strict` 时，有 `warning` 也以 1 结束；
文件无法读取时以 3 结束，否则以 0 结束。
`--fix` 直接在文本中完成无需任何人判断的修改并显示出来；`--dry-run` 只显示。
修改后的文件是另一份文件：
摘要随之改变，已签署的版本须使用新的版本号。

被加载器拒绝的文件，按第一个出错的字段归入相应的检查项。文件结构本身不允许的错误，
检查项针对的是写入它的企图。

条款指出检查项所服务的义务，不构成法律意见；未发现问题不代表合法。花括号中的内容由具体结果填入。
""",
}
TITLE = ("Lints", "文件检查")
NO_SAMPLE = (
    "No sample: a file that is no document has no form to show. `hanse policy check` says why.",
    "没有样例：无法读取的文件没有固定的样子。`hanse policy check` 给出原因。",
)
NOTHING_FIXED = (
    "`--fix` changes nothing here: what is right takes somebody's judgement.",
    "`--fix` 不作修改：如何改正须由人判断。",
)
FIXED = (
    "`--fix` puts right {codes}. In the failing sample:",
    "`--fix` 会改正 {codes}。在不通过的样例中：",
)
NO_SETTING = (
    "No setting and no comment in a document silences a lint.",
    "没有任何设置或文件中的注释可以关闭检查项。",
)
STRICT = (
    "`--strict` makes its warnings ({codes}) fail the command.",
    "使用 `--strict` 时，其 `warning`（{codes}）也使命令失败。",
)
SAMPLES = (
    ("fails", ("Sample that fails", "不通过的样例")),
    ("passes", ("Sample that passes", "通过的样例")),
)


def page(languages: Languages = BOTH) -> str:
    """Write the page that lists all lints."""
    rows = [
        (f"[{lint}](lints/{lint}.md)", *told(text.en.title, text.zh.title, languages))
        for lint, text in LINTS.items()
    ]
    title = leading(*TITLE, languages)
    return document(title, [INTRODUCTION[languages[0]], table(("", *columns(languages)), rows)])


def pages(languages: Languages = BOTH) -> Mapping[str, str]:
    """Write a page a lint, by its path within the reference."""
    return {f"lints/{lint}.md": lint_page(lint, languages) for lint in LINTS}


def lint_page(lint: str, languages: Languages = BOTH) -> str:
    """Write the page of one lint.

    Args:
        lint: Its id: `L09`.
        languages: In which the page is written.
    """
    text = LINTS[lint]
    title = f"{lint}: {beside(text.en.title, text.zh.title, languages)}"
    return document(title, _parts(lint, languages))


def _parts(lint: str, languages: Languages) -> Iterator[str]:
    text = LINTS[lint]
    yield from told(text.en.why, text.zh.why, languages)
    yield f"{beside('Serves', '所服务的义务', languages)}: {text.article}."
    yield f"## {beside('What it says', '结果的表述', languages)}"
    yield table(("", "", *columns(languages)), _findings(lint, languages))
    if lint == UNREADABLE:
        yield from told(*NO_SAMPLE, languages)
    else:
        for outcome, words in SAMPLES:
            yield f"## {beside(*words, languages)}"
            yield from _sample(lint, outcome, languages)
    yield f"## {beside('Fix', '改正', languages)}"
    yield from _fixes(lint, languages)
    yield f"## {beside('Options', '选项', languages)}"
    yield from _options(lint, languages)


def _codes(lint: str) -> tuple[str, ...]:
    own = [code for code in ENGLISH_FINDINGS if code.startswith(f"{lint}.")]
    is_refused = lint in {UNREADABLE, UNKNOWN_OR_DUPLICATE, *FIELDS, *ATTEMPTS}
    return (*own, *([f"{lint}.{REFUSED}"] if is_refused else ()))


def _findings(lint: str, languages: Languages) -> Iterator[tuple[str, ...]]:
    for code in _codes(lint):
        english, chinese = (finding_words(code, language) for language in BOTH)
        name = f"`{code}`, {severity_of(code)}"
        finding = beside("finding", "结果", languages)
        yield name, finding, *told(english.message, chinese.message, languages)
        fix = beside("fix", "改正", languages) + (" (`--fix`)" if code in FIXES else "")
        yield "", fix, *told(english.fix, chinese.fix, languages)


def _sample(lint: str, outcome: str, languages: Languages) -> Iterator[str]:
    texts = _sample_of(lint, outcome)
    names = " ".join(path.name for path in texts)
    report = lint_texts(texts)
    for language in languages:
        option = "" if language is Language.EN else f" --lang {language}"
        lines = [f"$ hanse policy lint {names}{option}", *report.lines(language)]
        if report.findings:
            yield fenced("\n".join(lines), "console")
    for path, text in texts.items():
        yield f"`{path.name}`:"
        yield fenced(text, "yaml")


def _sample_of(lint: str, outcome: str) -> dict[Path, str]:
    return {Path(name): text for name, text in sample_texts(lint, outcome).items()}


def _fixes(lint: str, languages: Languages) -> Iterator[str]:
    fixable = [code for code in _codes(lint) if code in FIXES]
    if not fixable:
        yield from told(*NOTHING_FIXED, languages)
        return
    codes = ", ".join(f"`{code}`" for code in fixable)
    yield from (text.format(codes=codes) for text in told(*FIXED, languages))
    before = _sample_of(lint, "fails")
    after = fix_texts(before)
    shown = "".join(text_difference(before[path], after[path], path) for path in before)
    if shown:
        yield fenced(shown, "diff")


def _options(lint: str, languages: Languages) -> Iterator[str]:
    warnings = [code for code in _codes(lint) if severity_of(code) is Severity.WARNING]
    codes = ", ".join(f"`{code}`" for code in warnings)
    sentences = [STRICT] if warnings else []
    for index in range(len(languages)):
        parts = [told(*words, languages)[index].format(codes=codes) for words in sentences]
        yield " ".join([told(*NO_SETTING, languages)[index], *parts])
