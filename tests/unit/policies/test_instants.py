"""Instants of documents: no date that one may tell breaks the arithmetic on it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from hanse_policies.documents import Purpose, PurposeBudget
from hanse_policies.documents.withdrawal_rules import WITHDRAWN_BY_DEFAULT
from hanse_policies.instants import FIRST_INSTANT, LAST_INSTANT, earlier, later

ALL_TIME = LAST_INSTANT - FIRST_INSTANT
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ends = (FIRST_INSTANT, LAST_INSTANT)
instants = st.one_of(
    st.datetimes(timezones=zones),
    st.builds(lambda end, zone: end.replace(tzinfo=zone), st.sampled_from(ends), zones),
)
spans = st.timedeltas(min_value=timedelta(), max_value=timedelta.max)


@given(instant=instants, span=spans)
def test_what_lies_after_is_exact_or_the_last_instant(instant: datetime, span: timedelta) -> None:
    after = instant - FIRST_INSTANT
    expected = ALL_TIME if span > ALL_TIME - after else max(after + span, timedelta())
    assert later(instant, span) - FIRST_INSTANT == expected


@given(instant=instants, span=spans)
def test_what_lies_before_is_exact_or_the_first_instant(instant: datetime, span: timedelta) -> None:
    after = instant - FIRST_INSTANT
    expected = timedelta() if span > after else min(after - span, ALL_TIME)
    assert earlier(instant, span) - FIRST_INSTANT == expected


@given(starts=instants, now=instants, days=st.integers(1, 3650))
def test_whenever_a_budget_starts_its_period_holds_the_instant_that_was_asked(
    starts: datetime, now: datetime, days: int
) -> None:
    budget = PurposeBudget(
        purpose=Purpose.AUDIENCE_ANALYTICS, epsilon=1.0, delta=1e-6, starts=starts, period_days=days
    )
    period = budget.period_at(now)
    if now < starts:
        assert period is None
        return
    assert period is not None
    begin, end = period
    assert end - begin <= timedelta(days=days)
    within = min(max(now, FIRST_INSTANT), LAST_INSTANT)
    assert begin <= within <= end
    assert within < end or end == LAST_INSTANT


@given(found=instants)
def test_whenever_an_ended_consent_is_found_its_dates_can_be_told(found: datetime) -> None:
    due = WITHDRAWN_BY_DEFAULT.due(found)
    assert due is not None
    assert found <= due or due == LAST_INSTANT
    assert WITHDRAWN_BY_DEFAULT.purge_by(found) <= due
