"""The minimal view as one ibis expression, and the SQL text it compiles to.

Rules: the tables are unbound and hold only what the asset document names; the
permitted columns are projected before any join, each by name, so no query ever
says `*` of a brand's table; every name and value goes through ibis, never
through text. The tables behind it (see `tables`) have canonical types: person
and category text, number and flag float64, instants naive UTC.

Order of work: project, filter the population, leave out rows that cannot be
trained on, keep consenting persons, choose rows, bound.

No row can make a query fail: a stored value that does not fit its type is null
in the canonical table, with `unreadable_name` of its column true beside it, and
nothing here divides, casts or looks up.

Whose consent counts is told at `hanse_policies.documents.standing_of` and compiled
in `consent_expression`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import ibis
import ibis.expr.types as ir

from hanse_clients.data.consent_expression import consenting_persons
from hanse_clients.data.queries import (
    HOLDOUT,
    PERSON,
    ROW,
    ROWS_TABLE,
    unreadable_name,
)
from hanse_clients.data.view import MinimalView, ViewColumn, ViewUse
from hanse_policies.documents import ColumnType, DataAsset, OneOf, PopulationFilter

_KEY = "hanse_key"


def view_expression(view: MinimalView) -> ir.Table:
    """Build the one query that a minimal view is.

    Columns of the result: the person id (`hanse_person`, scoring views only), the
    view's columns with numeric features clipped to their public bounds (NaN and
    infinity pass unclipped where they are not left out, so that scoring can tell
    them; in a measurement view NaN is a missing value), the row's rank among its
    person's rows (`hanse_row`, from 1), and for training `hanse_holdout`.

    A training view leaves out each row with a number that is missing or not
    finite or a label that is not 0 or 1, so a person without another row takes
    no part, neither in training nor in the cohort's size. Whether a row is left
    out depends on that row alone.

    Which of a person's rows are taken is decided by a SHA-256 over the brand's
    salt, the person and the row's content, so neither the order of a file nor a
    party without the salt can steer it. Rows that tie are equal in all that the
    view shows. Who is held out is decided by a SHA-256 over study and person, so
    a person known to several brands by one id falls in the same half at each.
    """
    ranked = _ranked(view, consenting_rows(view))
    chosen = ranked.filter(ranked[ROW] <= view.rows_per_person)
    shown: dict[str, ir.Value] = {}
    if view.use is ViewUse.SCORING:
        shown[PERSON] = chosen[PERSON]
    for column in view.columns:
        shown[column.name] = _bounded(chosen[column.name], column, view.use)
    shown[ROW] = chosen[ROW]
    if view.holdout_share is not None:
        shown[HOLDOUT] = _held_out(chosen[PERSON], view.study, view.holdout_share)
    return chosen.select(**shown)


def consenting_rows(view: MinimalView) -> ir.Table:
    """Project the permitted columns, filter rows, keep consenting persons."""
    table = rows_table(view.asset)
    needed = {c.name: table[c.name] for c in view.columns}
    needed |= {f.column: table[f.column] for f in view.population}
    permitted = table.select(**{PERSON: table[view.asset.person]}, **needed)
    wanted = [matches(permitted, f) for f in view.population] + _usable(view, permitted)
    if wanted:
        permitted = permitted.filter(wanted)
    kept = permitted.semi_join(consenting_persons(view), PERSON)
    return kept.select(PERSON, *(c.name for c in view.columns))


def person_count_expression(view: MinimalView) -> ir.Table:
    """Count the persons in a view: one row, one column `persons`."""
    rows = view_expression(view)
    return rows.aggregate(persons=rows.count(where=rows[ROW] == 1))


def view_sql(view: MinimalView) -> str:
    """Compile a view to the SQL text that DuckDB runs; the same view gives the same text."""
    return compile_sql(view_expression(view))


def compile_sql(expression: ir.Table) -> str:
    """Compile any of this module's expressions to DuckDB's SQL."""
    return str(ibis.to_sql(expression, dialect="duckdb"))


def rows_table(asset: DataAsset) -> ir.Table:
    """Describe the canonical table of the asset's rows; what persons wrote is not in it."""
    readable = [c for c in asset.columns if c.type in _CANONICAL_TYPES]
    types = {c.name: _CANONICAL_TYPES[c.type] for c in readable}
    flags = {
        unreadable_name(c.name): "boolean" for c in readable if c.type is not ColumnType.CATEGORY
    }
    return ibis.table({asset.person: "string", **types, **flags}, name=ROWS_TABLE)


_CANONICAL_TYPES: dict[ColumnType, str] = {
    ColumnType.NUMBER: "float64",
    ColumnType.FLAG: "float64",
    ColumnType.CATEGORY: "string",
}


def matches(rows: ir.Table, wanted: PopulationFilter) -> ir.Value:
    """Tell whether a row is in the population; null where the value is missing."""
    column = rows[wanted.column]
    if isinstance(wanted, OneOf):
        return column.isin(wanted.values)
    return column.between(wanted.lower, wanted.upper)


def is_finite(value: ir.Value) -> ir.Value:
    """Tell whether a number is neither NaN nor infinite; null where it is missing."""
    return ~(value.isnan() | value.isinf())


def is_label(value: ir.Value) -> ir.Value:
    """Tell whether a number is 0 or 1, never null."""
    return value.isin((0.0, 1.0)).fill_null(ibis.literal(value=False))


def _usable(view: MinimalView, rows: ir.Table) -> list[ir.Value]:
    """Say which rows can be trained on; scoring and measuring take all rows."""
    if view.use is not ViewUse.TRAINING:
        return []
    numbers = [c.name for c in view.columns if c.type is not ColumnType.CATEGORY]
    return [
        is_label(rows[name]) if name == view.label else rows[name].notnull() & is_finite(rows[name])
        for name in numbers
    ]


def _ranked(view: MinimalView, rows: ir.Table) -> ir.Table:
    parts = [ibis.literal(view.row_salt), _framed(rows[PERSON])]
    parts += [_framed(rows[c.name].cast("string")) for c in view.columns]
    keyed = rows.mutate(**{_KEY: _sha256(parts)})
    order = ibis.window(group_by=keyed[PERSON], order_by=keyed[_KEY])
    return keyed.mutate(**{ROW: ibis.row_number().over(order) + 1})


def _framed(text: ir.Value) -> ir.Value:
    """Write text with its length before it, so that no two rows join to the same text."""
    return (text.length().cast("string") + ":" + text).fill_null("-")


def _sha256(parts: Iterable[ir.Value]) -> ir.Value:
    return reduce(lambda left, right: left + right, parts).hexdigest("sha256")


def _held_out(person: ir.Value, study: str, share: float) -> ir.Value:
    threshold = f"{int(share * 2**64):016x}".ljust(64, "0")
    return _sha256([ibis.literal(study + ":"), person]) < ibis.literal(threshold)


def _bounded(value: ir.Value, column: ViewColumn, use: ViewUse) -> ir.Value:
    if column.type is ColumnType.CATEGORY:
        return value
    if use is ViewUse.MEASUREMENT:
        return value.isnan().ifelse(ibis.null("float64"), value)
    if not column.is_bounded:
        return value
    return ibis.cases(
        (value.isnan() | value.isinf(), value),
        (value < column.lower, ibis.literal(column.lower, type="float64")),
        (value > column.upper, ibis.literal(column.upper, type="float64")),
        else_=value,
    )
