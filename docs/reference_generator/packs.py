"""`packs.md`: every legal pack that ships: checks, lists, thresholds, clocks, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hanse_policies.canonical import digest
from hanse_policies.documents import LegalPack
from hanse_policies.documents.legal_pack import BilingualText, ExportThreshold, SensitivityList
from hanse_policies.packs.shipped import shipped_packs
from reference_generator.markdown import document, table

INTRODUCTION = """
What a law asks, as far as documents can show it. A charter or a policy pins a pack by its digest,
and a brand then lets a study run only where no check of severity `deny` is unmet; what is not known
is unmet. [What a pack claims, and what it does not](../explanation/legal-packs.md).

None of the packs that ship is signed by counsel: every check is its authors' reading of the law and
awaits counsel. No rule violated does not mean lawful.
"""


def page() -> str:
    """Write the page."""
    packs = [loaded.document for loaded in shipped_packs()]
    return document("Legal packs", [INTRODUCTION, *(part for one in packs for part in _pack(one))])


def _pack(pack: LegalPack) -> Iterator[str]:
    yield f"## {pack.name}"
    yield f"{pack.title.en}; {pack.title.zh}. State of the law of {pack.dated:%Y-%m-%d}."
    yield f"Digest `{digest(pack)}`. Not signed by counsel."
    yield f"### Checks of {pack.name}"
    yield table(
        ("check", "severity", "articles", "English", "中文"),
        (
            (f"`{check.id}`", check.severity, check.articles, check.tests.en, check.tests.zh)
            for check in pack.checks
        ),
    )
    yield f"### Sources of {pack.name}"
    yield table(
        ("standard", "version", "effective", "English", "中文", "source"),
        (
            (
                one.title.en,
                one.version,
                f"{one.effective:%Y-%m-%d}",
                _note(one.note).en,
                _note(one.note).zh,
                one.source,
            )
            for one in pack.standards
        ),
    )
    yield f"### Sensitive categories of {pack.name}"
    yield _sensitivity(pack.sensitivity)
    yield from _figures(pack)
    yield from _records(pack)


def _figures(pack: LegalPack) -> Iterator[str]:
    if pack.minors is not None:
        yield f"### Minors of {pack.name}"
        note = _note(pack.minors.note)
        yield (
            f"Below {pack.minors.guardian_below_years} years a guardian consents "
            f"({pack.minors.articles}). {note.en} {note.zh}"
        )
    if pack.exports:
        yield f"### Cross-border thresholds of {pack.name}"
        yield table(
            ("persons since 1 January", "sensitive data", "English", "中文", "articles"),
            (
                (
                    _range(one),
                    _yes(one.of_sensitive_data),
                    one.mechanism.en,
                    one.mechanism.zh,
                    one.articles,
                )
                for one in pack.exports
            ),
        )


def _records(pack: LegalPack) -> Iterator[str]:
    yield f"### Incident clocks of {pack.name}"
    yield table(
        ("hours", "to whom", "from when", "接收方", "起算", "articles"),
        (
            (
                "without delay" if one.hours is None else str(one.hours),
                one.regulator.en,
                one.starts.en,
                one.regulator.zh,
                one.starts.zh,
                one.articles,
            )
            for one in pack.clocks
        ),
    )
    yield f"### Evidence of {pack.name}"
    yield table(
        ("asked", "where it is", "审计事项", "留存位置", "articles"),
        (
            (one.asks.en, one.record.en, one.asks.zh, one.record.zh, one.articles)
            for one in pack.evidence
        ),
    )


def _sensitivity(lists: Iterable[SensitivityList]) -> str:
    return table(
        ("list", "categories", "English", "中文"),
        (
            (
                f"`{one.id}`",
                ", ".join(f"`{category}`" for category in one.categories),
                _note(one.note).en,
                _note(one.note).zh,
            )
            for one in lists
        ),
    )


def _note(note: BilingualText | None) -> BilingualText:
    return BilingualText(en="-", zh="-") if note is None else note


def _range(threshold: ExportThreshold) -> str:
    if threshold.persons_below is None:
        return f"from {threshold.persons_from:,}"
    return f"from {threshold.persons_from:,}, fewer than {threshold.persons_below:,}"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
