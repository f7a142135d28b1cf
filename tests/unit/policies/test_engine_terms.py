"""What a permitted study runs on, which permit it runs under, and the ends of what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hanse_policies.documents import (
    BrandPolicy,
    Purpose,
    Sensitivity,
)
from hanse_policies.facts import BudgetState
from tests.support.decisions import Case
from tests.support.documents import (
    NOW,
    a_column,
    a_consent_state,
    a_histogram_permit,
    a_permit,
    a_policy,
    a_training_study,
    an_asset,
)
from tests.support.random_world import NoOffset


def with_permit(**changes: object) -> BrandPolicy:
    return a_policy(permits=(a_permit(**changes),))


def test_a_repeated_question_is_permitted_though_the_budget_is_spent() -> None:
    assert Case(budget=BudgetState(6.0, 6.0, 1e-6)).decide().is_permitted


def test_permits_never_add_up() -> None:
    halves = (
        a_permit(columns=("visits", "spend", "region", "bought"), recipients=("operator",)),
        a_permit(columns=("visits",)),
    )
    assert not Case(policy=a_policy(permits=halves)).decide().is_permitted


def test_the_permit_that_fits_is_found_wherever_it_stands() -> None:
    permits = (a_histogram_permit(), a_permit(columns=("visits",)), a_permit())
    decision = Case(policy=a_policy(permits=permits)).decide()
    assert decision.permit == a_permit()
    assert decision.permit_index == 2


def test_a_refusal_is_explained_against_the_permit_of_the_same_purpose() -> None:
    permits = (
        a_permit(purpose=Purpose.CROSS_BRAND_MEASUREMENT),
        a_permit(columns=("visits",), recipients=("operator",)),
    )
    decision = Case(policy=a_policy(permits=permits)).decide()
    assert decision.permit_index == 1
    assert set(decision.denied_by) == {"columns.permit", "recipients.permit"}


def test_the_strictest_terms_are_the_effective_ones() -> None:
    terms = Case(study=a_training_study(minimum_persons=500, retention_days=30)).decide().effective
    assert terms is not None
    assert (terms.minimum_persons, terms.minimum_brands, terms.retention_days) == (500, 3, 30)
    assert (terms.epsilon, terms.delta) == (3.0, 1e-6)


def test_a_sensitive_column_is_covered_where_the_permit_names_it_as_one() -> None:
    sensitive = an_asset(
        columns=tuple(
            a_column(name, sensitivity=Sensitivity.SENSITIVE)
            for name in ("visits", "spend", "region", "bought")
        )
    )
    assert Case(asset=sensitive, policy=with_permit(sensitive=True)).decide().is_permitted


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time_deny_and_do_not_raise(year: int) -> None:
    now = datetime(year, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14)))
    assert not Case(now=now, consent=a_consent_state(now)).decide().is_permitted


def test_times_of_a_zone_that_tells_no_offset_deny_and_do_not_raise() -> None:
    nowhere = NOW.replace(tzinfo=NoOffset())
    assert Case(now=nowhere).decide().denied_by == ("expiry.clock",)
    assert Case(consent=a_consent_state(nowhere)).decide().denied_by == ("consent.register",)


def test_the_zone_that_now_is_given_in_does_not_matter() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=8)))
    assert Case(now=there).decide().is_permitted
    assert NOW.tzinfo is UTC
