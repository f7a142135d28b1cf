"""The minimal view as one ibis expression, and the SQL text it compiles to.

Rules: the tables are unbound and hold only what the asset document names; the
permitted columns are projected before any join, each by name, so no query ever
says `*` of a brand's table; every name and value goes through ibis, never
through text. The tables behind it (see `tables`) have canonical types: person
and category text, number and flag float64, instants naive UTC.

Order of work: project, filter the population, keep consenting persons, choose
rows, bound.

Consent is judged on what the register says last. A person's latest grant is
the largest `granted` at or before `now` for the purpose. The person is in the
view when every row that carries the latest grant is valid at `now` (not
expired, not withdrawn, synced recently and not in the future) and no row of
that person and purpose, whichever grant it carries, records a withdrawal
from that grant to `now`, both ends included. So a grant after a withdrawal counts again; an
older, still unexpired row never defeats a withdrawal or an expiry; of two rows
granted at the same instant the one that denies wins; a grant in the future, a
missing instant of grant or sync, and a missing person never count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

from hanse_clients.data.queries import CONSENT_TABLE, HOLDOUT, PERSON, ROW, ROWS_TABLE
from hanse_clients.data.view import MinimalView, ViewColumn, ViewUse
from hanse_policies.documents import ColumnType, ConsentMapping, DataAsset, OneOf, PopulationFilter

_KEY = "hanse_key"
_INSTANT = "timestamp(6)"


def view_expression(view: MinimalView) -> ir.Table:
    """Build the one query that a minimal view is.

    Columns of the result: the person id (`hanse_person`, scoring views only), the
    view's columns with numeric features clipped to their public bounds (NaN and
    infinity pass unclipped, so that they can be refused; in a measurement view
    NaN is a missing value), the row's rank among its person's rows (`hanse_row`,
    from 1), and for training `hanse_holdout`.

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
    """Project the permitted columns, filter the population, keep consenting persons."""
    table = ibis.table(_rows_schema(view.asset), name=ROWS_TABLE)
    needed = {c.name: table[c.name] for c in view.columns}
    needed |= {f.column: table[f.column] for f in view.population}
    permitted = table.select(**{PERSON: table[view.asset.person]}, **needed)
    if view.population:
        permitted = permitted.filter([_matches(permitted, f) for f in view.population])
    kept = permitted.semi_join(consenting_persons(view), PERSON)
    return kept.select(PERSON, *(c.name for c in view.columns))


def consenting_persons(view: MinimalView) -> ir.Table:
    """List the persons whose consent for the view's purpose is valid at its `now`."""
    consent = _consent(view.asset)
    rows = consent.filter(consent.purpose == view.purpose_word, consent[PERSON].notnull())
    now, oldest = _instant(view.now), _oldest_sync(view)
    is_valid = (
        (rows.granted <= now)
        & (rows.expires.isnull() | (rows.expires > now))
        & (rows.withdrawn.isnull() | (rows.withdrawn > now))
        & rows.synced.between(oldest, now)
    )
    judged = rows.mutate(is_valid=ibis.coalesce(is_valid, ibis.literal(value=False)))
    is_past_grant = judged.granted <= now
    last = judged.group_by(PERSON).agg(
        valid_grant=judged.granted.max(where=judged.is_valid),
        invalid_grant=judged.granted.max(where=is_past_grant & ~judged.is_valid),
        withdrawal=judged.withdrawn.max(where=judged.withdrawn <= now),
    )
    return last.filter(
        last.valid_grant.notnull(),
        last.invalid_grant.isnull() | (last.invalid_grant < last.valid_grant),
        last.withdrawal.isnull() | (last.withdrawal < last.valid_grant),
    ).select(PERSON)


def person_count_expression(view: MinimalView) -> ir.Table:
    """Count the persons in a view: one row, one column `persons`."""
    rows = view_expression(view)
    return rows.aggregate(persons=rows.count(where=rows[ROW] == 1))


def several_rows_expression(view: MinimalView) -> ir.Table:
    """Count the persons with more than one row before any is chosen: column `persons`."""
    rows = consenting_rows(view)
    counted = rows.group_by(PERSON).agg(rows=rows.count())
    return counted.aggregate(persons=counted.count(where=counted["rows"] > 1))


def next_change_expression(view: MinimalView) -> ir.Table:
    """Find the next instants after `now` at which any consent for the purpose may change.

    One row: the least `granted`, `expires`, `withdrawn` and `synced` after `now`,
    and `stale`, the least `synced` that has not gone stale yet. Until the first of
    them (`stale` plus the greatest age) the register says the same as at `now`.
    """
    consent = _consent(view.asset)
    rows = consent.filter(consent.purpose == view.purpose_word, consent[PERSON].notnull())
    now, oldest = _instant(view.now), _oldest_sync(view)
    return rows.aggregate(
        granted=rows.granted.min(where=rows.granted > now),
        expires=rows.expires.min(where=rows.expires > now),
        withdrawn=rows.withdrawn.min(where=rows.withdrawn > now),
        synced=rows.synced.min(where=rows.synced > now),
        stale=rows.synced.min(where=rows.synced.between(oldest, now)),
    )


def last_sync_expression(asset: DataAsset, now: datetime) -> ir.Table:
    """Find when the register was last synced, at or before `now`: column `synced`."""
    consent = _consent(asset)
    return consent.aggregate(synced=consent.synced.max(where=consent.synced <= _instant(now)))


def view_sql(view: MinimalView) -> str:
    """Compile a view to the SQL text that DuckDB runs; the same view gives the same text."""
    return compile_sql(view_expression(view))


def compile_sql(expression: ir.Table) -> str:
    """Compile any of this module's expressions to DuckDB's SQL."""
    return str(ibis.to_sql(expression, dialect="duckdb"))


def _rows_schema(asset: DataAsset) -> dict[str, str]:
    types = {c.name: _CANONICAL_TYPES[c.type] for c in asset.columns}
    return {asset.person: "string", **types}


_CANONICAL_TYPES: dict[ColumnType, str] = {
    ColumnType.NUMBER: "float64",
    ColumnType.FLAG: "float64",
    ColumnType.CATEGORY: "string",
}


def _consent(asset: DataAsset) -> ir.Table:
    """The consent register under one set of names, whatever the brand calls its columns."""
    names: ConsentMapping = asset.consent
    instants = (names.granted, names.expires, names.withdrawn, names.synced)
    schema = dict.fromkeys(instants, _INSTANT) | {names.person: "string", names.purpose: "string"}
    table = ibis.table(schema, name=CONSENT_TABLE)
    return table.select(
        **{PERSON: table[names.person]},
        purpose=table[names.purpose],
        granted=table[names.granted],
        expires=table[names.expires],
        withdrawn=table[names.withdrawn],
        synced=table[names.synced],
    )


def _instant(when: datetime) -> ir.Value:
    """Write an instant as naive UTC text and cast it; exact to the microsecond."""
    text = when.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return ibis.literal(text).cast(_INSTANT)


def _oldest_sync(view: MinimalView) -> ir.Value:
    return _instant(view.now - timedelta(hours=view.consent_max_age_hours))


def _matches(rows: ir.Table, wanted: PopulationFilter) -> ir.Value:
    column = rows[wanted.column]
    if isinstance(wanted, OneOf):
        return column.isin(wanted.values)
    return column.between(wanted.lower, wanted.upper)


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
