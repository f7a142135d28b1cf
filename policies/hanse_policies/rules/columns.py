"""Minimum necessary: one asset, only columns that asset and permit both list.

The person column is never read by a study, however its letters are cased, for
warehouses take column names without regard to case. A column is used only as
its declared type allows: numbers and flags where arithmetic is done, categories
where words are compared, a flag as label; text nowhere. A column that the asset
calls sensitive is covered only where the permit says so of this very column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hanse_policies.decision import RuleFinding, judge, listed
from hanse_policies.documents import (
    AssetColumn,
    CategoricalFeature,
    ColumnType,
    OneOf,
    Sensitivity,
    Study,
    TrainModel,
)
from hanse_policies.facts import Facts, PermitFacts

ARITHMETIC = frozenset({ColumnType.NUMBER, ColumnType.FLAG})
WORDS = frozenset({ColumnType.CATEGORY})
LABEL = frozenset({ColumnType.FLAG})


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the asset is the one meant, and lists the columns with fitting types."""
    study, asset = facts.study, facts.asset
    source = facts.sources.asset
    columns = study.columns()
    known = {column.name: column for column in asset.columns}
    hidden = asset.person.casefold()
    unlisted = [name for name in columns if name not in known]
    person = [name for name in columns if name.casefold() == hidden]
    misused = list(_misused(facts, known))
    at = facts.sources.study.line_of("computation")
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
            asked=listed(columns),
            excess=listed(unlisted),
            at=_place(facts, unlisted),
        ),
        judge(
            "columns.type", not misused, source.line_of("columns"), excess=listed(misused), at=at
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit is for the study's asset and covers all its columns."""
    facts, permit = case.facts, case.permit
    columns = facts.study.columns()
    covered = frozenset(permit.column_names)
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
            asked=listed(columns),
            excess=listed(excess),
            brand=facts.policy.brand,
            at=_place(facts, excess),
        ),
        _judge_sensitive(case, columns),
    )


def _judge_sensitive(case: PermitFacts, columns: tuple[str, ...]) -> RuleFinding:
    """Ask whether the permit says of each sensitive column that it may be used all the same."""
    facts = case.facts
    excused = {column.name for column in case.permit.columns if column.sensitive}
    sensitive = {
        column.name
        for column in facts.asset.columns
        if column.sensitivity is not Sensitivity.ORDINARY
    }
    unexcused = sensitive - excused
    excess = [name for name in columns if name in unexcused]
    return judge(
        "columns.sensitive",
        not excess,
        case.line_of("columns"),
        excess=listed(excess),
        brand=facts.policy.brand,
        at=_place(facts, excess),
    )


def uses(study: Study) -> Iterator[tuple[str, frozenset[ColumnType], tuple[str | int, ...]]]:
    """List each use of a column: its name, the types that fit, where the study says so."""
    computation = study.computation
    if isinstance(computation, TrainModel):
        for index, feature in enumerate(computation.features):
            fitting = WORDS if isinstance(feature, CategoricalFeature) else ARITHMETIC
            yield feature.column, fitting, ("computation", "features", index)
        yield computation.label, LABEL, ("computation", "label")
    else:
        for index, axis in enumerate(computation.axes):
            fitting = WORDS if isinstance(axis, CategoricalFeature) else ARITHMETIC
            yield axis.column, fitting, ("computation", "axes", index)
    for index, condition in enumerate(study.population):
        fitting = WORDS if isinstance(condition, OneOf) else ARITHMETIC
        yield condition.column, fitting, ("population", index)


def _misused(facts: Facts, known: Mapping[str, AssetColumn]) -> Iterator[str]:
    for name, fitting, _ in uses(facts.study):
        column = known.get(name)
        if column is not None and column.type not in fitting:
            wanted = "|".join(sorted(fitting))
            yield f"{name} ({column.type}, not {wanted})"


def _place(facts: Facts, names: list[str]) -> str:
    """Name the line of the study that first uses one of the columns."""
    source = facts.sources.study
    if not names:
        return source.line_of("computation")
    places = (source.line_of(*path) for name, _, path in uses(facts.study) if name in names)
    return next(places, source.line_of("computation"))
