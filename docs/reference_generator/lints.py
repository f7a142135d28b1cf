"""`lints.md`: every lint with why it is there, its findings and its samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hanse_policies.language import Language
from hanse_policies.lint.catalogue import FIXES, LINTS, REFUSED, finding_words, severity_of
from hanse_policies.lint.findings_en import ENGLISH_FINDINGS
from hanse_policies.lint.refusals import ATTEMPTS, FIELDS, UNKNOWN_OR_DUPLICATE, UNREADABLE
from reference_generator.markdown import document, table

INTRODUCTION = """
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
"""


def page(samples: Path) -> str:
    """Write the page.

    Args:
        samples: The folder that holds a folder of samples for each lint.
    """
    parts = [INTRODUCTION, _overview()]
    for lint in LINTS:
        parts += _lint(lint, samples)
    return document("Lints", parts)


def _overview() -> str:
    rows = [
        (f"[{lint}](#{lint.lower()})", text.en.title, text.zh.title) for lint, text in LINTS.items()
    ]
    return table(("lint", "English", "中文"), rows)


def _lint(lint: str, samples: Path) -> Iterator[str]:
    text = LINTS[lint]
    yield f"## {lint}"
    yield f"**{text.en.title}** · {text.zh.title}"
    yield text.en.why
    yield text.zh.why
    yield f"Serves: {text.article}."
    rows = [row for code in _codes(lint) for row in _finding(lint, code)]
    yield table(("finding", "", "English", "中文"), rows)
    for outcome in ("fails", "passes"):
        files = sorted((samples / lint / outcome).glob("*.yaml"))
        if files:
            links = ", ".join(_link(lint, outcome, file) for file in files)
            yield f"Sample that {outcome}: {links}."


def _codes(lint: str) -> Iterator[str]:
    yield from (code for code in ENGLISH_FINDINGS if code.startswith(f"{lint}."))
    if lint in {UNREADABLE, UNKNOWN_OR_DUPLICATE, *FIELDS, *ATTEMPTS}:
        yield f"{lint}.{REFUSED}"


def _finding(lint: str, code: str) -> Iterator[tuple[str, str, str, str]]:
    english, chinese = (finding_words(code, language) for language in (Language.EN, Language.ZH))
    name = f"`{code.removeprefix(f'{lint}.')}`, {severity_of(code)}"
    yield name, "message", english.message, chinese.message
    fix = "fix (`--fix`)" if code in FIXES else "fix"
    yield "", fix, english.fix, chinese.fix


def _link(lint: str, outcome: str, file: Path) -> str:
    return f"[{file.name}](../../policies/samples/lints/{lint}/{outcome}/{file.name})"
