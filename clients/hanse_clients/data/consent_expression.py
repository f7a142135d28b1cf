"""Whose consent counts, as ibis expressions over the canonical consent table.

Rules: these expressions are exactly `hanse_policies.documents.standing_of`, row
for row (a property test holds them together), so what counts is told there. They
ask only for what the need asks; a field that the asset document neither maps nor
states is null, and null never passes where it is asked for.

A stored value never makes a query fail: an instant that does not fit is null with
`unreadable_name` of its column true beside it, and whoever has any such row for
the purpose is not in the view until the brand corrects it. (Read as missing, an
expiry or a withdrawal would widen consent.) A word that is not in its closed list
and a flag that cannot be read are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_, or_

import ibis
import ibis.expr.types as ir

from hanse_clients.data.queries import CONSENT_TABLE, PERSON, unreadable_name
from hanse_clients.data.view import MinimalView
from hanse_policies.documents import AgeBand, ConsentField, ConsentMapping, ConsentNeed, DataAsset
from hanse_policies.documents.consent import BELOW

_INSTANT = "timestamp(6)"
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)
"""Instants beyond these two are compared in the warehouse but never fetched from it."""
_WORDS = (
    ConsentField.BASIS,
    ConsentField.NOTICE,
    ConsentField.AGE_BAND,
    ConsentField.JURISDICTION,
    ConsentField.RECIPIENTS,
)


def consenting_persons(view: MinimalView) -> ir.Table:
    """List the persons whose consent meets the view's need at its `now`."""
    rows = consent_rows(view)
    now = instant(view.now)
    judged = rows.mutate(is_valid=_all(_conditions(view, rows)))
    is_past_grant = judged.granted <= now
    found = {
        "valid_grant": judged.granted.max(where=judged.is_valid),
        "invalid_grant": judged.granted.max(where=is_past_grant & ~judged.is_valid),
        "withdrawal": judged.withdrawn.max(where=judged.withdrawn <= now),
        "is_unreadable": is_unreadable(view.asset.consent, judged).any(),
    }
    if ConsentField.INVALIDATED in rows.columns:
        found["invalidation"] = judged.invalidated.max()
    last = judged.group_by(PERSON).agg(**found)
    denying = [n for n in ("invalid_grant", "withdrawal", "invalidation") if n in found]
    return last.filter(
        last.valid_grant.notnull(),
        *(last[name].isnull() | (last[name] < last.valid_grant) for name in denying),
        ~last.is_unreadable,
    ).select(PERSON)


def consent_rows(view: MinimalView) -> ir.Table:
    """Take the register's rows of the view's purpose, under one set of names."""
    return purpose_rows(view.asset, view.purpose_word)


def purpose_rows(asset: DataAsset, purpose_word: str) -> ir.Table:
    """Take the register's rows of a purpose that name a person, under one set of names."""
    consent = _consent(asset)
    return consent.filter(consent.purpose == purpose_word, consent[PERSON].notnull())


def tainted_count_expression(view: MinimalView) -> ir.Table:
    """Count the persons with an invalidated consent for the purpose: one column `persons`.

    What was made with such a consent is tainted, so the brand looks for the studies
    that it took part in. The true number is for the brand's own people; no message
    has a field for it.
    """
    rows = consent_rows(view)
    if ConsentField.INVALIDATED not in rows.columns:
        return rows.limit(0).aggregate(persons=rows.count())
    flags = unreadable_name(str(view.asset.consent.invalidated))
    is_tainted = rows.invalidated.notnull() | rows[flags]
    return rows.aggregate(persons=rows[PERSON].nunique(where=is_tainted))


def next_change_expression(view: MinimalView) -> ir.Table:
    """Find the next instants after `now` at which any consent for the purpose may change.

    One row: the least of each instant after `now`, and last `stale`, the least
    `synced` that has not gone stale yet. Until the first of them (`stale` plus the
    greatest age) the register says the same as at `now`. Instants beyond the year
    9999 are as good as never.
    """
    rows = consent_rows(view)
    now, last = instant(view.now), instant(_LAST_INSTANT)
    names = ("granted", "expires", "withdrawn", "synced", ConsentField.FRESH_UNTIL.value)
    changes = {
        name: rows[name].min(where=(rows[name] > now) & (rows[name] < last))
        for name in names
        if name in rows.columns
    }
    stale = rows.synced.min(where=rows.synced.between(_oldest_sync(view), now))
    return rows.aggregate(**changes, stale=stale)


def last_sync_expression(asset: DataAsset, now: datetime) -> ir.Table:
    """Find when the register was last synced, at or before `now`: column `synced`."""
    consent = _consent(asset)
    is_past = consent.synced.between(instant(_FIRST_INSTANT), instant(now))
    return consent.aggregate(synced=consent.synced.max(where=is_past))


def _consent(asset: DataAsset) -> ir.Table:
    """The consent register under one set of names, whatever the brand calls its columns."""
    names: ConsentMapping = asset.consent
    schema = dict.fromkeys(names.instants, _INSTANT)
    schema |= dict.fromkeys((names.person, *names.texts), "string")
    schema |= dict.fromkeys(names.flags, "float64")
    flags = [unreadable_name(name) for name in names.instants]
    table = ibis.table(schema | dict.fromkeys(flags, "boolean"), name=CONSENT_TABLE)
    mapped = (ConsentField.INVALIDATED, ConsentField.FRESH_UNTIL, ConsentField.GUARDIAN, *_WORDS)
    found = {field.value: getattr(names, field) for field in mapped}
    return table.select(
        **{PERSON: table[names.person]},
        purpose=table[names.purpose],
        granted=table[names.granted],
        expires=table[names.expires],
        withdrawn=table[names.withdrawn],
        synced=table[names.synced],
        **{field: table[name] for field, name in found.items() if isinstance(name, str)},
        **{flag: table[flag] for flag in flags},
    )


def _conditions(view: MinimalView, rows: ir.Table) -> Iterable[ir.Value]:
    now = instant(view.now)
    yield rows.granted <= now
    yield rows.expires.isnull() | (rows.expires > now)
    yield rows.withdrawn.isnull() | (rows.withdrawn > now)
    yield rows.synced.between(_oldest_sync(view), now)
    if ConsentField.INVALIDATED in rows.columns:
        yield rows.invalidated.isnull()
    if ConsentField.FRESH_UNTIL in rows.columns:
        yield rows.fresh_until.isnull() | (rows.fresh_until > now)
    yield from _content_conditions(view, rows)


def _content_conditions(view: MinimalView, rows: ir.Table) -> Iterable[ir.Value]:
    need, told = view.need, {f.value: _told(view, rows, f) for f in _WORDS}
    asked = {"basis": need.bases, "notice": need.notices, "jurisdiction": need.jurisdictions}
    for field, accepted in asked.items():
        if accepted is not None:
            yield told[field].isin([str(word) for word in accepted])
    yield from _age_conditions(view, rows, told["age_band"])
    yield from _scope_conditions(need, told["recipients"])


def _age_conditions(view: MinimalView, rows: ir.Table, band: ir.Value) -> Iterable[ir.Value]:
    rule = view.need.minors
    guarded: ir.Value = ibis.literal(value=False)
    if ConsentField.GUARDIAN in rows.columns:
        guarded = (rows.guardian == 1).fill_null(ibis.literal(value=False))
    if view.asset.consent.age_band is not None:
        is_child = (band == AgeBand.UNDER_14.value).fill_null(ibis.literal(value=False))
        yield ~is_child | guarded
    if rule is not None:
        known = [b.value for b in AgeBand if b is not AgeBand.UNKNOWN]
        young = [b.value for b, below in BELOW.items() if below <= rule.from_age]
        yield band.isin(known)
        yield ~band.isin(young) | guarded if rule.is_guardian_enough else ~band.isin(young)


def _scope_conditions(need: ConsentNeed, scope: ir.Value) -> Iterable[ir.Value]:
    framed = " " + scope + " "
    covered = _all(framed.contains(f" {name} ") for name in need.recipients)
    yield scope.notnull() & covered if need.is_scope_needed else scope.isnull() | covered


def _told(view: MinimalView, rows: ir.Table, field: ConsentField) -> ir.Value:
    """Return what the register tells of a field: its column, its constant, or null."""
    source = getattr(view.asset.consent, field)
    if source is None:
        return ibis.null("string")
    if isinstance(source, str):
        return rows[field.value]
    return ibis.literal(str(source.constant))


def _all(conditions: Iterable[ir.Value]) -> ir.Value:
    """Join conditions; what is null is false."""
    found = reduce(and_, conditions, ibis.literal(value=True))
    return ibis.coalesce(found, ibis.literal(value=False))


def is_unreadable(names: ConsentMapping, rows: ir.Table) -> ir.Value:
    """Tell whether any instant of a row does not fit its type."""
    return reduce(or_, (rows[unreadable_name(name)] for name in names.instants))


def instant(when: datetime) -> ir.Value:
    """Write an instant as naive UTC text and cast it; exact to the microsecond."""
    text = when.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return ibis.literal(text).cast(_INSTANT)


def _oldest_sync(view: MinimalView) -> ir.Value:
    return instant(view.now - timedelta(hours=view.need.max_age_hours))
