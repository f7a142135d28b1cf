"""Minimum necessary: one asset, only columns that asset and permit both list.

The person column is never read by a study, however its letters are cased, for
warehouses take column names without regard to case. A column is used only as
its declared type allows: numbers and flags where arithmetic is done, categories
where words are compared, a flag as label; text nowhere. A column that the asset
calls sensitive is covered only where the permit says so of this very column.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hanse_policies.decision import RuleFinding, judge, listed
from hanse_policies.documents import (
    CategoricalFeature,
    ColumnType,
    OneOf,
    Study,
    TrainModel,
)
from hanse_policies.facts import Facts, PermitFacts
from hanse_policies.source import FieldPath
from hanse_policies.taxonomy import Taxonomy, TaxonomyPin, TermKind

ARITHMETIC = (ColumnType.NUMBER, ColumnType.FLAG)
WORDS = (ColumnType.CATEGORY,)
LABEL = (ColumnType.FLAG,)
FEATURES: FieldPath = ("computation", "features")
AXES: FieldPath = ("computation", "axes")
POPULATION: FieldPath = ("population",)


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the asset is the one meant, and lists the columns with fitting types."""
    study, asset = facts.study, facts.asset
    source = facts.sources.asset
    key, listed_columns = asset.person.casefold(), facts.listed
    unlisted = [name for name in facts.columns if name not in listed_columns]
    person = [name for name in facts.columns if name.casefold() == key]
    return (
        judge(
            "asset.match",
            study.asset == asset.id,
            source.line_of("id"),
            asked=study.asset,
            allowed=asset.id,
            at=facts.sources.study.line_of("asset"),
        ),
        judge(
            "columns.person",
            not person,
            source.line_of("person"),
            excess=listed(person),
            at=_place(facts, person),
        ),
        judge(
            "columns.asset",
            not unlisted,
            source.line_of("columns"),
            asked=facts.columns_text,
            excess=listed(unlisted),
            at=_place(facts, unlisted),
        ),
        *_check_meaning(facts),
    )


def _check_meaning(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether each column's category is known, and its type fits its use."""
    source = facts.sources.asset
    misused, unknown = list(_misused(facts)), _unknown_categories(facts)
    at = facts.sources.study.line_of("computation")
    return (
        judge(
            "columns.category",
            not unknown,
            source.line_of("taxonomy"),
            excess=listed(unknown),
            allowed=facts.asset.taxonomy,
            at=_place(facts, [name.partition(" ")[0] for name in unknown]),
        ),
        judge(
            "columns.type", not misused, source.line_of("columns"), excess=listed(misused), at=at
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit is for the study's asset and covers all its columns."""
    facts, permit = case.facts, case.permit
    columns = facts.columns
    covered = {column.name for column in permit.columns}
    excess = [name for name in columns if name not in covered]
    return (
        judge(
            "asset.permit",
            facts.study.asset == permit.asset,
            case.line_of("asset"),
            asked=facts.study.asset,
            allowed=permit.asset,
            brand=facts.policy.brand,
            at=facts.sources.study.line_of("asset"),
        ),
        judge(
            "columns.permit",
            not excess,
            case.line_of("columns"),
            asked=facts.columns_text,
            excess=listed(excess),
            brand=facts.policy.brand,
            at=_place(facts, excess),
        ),
        _judge_sensitive(case),
    )


def _judge_sensitive(case: PermitFacts) -> RuleFinding:
    """Ask whether the permit says of each sensitive column that it may be used all the same."""
    facts = case.facts
    excused = {column.name for column in case.permit.columns if column.sensitive}
    excess = [name for name in facts.sensitive if name not in excused]
    return judge(
        "columns.sensitive",
        not excess,
        case.line_of("columns"),
        excess=listed(excess),
        brand=facts.policy.brand,
        at=_place(facts, excess),
    )


def uses(study: Study) -> Iterator[tuple[str, tuple[ColumnType, ...], FieldPath]]:
    """List each use of a column: its name, the types that fit, where the study says so."""
    for name, fitting, field, index in _uses(study):
        yield name, fitting, field if index is None else (*field, index)


def _uses(study: Study) -> Iterator[tuple[str, tuple[ColumnType, ...], FieldPath, int | None]]:
    """List the same, with the place as a field and the index in it, which costs less."""
    computation = study.computation
    if isinstance(computation, TrainModel):
        for index, feature in enumerate(computation.features):
            fitting = WORDS if type(feature) is CategoricalFeature else ARITHMETIC
            yield feature.column, fitting, FEATURES, index
        yield computation.label, LABEL, ("computation", "label"), None
    else:
        for index, axis in enumerate(computation.axes):
            fitting = WORDS if type(axis) is CategoricalFeature else ARITHMETIC
            yield axis.column, fitting, AXES, index
    for index, condition in enumerate(study.population):
        fitting = WORDS if isinstance(condition, OneOf) else ARITHMETIC
        yield condition.column, fitting, POPULATION, index


@cache
def _categories(pin: TaxonomyPin) -> frozenset[str]:
    return frozenset(Taxonomy.load(pin).words(TermKind.DATA_CATEGORY))


def _unknown_categories(facts: Facts) -> list[str]:
    known = _categories(facts.asset.taxonomy)
    strange = {c.name: c.category for c in facts.asset.columns if c.category not in known}
    return [f"{name} ({strange[name]})" for name in facts.columns if name in strange]


def _misused(facts: Facts) -> Iterator[str]:
    for name, fitting, *_ in _uses(facts.study):
        column = facts.listed.get(name)
        if column is not None and column.type not in fitting:
            wanted = "|".join(sorted(fitting))
            yield f"{name} ({column.type}, not {wanted})"


def _place(facts: Facts, names: list[str]) -> str:
    """Name the line of the study that first uses one of the columns."""
    source = facts.sources.study
    if not names:
        return source.line_of("computation")
    for name, _, field, index in _uses(facts.study):
        if name in names:
            return source.line_of(*field) if index is None else source.line_of(*field, index)
    return source.line_of("computation")
