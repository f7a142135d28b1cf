"""`vocabulary.md`: the words of every taxonomy that ships, and the labels of what flows."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from hanse_policies.documents.vocabulary import FlowLabel, TrustMode
from hanse_policies.flows import flows_of
from hanse_policies.language import Language
from hanse_policies.reference.languages import BOTH, Languages, columns, leading
from hanse_policies.reference.markdown import document, table
from hanse_policies.taxonomy import Relation, Taxonomy, TaxonomyPin, Term, TermKind

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
A document pins the version of a taxonomy that its words are meant in. The rules compare purposes
as words: a permit, a budget or a recorded consent for one purpose is for that one alone. Whoever
maps a register's consents to these words can ask `hanse_policies.covers`: consent to a purpose
covers the purpose itself and what already stood below it in the version that the consent pins.
What a standard adds or moves there later is not covered, whatever the study pins. A word, a version
or a kind of word that is not known covers nothing and is covered by nothing.

A term has one word, so that one purpose cannot have two budgets. The data of every version keeps
shipping, with its source, the source's digest and its licence (`hanse_policies/taxonomy/data`).
That a word is here does not say that a law takes it: an implied consent is a legal basis in the
vocabulary and in few laws.
""",
    Language.ZH: """
文件固定其用语所依据的分类体系版本。规则按用语本身比较目的：
针对某一目的的许可、预算或已记录的同意，只适用于该目的。
把登记册中的同意对应到这些用语时，可使用 `hanse_policies.covers`：对某一目的的同意，涵盖该目的本身，
以及在同意所固定的版本中已位于其下的目的；
标准此后新增或移入的内容不在其内，无论研究固定哪个版本。未知的用语、版本或类型不涵盖任何内容，
也不被任何内容涵盖。

一个术语只有一个用语，因此一个目的不会有两份预算。每个版本的数据都随附其来源、来源摘要和许可证
（`hanse_policies/taxonomy/data`）。某个用语列在这里，并不说明法律认可它。
""",
}
TITLE = ("Vocabulary", "词汇")

NARROWER = """
Hanse's own words for a use that the standard has no term for. Each lies within a term of the
standard, which is what exports name, but says less than the term does. So each covers itself
alone, and no other consent covers it: not one to the term either.
"""

CHANGES = """
From each version to the next, of the terms that ship. A term that moved stands below its new
parents for consents that pin the later version alone.
"""

FLOWS = """
How far something that flows is from the persons it was made from; a later label is further. F5 is a
claim about the law: nothing bears it without evidence, a signature and an expiry.
"""


def page(languages: Languages = BOTH) -> str:
    """Write the page."""
    versions = [Taxonomy.load(pin) for pin in TaxonomyPin]
    dpv = [version for version in versions if version.pin.startswith("dpv-")]
    categories = next(version for version in versions if version not in dpv)
    newest = dpv[-1]
    parts = [INTRODUCTION[languages[0]], "## Taxonomies that ship", _taxonomies(versions)]
    parts += ["## Words of Hanse's own", NARROWER, _narrower(newest)]
    parts += [f"## Purposes in {newest.pin}", _terms(newest, TermKind.PURPOSE)]
    parts += [f"## Legal bases in {newest.pin}", _terms(newest, TermKind.LEGAL_BASIS)]
    parts += ["## Changes between versions", CHANGES, *_changes(dpv)]
    parts += [f"## Data categories in {categories.pin}", _categories(categories)]
    parts += ["## Flow labels", FLOWS, _labels(), "## Flows of a study", _flows(languages)]
    return document(leading(*TITLE, languages), parts)


def _taxonomies(versions: Iterable[Taxonomy]) -> str:
    rows = [
        (f"`{v.pin}`", v.provenance.title, v.provenance.selection, v.provenance.licence)
        for v in versions
    ]
    return table(("pin", "what it is", "which terms", "licence"), rows)


def _narrower(taxonomy: Taxonomy) -> str:
    words = _words_by_name(taxonomy)
    rows = [
        (f"`{term.word}`", f"`{words[term.name]}`", f"`{_reference(term)}`")
        for term in taxonomy.terms
        if term.relation is Relation.NARROWER
    ]
    return table(("word", "within", "term"), rows)


def _terms(taxonomy: Taxonomy, kind: TermKind) -> str:
    words = _words_by_name(taxonomy)
    rows = [
        (f"`{term.word}`", f"`{_reference(term)}`", _listed(term.parents, words), term.since)
        for term in _standard(taxonomy).values()
        if term.kind is kind and term.word
    ]
    return table(("word", "term", "stands below", "since"), sorted(rows))


def _categories(taxonomy: Taxonomy) -> str:
    rows = [
        (f"`{term.word}`", ", ".join(f"`{parent}`" for parent in term.parents), term.since)
        for term in taxonomy.terms
    ]
    return table(("word", "stands below", "since"), rows)


def _changes(versions: list[Taxonomy]) -> Iterator[str]:
    for older, newer in pairwise(versions):
        rows = list(_changes_between(older, newer))
        yield f"### {older.pin} to {newer.pin}"
        yield table(("change", "word", "stood below", "stands below"), rows)


def _changes_between(older: Taxonomy, newer: Taxonomy) -> Iterator[tuple[str, str, str, str]]:
    before, after = _standard(older), _standard(newer)
    old_words, new_words = _words_by_name(older), _words_by_name(newer)
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        stood = _listed(old.parents, old_words) if old else ""
        stands = _listed(new.parents, new_words) if new else ""
        word = f"`{new_words[name] if new else old_words[name]}`"
        if stood != stands:
            yield ("added" if not old else "moved" if new else "removed"), word, stood, stands


def _standard(taxonomy: Taxonomy) -> Mapping[str, Term]:
    return {term.name: term for term in taxonomy.terms if term.relation is Relation.EXACT}


def _words_by_name(taxonomy: Taxonomy) -> Mapping[str, str]:
    """Name each term by its word, the tops of the trees by the standard's name."""
    return {name: term.word or _reference(term) for name, term in _standard(taxonomy).items()}


def _listed(names: Iterable[str], words: Mapping[str, str]) -> str:
    return ", ".join(f"`{words[name]}`" for name in names)


def _reference(term: Term) -> str:
    return f"dpv:{term.name}"


def _labels() -> str:
    told = _member_docs(FlowLabel)
    rows = [
        (label.value, label.name.lower().replace("_", " "), told[label.name]) for label in FlowLabel
    ]
    return table(("label", "name", "what it is"), rows)


def _member_docs(enumeration: type) -> Mapping[str, str]:
    """Read the text that stands below each member of an enumeration in its source."""
    body = ast.parse(inspect.getsource(enumeration)).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    return {
        member.targets[0].id: str(told.value.value)
        for member, told in pairwise(statements)
        if isinstance(member, ast.Assign)
        and isinstance(member.targets[0], ast.Name)
        and isinstance(told, ast.Expr)
        and isinstance(told.value, ast.Constant)
    }


def _flows(languages: Languages) -> str:
    rows = [
        (f"`{mode}`", name, flow.label, *(flow.reason(language) for language in languages))
        for mode in TrustMode
        for name, flow in (
            ("leaves a brand", flows_of(mode).leaving),
            ("is released", flows_of(mode).released),
        )
    ]
    return table(("trust mode", "what", "label", *columns(languages)), rows)
