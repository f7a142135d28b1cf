"""Minimum necessary: one asset, only columns that asset and permit both list.

The person column is never read by a study, however its letters are cased, for
warehouses take column names without regard to case. A column is used only as
its declared type allows: numbers and flags where arithmetic is done, categories
where words are compared, a flag as label; text nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import ColumnType, Study, TrainModel
from hanse_policies.documents.asset import ColumnSets
from hanse_policies.documents.features import WORD_USES
from hanse_policies.documents.study import ColumnReads
from hanse_policies.documents.vocabulary import ARITHMETIC, LABEL, WORDS
from hanse_policies.facts import Facts, PermitFacts
from hanse_policies.source import FieldPath
from hanse_policies.taxonomy import Taxonomy, TaxonomyPin, TermKind


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the asset is the one meant, and lists the columns with fitting types."""
    study, asset = facts.study, facts.asset
    reads, there = study.reads, asset.column_sets
    return (
        judge(
            "asset.match",
            study.asset == asset.id,
            lambda: words(
                facts.sources.asset.line_of("id"),
                asked=study.asset,
                allowed=asset.id,
                at=facts.sources.study.line_of("asset"),
            ),
        ),
        judge(
            "columns.person",
            asset.person.casefold() not in reads.folded,
            lambda: _words_of(facts, "person", _named_as_person(facts)),
        ),
        judge(
            "columns.asset",
            reads.every <= there.every,
            lambda: _words_of(
                facts, "columns", _beyond(facts, there.every), asked=listed(facts.columns)
            ),
        ),
        judge(
            "columns.category",
            there.categories <= _categories(asset.taxonomy) or not _unknown_categories(facts),
            lambda: _category_words(facts),
        ),
        judge("columns.type", _are_types_fitting(reads, there), lambda: _type_words(facts)),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit is for the study's asset and covers all its columns."""
    facts, permit = case.facts, case.permit
    study, brand = facts.study, facts.policy.brand
    every = study.reads.every
    return (
        judge(
            "asset.permit",
            study.asset == permit.asset,
            lambda: words(
                case.line_of("asset"),
                asked=study.asset,
                allowed=permit.asset,
                brand=brand,
                at=facts.sources.study.line_of("asset"),
            ),
        ),
        judge(
            "columns.permit",
            every <= permit.covered,
            lambda: permit_words(case, _beyond(facts, permit.covered), asked=listed(facts.columns)),
        ),
    )


def _words_of(facts: Facts, field: str, excess: list[str], **more: str) -> Words:
    at = _place(facts, excess)
    return words(facts.sources.asset.line_of(field), excess=listed(excess), at=at, **more)


def permit_words(case: PermitFacts, excess: list[str], **more: str) -> Words:
    """Say what fills a sentence about columns that a permit does not cover as they are read."""
    brand, at = case.facts.policy.brand, _place(case.facts, excess)
    return words(case.line_of("columns"), excess=listed(excess), brand=brand, at=at, **more)


def _category_words(facts: Facts) -> Words:
    unknown = _unknown_categories(facts)
    return words(
        facts.sources.asset.line_of("taxonomy"),
        excess=listed(f"{name} ({category})" for name, category in unknown.items()),
        allowed=facts.asset.taxonomy,
        at=_place(facts, list(unknown)),
    )


def _type_words(facts: Facts) -> Words:
    return words(
        facts.sources.asset.line_of("columns"),
        excess=listed(_misused(facts)),
        at=facts.sources.study.line_of("computation"),
    )


def _named_as_person(facts: Facts) -> list[str]:
    key = facts.asset.person.casefold()
    return [name for name in facts.columns if name.casefold() == key]


def _beyond(facts: Facts, allowed: frozenset[str]) -> list[str]:
    return [name for name in facts.columns if name not in allowed]


def _are_types_fitting(reads: ColumnReads, there: ColumnSets) -> bool:
    return (
        reads.numbers.isdisjoint(there.not_numbers)
        and reads.words.isdisjoint(there.not_words)
        and reads.labels.isdisjoint(there.not_labels)
    )


def uses(study: Study) -> Iterator[tuple[str, tuple[ColumnType, ...], FieldPath]]:
    """List each use of a column: its name, the types that fit, where the study says so."""
    computation = study.computation
    if isinstance(computation, TrainModel):
        for index, feature in enumerate(computation.features):
            fitting = WORDS if isinstance(feature, WORD_USES) else ARITHMETIC
            yield feature.column, fitting, ("computation", "features", index)
        yield computation.label, LABEL, ("computation", "label")
    else:
        for index, axis in enumerate(computation.axes):
            fitting = WORDS if isinstance(axis, WORD_USES) else ARITHMETIC
            yield axis.column, fitting, ("computation", "axes", index)
    for index, condition in enumerate(study.population):
        fitting = WORDS if isinstance(condition, WORD_USES) else ARITHMETIC
        yield condition.column, fitting, ("population", index)


@cache
def _categories(pin: TaxonomyPin) -> frozenset[str]:
    return frozenset(Taxonomy.load(pin).words(TermKind.DATA_CATEGORY))


def _unknown_categories(facts: Facts) -> dict[str, str]:
    """Name the columns read whose category the asset's taxonomy does not hold, and it."""
    known, columns = _categories(facts.asset.taxonomy), facts.asset.columns_by_name
    read = {name: columns[name].category for name in facts.columns if name in columns}
    return {name: category for name, category in read.items() if category not in known}


def _misused(facts: Facts) -> Iterator[str]:
    for name, fitting, *_ in uses(facts.study):
        column = facts.asset.columns_by_name.get(name)
        if column is not None and column.type not in fitting:
            wanted = "|".join(sorted(fitting))
            yield f"{name} ({column.type}, not {wanted})"


def _place(facts: Facts, names: list[str]) -> str:
    """Name the line of the study that first uses one of the columns."""
    source = facts.sources.study
    if not names:
        return source.line_of("computation")
    for name, _, path in uses(facts.study):
        if name in names:
            return source.line_of(*path)
    return source.line_of("computation")
