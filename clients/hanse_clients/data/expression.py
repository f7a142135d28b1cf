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

Consent is judged on what the register says last. A person's latest grant is
the largest `granted` at or before `now` for the purpose. The person is in the
view when every row that carries the latest grant is valid at `now` (not
expired, not withdrawn, synced recently and not in the future) and no row of
that person and purpose, whichever grant it carries, records a withdrawal
from that grant to `now`, both ends included. So a grant after a withdrawal counts again; an
older, still unexpired row never defeats a withdrawal or an expiry; of two rows
granted at the same instant the one that denies wins; a grant in the future, a
missing instant of grant or sync, and a missing person never count.

An instant that cannot be read never widens consent: whoever has, for the
purpose, any row with an unreadable grant, expiry, withdrawal or sync is not in
the view, whatever all other rows say and whatever `now` is, until the brand
corrects the row. (Read as missing, an expiry or a withdrawal would widen it.)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from hanse_clients.data.queries import (
    CONSENT_TABLE,
    HOLDOUT,
    PERSON,
    ROW,
    ROWS_TABLE,
    unreadable_name,
)
from hanse_clients.data.view import MinimalView, ViewColumn, ViewUse
from hanse_policies.documents import ColumnType, ConsentMapping, DataAsset, OneOf, PopulationFilter

_KEY = "hanse_key"
_INSTANT = "timestamp(6)"
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
"""Instants beyond these two are compared in the warehouse but never fetched from it."""


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


def consenting_persons(view: MinimalView) -> ir.Table:
    """List the persons whose consent for the view's purpose is valid at its `now`."""
    rows = consent_rows(view)
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
        is_unreadable=_is_unreadable(view.asset.consent, judged).any(),
    )
    return last.filter(
        last.valid_grant.notnull(),
        last.invalid_grant.isnull() | (last.invalid_grant < last.valid_grant),
        last.withdrawal.isnull() | (last.withdrawal < last.valid_grant),
        ~last.is_unreadable,
    ).select(PERSON)


def consent_rows(view: MinimalView) -> ir.Table:
    """Take the register's rows of the view's purpose, under one set of names."""
    consent = _consent(view.asset)
    return consent.filter(consent.purpose == view.purpose_word, consent[PERSON].notnull())


def person_count_expression(view: MinimalView) -> ir.Table:
    """Count the persons in a view: one row, one column `persons`."""
    rows = view_expression(view)
    return rows.aggregate(persons=rows.count(where=rows[ROW] == 1))


def next_change_expression(view: MinimalView) -> ir.Table:
    """Find the next instants after `now` at which any consent for the purpose may change.

    One row: the least `granted`, `expires`, `withdrawn` and `synced` after `now`,
    and `stale`, the least `synced` that has not gone stale yet. Until the first of
    them (`stale` plus the greatest age) the register says the same as at `now`.
    Instants beyond the year 9999 are as good as never.
    """
    rows = consent_rows(view)
    now, oldest, last = _instant(view.now), _oldest_sync(view), _instant(_LAST_INSTANT)
    return rows.aggregate(
        granted=rows.granted.min(where=(rows.granted > now) & (rows.granted < last)),
        expires=rows.expires.min(where=(rows.expires > now) & (rows.expires < last)),
        withdrawn=rows.withdrawn.min(where=(rows.withdrawn > now) & (rows.withdrawn < last)),
        synced=rows.synced.min(where=(rows.synced > now) & (rows.synced < last)),
        stale=rows.synced.min(where=rows.synced.between(oldest, now)),
    )


def last_sync_expression(asset: DataAsset, now: datetime) -> ir.Table:
    """Find when the register was last synced, at or before `now`: column `synced`."""
    consent = _consent(asset)
    is_past = consent.synced.between(_instant(_FIRST_INSTANT), _instant(now))
    return consent.aggregate(synced=consent.synced.max(where=is_past))


def view_sql(view: MinimalView) -> str:
    """Compile a view to the SQL text that DuckDB runs; the same view gives the same text."""
    return compile_sql(view_expression(view))


def compile_sql(expression: ir.Table) -> str:
    """Compile any of this module's expressions to DuckDB's SQL."""
    return str(ibis.to_sql(expression, dialect="duckdb"))


def rows_table(asset: DataAsset) -> ir.Table:
    """Describe the canonical table of the asset's rows."""
    types = {c.name: _CANONICAL_TYPES[c.type] for c in asset.columns}
    flags = {
        unreadable_name(c.name): "boolean"
        for c in asset.columns
        if c.type is not ColumnType.CATEGORY
    }
    return ibis.table({asset.person: "string", **types, **flags}, name=ROWS_TABLE)


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
    flags = [unreadable_name(name) for name in dict.fromkeys(instants)]
    table = ibis.table(schema | dict.fromkeys(flags, "boolean"), name=CONSENT_TABLE)
    return table.select(
        **{PERSON: table[names.person]},
        purpose=table[names.purpose],
        granted=table[names.granted],
        expires=table[names.expires],
        withdrawn=table[names.withdrawn],
        synced=table[names.synced],
        **{flag: table[flag] for flag in flags},
    )


def _is_unreadable(names: ConsentMapping, rows: ir.Table) -> ir.Value:
    instants = (names.granted, names.expires, names.withdrawn, names.synced)
    return reduce(or_, (rows[unreadable_name(name)] for name in instants))


def _instant(when: datetime) -> ir.Value:
    """Write an instant as naive UTC text and cast it; exact to the microsecond."""
    text = when.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return ibis.literal(text).cast(_INSTANT)


def _oldest_sync(view: MinimalView) -> ir.Value:
    return _instant(view.now - timedelta(hours=view.consent_max_age_hours))


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
