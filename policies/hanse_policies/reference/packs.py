"""`packs.md`: every legal pack that ships: checks, lists, thresholds, clocks, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hanse_policies.canonical import digest
from hanse_policies.documents import LegalPack
from hanse_policies.documents.legal_pack import (
    BilingualText,
    ExportThreshold,
    IncidentClock,
    SensitivityList,
)
from hanse_policies.language import Language
from hanse_policies.packs.shipped import shipped_packs
from hanse_policies.reference.languages import BOTH, Languages, columns, leading, told
from hanse_policies.reference.markdown import document, table

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
What a law asks, as far as documents can show it. A charter or a policy pins a pack by its digest,
and a brand then lets a study run only where no check of severity `deny` is unmet; what is not known
is unmet. [What a pack claims, and what it does not](../explanation/legal-packs.md).

None of the packs that ship is signed by counsel: every check is its authors' reading of the law and
awaits counsel. No rule violated does not mean lawful.
""",
    Language.ZH: """
法律的要求中能够由文件体现的部分。章程或品牌策略以摘要固定一个规则包，
只有严重程度为 `deny` 的检查全部满足，
品牌才让研究运行；未知视为不满足。[规则包声明什么、不声明什么](../explanation/legal-packs.md)。

随附的规则包均未经法律顾问签名：每项检查都是编写者对法律的理解，有待法律顾问确认。
未违反任何规则不代表合法。
""",
}
TITLE = ("Legal packs", "法律规则包")


def page(languages: Languages = BOTH) -> str:
    """Write the page of all packs that ship."""
    packs = [loaded.document for loaded in shipped_packs()]
    parts = [part for one in packs for part in _pack(one, languages)]
    return document(leading(*TITLE, languages), [INTRODUCTION[languages[0]], *parts])


def _pack(pack: LegalPack, languages: Languages) -> Iterator[str]:
    yield f"## {pack.name}"
    title = "; ".join(told(pack.title.en, pack.title.zh, languages))
    state = leading("State of the law of", "法律状态日期", languages)
    yield f"{title}. {state} {pack.dated:%Y-%m-%d}."
    unsigned = leading("Not signed by counsel", "未经法律顾问签名", languages)
    yield f"{leading('Digest', '摘要', languages)} `{digest(pack)}`. {unsigned}."
    yield f"### {leading('Checks of', '检查', languages)} {pack.name}"
    yield _table(
        ("check", "检查", "severity", "严重程度", "articles", "条款"),
        (((f"`{one.id}`", one.severity, one.articles), (one.tests,)) for one in pack.checks),
        languages,
    )
    yield f"### {leading('Sources of', '来源', languages)} {pack.name}"
    yield _table(
        ("version", "版本", "effective", "生效日期", "source", "出处"),
        (
            ((one.version, f"{one.effective:%Y-%m-%d}", one.source), (one.title, _note(one.note)))
            for one in pack.standards
        ),
        languages,
    )
    yield f"### {leading('Sensitive categories of', '敏感类别', languages)} {pack.name}"
    yield _sensitivity(pack.sensitivity, languages)
    yield from _figures(pack, languages)
    yield from _records(pack, languages)


def _figures(pack: LegalPack, languages: Languages) -> Iterator[str]:
    minors = pack.minors
    if minors is not None:
        yield f"### {leading('Minors of', '未成年人', languages)} {pack.name}"
        note, years = _note(minors.note), minors.guardian_below_years
        yield from told(
            f"Below {years} years a guardian consents ({minors.articles}). {note.en}",
            f"未满 {years} 岁的，由监护人同意（{minors.articles}）。{note.zh}",
            languages,
        )
    if pack.exports:
        yield f"### {leading('Cross-border thresholds of', '出境门槛', languages)} {pack.name}"
        yield _table(
            ("persons since 1 January", "自当年 1 月 1 日起的人数", "articles", "条款"),
            (
                ((_range(one), one.articles), (_SENSITIVE[one.of_sensitive_data], one.mechanism))
                for one in pack.exports
            ),
            languages,
        )


def _records(pack: LegalPack, languages: Languages) -> Iterator[str]:
    yield f"### {leading('Incident clocks of', '事件时限', languages)} {pack.name}"
    yield _table(
        ("hours", "小时", "articles", "条款"),
        (
            (("-" if one.hours is None else str(one.hours), one.articles), _clock(one))
            for one in pack.clocks
        ),
        languages,
    )
    yield f"### {leading('Evidence of', '证据', languages)} {pack.name}"
    yield _table(
        ("articles", "条款"),
        (((one.articles,), (one.asks, one.record)) for one in pack.evidence),
        languages,
    )


def _clock(clock: IncidentClock) -> tuple[BilingualText, ...]:
    soon = () if clock.hours is not None else (_WITHOUT_DELAY,)
    return (*soon, clock.regulator, clock.starts)


def _table(
    headings: tuple[str, ...],
    rows: Iterable[tuple[tuple[str, ...], tuple[BilingualText, ...]]],
    languages: Languages,
) -> str:
    """Write a table of plain cells, and of texts, each language in a column of its own.

    Args:
        headings: Of the plain cells, English and Chinese in turn.
        rows: The plain cells and the texts of each row; texts of a language share a cell.
        languages: In which to write.
    """
    plain = (
        leading(en, zh, languages) for en, zh in zip(headings[::2], headings[1::2], strict=True)
    )
    return table(
        (*plain, *columns(languages)),
        (
            (*cells, *told(_joined(t.en for t in texts), _joined(t.zh for t in texts), languages))
            for cells, texts in rows
        ),
    )


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(text for text in texts if text) or "-"


def _sensitivity(lists: Iterable[SensitivityList], languages: Languages) -> str:
    return _table(
        ("list", "清单", "categories", "类别"),
        (
            ((f"`{one.id}`", ", ".join(f"`{c}`" for c in one.categories)), (_note(one.note),))
            for one in lists
        ),
        languages,
    )


def _note(note: BilingualText | None) -> BilingualText:
    return BilingualText.model_construct(en="", zh="") if note is None else note


def _range(threshold: ExportThreshold) -> str:
    if threshold.persons_below is None:
        return f"{threshold.persons_from:,} ≤ n"
    return f"{threshold.persons_from:,} ≤ n < {threshold.persons_below:,}"


_SENSITIVE = {
    True: BilingualText(en="sensitive data", zh="敏感个人信息"),
    False: BilingualText(en="other data", zh="其他个人信息"),
}
_WITHOUT_DELAY = BilingualText(en="without delay", zh="立即")
