"""Driving the protocol over a link: drop-outs, further attempts, a server that is killed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hanse_federation.messages import CohortRequest, JoinRequest
from hanse_federation.round_record import NoRecord
from hanse_federation.secure_aggregation.errors import (
    CohortFloorError,
    NoiseSharesError,
    SumUnrecoverableError,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseRequest,
    MaskRequest,
    ShareRequest,
    UnmaskRequest,
)
from hanse_federation.secure_aggregator import MASKED_AT_ONCE, MOST_ATTEMPTS
from tests.support.aggregating_brand import Faulty
from tests.support.aggregation_bench import (
    Killed,
    MemoryRecord,
    bench_of,
    loses,
    persons,
    refuses,
    true_persons,
)

STEPS = (JoinRequest, ShareRequest, MaskRequest, EndorseRequest, UnmaskRequest)


def test_the_answer_is_the_sum_over_all_brands_and_names_them() -> None:
    bench = bench_of(5)
    answer = bench.ask()
    assert answer.brands == tuple(bench.brands)
    assert answer.refused == ()
    assert persons(answer) == true_persons(answer.brands)


@pytest.mark.parametrize("step", STEPS)
def test_a_brand_that_is_lost_in_a_step_is_left_out_or_needed_no_more(step: type) -> None:
    bench = bench_of(5, {2: loses(step)})
    gone = tuple(bench.brands)[2]
    answer = bench.ask()
    assert persons(answer) == true_persons(answer.brands)
    if step in {JoinRequest, ShareRequest, MaskRequest}:
        assert answer.brands == tuple(brand for brand in bench.brands if brand != gone)
        assert answer.refused == ((gone, "brand-disconnected"),)
    else:
        assert answer.brands == tuple(bench.brands)
        assert answer.refused == ()


def test_the_cohort_floor_holds_whatever_is_lost() -> None:
    bench = bench_of(3, {0: lambda inner: Faulty(inner, JoinRequest, refuses)})
    with pytest.raises(CohortFloorError) as caught:
        bench.ask()
    assert caught.value.missing == ((next(iter(bench.brands)), "policy-denied"),)


def test_a_roster_without_room_for_the_drop_outs_is_refused() -> None:
    bench = bench_of(4, {0: lambda inner: Faulty(inner, JoinRequest, refuses)}, dropouts=1)
    with pytest.raises(NoiseSharesError):
        bench.ask()


# Further attempts.


@pytest.mark.parametrize("step", [ShareRequest, MaskRequest, EndorseRequest])
def test_an_attempt_that_fails_before_unmasking_is_followed_by_another_with_the_same_contributions(
    step: type,
) -> None:
    bench = bench_of(4, {1: loses(step, times=1), 2: loses(step, times=1)})
    record = MemoryRecord()
    answer = bench.ask(record)
    assert [session.attempt for session in record.attempts] == [1, 2]
    assert answer.brands == tuple(bench.brands)
    assert persons(answer) == true_persons(answer.brands)
    for brand in bench.brands.values():
        assert brand.made == [("cohort", 0)]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_from_the_first_request_to_unmask_on_there_is_no_further_attempt(number: int) -> None:
    faults = {index: loses(UnmaskRequest) for index in range(4 - number, 4)}
    bench, record = bench_of(4, faults), MemoryRecord()
    if number == 1:
        assert persons(bench.ask(record)) == true_persons(bench.brands)
    else:
        with pytest.raises(SumUnrecoverableError) as caught:
            bench.ask(record)
        assert len(caught.value.missing) == number
    assert [session.attempt for session in record.attempts] == [1]
    assert all(bench.steps(brand, 2) == [] for brand in bench.brands)


def test_a_sum_that_could_not_be_unmasked_is_finished_when_the_brands_are_back() -> None:
    bench = bench_of(4, {0: loses(UnmaskRequest, 20), 1: loses(UnmaskRequest, 20)})
    record = MemoryRecord()
    with pytest.raises(SumUnrecoverableError):
        bench.ask(record)
    answer = bench.ask(record)
    assert persons(answer) == true_persons(bench.brands)
    assert [session.attempt for session in record.attempts] == [1]


def test_brands_that_refuse_to_join_are_not_asked_again_and_those_that_are_away_are() -> None:
    refusing = bench_of(3, {0: lambda inner: Faulty(inner, JoinRequest, refuses)})
    with pytest.raises(CohortFloorError):
        refusing.ask()
    assert refusing.steps(tuple(refusing.brands)[1], 2) == []
    away = bench_of(3, {0: loses(JoinRequest, times=2)})
    assert persons(away.ask()) == true_persons(away.brands)
    assert away.steps(tuple(away.brands)[1], 3)[:1] == ["JoinRequest"]


def test_brands_that_are_not_connected_are_waited_for_and_then_named() -> None:
    bench = bench_of(4)
    first, second = tuple(bench.brands)[:2]
    bench.link.away = {first, second}
    with pytest.raises(CohortFloorError) as caught:
        bench.ask()
    assert 2.0 <= bench.time.now < 3.0
    assert dict(caught.value.missing) == dict.fromkeys((first, second), "brand-not-connected")


def test_brands_that_come_back_while_they_are_waited_for_are_in_the_sum() -> None:
    bench = bench_of(4)
    bench.link.away = set(tuple(bench.brands)[:2])
    bench.time.on_wait = lambda _: bench.link.away.clear()
    answer = bench.ask()
    assert answer.brands == tuple(bench.brands)
    assert answer.refused == ()


def test_a_run_that_is_taken_up_waits_for_every_brand_before_its_first_question() -> None:
    bench = bench_of(4)
    late = next(iter(bench.brands))
    bench.link.away = {late}
    bench.time.on_wait = lambda waits: bench.link.away.clear() if waits == 3 else None
    answer = bench.aggregator(arrival_seconds=5.0).ask(CohortRequest(), 0)
    assert answer.brands == tuple(bench.brands)
    assert bench.time.waits == 3


def test_a_brand_that_does_not_come_back_is_waited_for_once_and_no_longer() -> None:
    bench = bench_of(4)
    late = next(iter(bench.brands))
    bench.link.away = {late}
    answer = bench.aggregator(arrival_seconds=5.0).ask(CohortRequest(), 0)
    assert answer.refused == ((late, "brand-not-connected"),)
    assert 5.0 <= bench.time.now < 5.5


# A server that is killed.


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", ["begin", "sharing", "masking", "endorsing", "unmasking", "sum"])
def test_a_server_killed_around_a_record_finishes_the_sum_when_it_is_back(
    place: str, when: str
) -> None:
    bench, record = bench_of(5, {3: loses(MaskRequest)}), MemoryRecord((place, when))
    with pytest.raises(Killed):
        bench.ask(record)
    answer = bench.ask(record)
    assert persons(answer) == true_persons(answer.brands)
    assert len(answer.brands) == 4
    for brand in bench.brands.values():
        assert brand.made == [("cohort", 0)]


@pytest.mark.parametrize("place", ["sharing", "masking", "endorsing", "unmasking"])
def test_what_was_closed_before_the_kill_is_not_asked_again(place: str) -> None:
    bench, record = bench_of(4), MemoryRecord((place, "after"))
    with pytest.raises(Killed):
        bench.ask(record)
    before = {brand: len(held.asked) for brand, held in bench.brands.items()}
    bench.ask(record)
    rest = {
        "sharing": ["ShareRequest", "MaskRequest", "EndorseRequest", "UnmaskRequest"],
        "masking": ["MaskRequest", "EndorseRequest", "UnmaskRequest"],
        "endorsing": ["EndorseRequest", "UnmaskRequest"],
        "unmasking": ["UnmaskRequest"],
    }[place]
    for brand, held in bench.brands.items():
        assert [name for name, _ in held.asked[before[brand] :]] == rest
        assert {attempt for _, attempt in held.asked} == {1}


def test_a_sum_that_is_recorded_is_not_asked_for_again() -> None:
    bench, record = bench_of(4), MemoryRecord()
    first = bench.ask(record)
    asked = [len(brand.asked) for brand in bench.brands.values()]
    again = bench.ask(record)
    assert (again.payload, again.brands) == (first.payload, first.brands)
    assert [len(brand.asked) for brand in bench.brands.values()] == asked


def test_an_attempt_under_another_charter_is_given_up_unless_it_may_be_decoded() -> None:
    for place, attempts in (("masking", [1, 2]), ("unmasking", [1])):
        bench, record = bench_of(4), MemoryRecord((place, "after"))
        with pytest.raises(Killed):
            bench.ask(record)
        enlarged = replace(bench.terms, charter_digest="dd" * 32)
        bench.terms = enlarged
        for brand in bench.brands.values():
            brand.terms = enlarged
        answer = bench.ask(record)
        assert persons(answer) == true_persons(bench.brands)
        assert [session.attempt for session in record.attempts] == attempts


def test_attempts_of_an_earlier_life_do_not_count_against_a_run_that_is_taken_up() -> None:
    bench, record = bench_of(5, {3: loses(ShareRequest), 4: loses(ShareRequest)}), MemoryRecord()
    with pytest.raises(SumUnrecoverableError):
        bench.ask(record)
    assert len(record.attempts) == MOST_ATTEMPTS
    bench.link.away = set(tuple(bench.brands)[3:])
    assert bench.ask(record).brands == tuple(bench.brands)[:3]
    assert len(record.attempts) == MOST_ATTEMPTS + 1


# What is kept, and how much at a time.


def test_masked_vectors_are_asked_for_a_few_at_a_time() -> None:
    bench = bench_of(3 * MASKED_AT_ONCE)
    assert persons(bench.ask()) == true_persons(bench.brands)
    assert bench.link.most_masks_open == MASKED_AT_ONCE


def test_of_a_masked_vector_the_digest_alone_is_recorded() -> None:
    bench, record = bench_of(4), MemoryRecord()
    bench.ask(record)
    joins, shares, masks, endorsements, reveals = record.envelopes
    assert {len(content) for content in masks.values()} == {32}
    for step in (joins, shares, masks, endorsements, reveals):
        assert set(step) <= set(bench.brands)
        assert len(step) >= 3


def test_nothing_is_kept_where_nobody_asked_to_keep_it() -> None:
    bench = bench_of(3)
    assert persons(bench.ask(NoRecord())) == true_persons(bench.brands)
