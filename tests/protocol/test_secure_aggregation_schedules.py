"""Whatever the network does and whoever is killed: the true sum of the survivors, or a refusal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.cohort import CohortRules
from hanse_federation.secure_aggregation.errors import AggregationError
from hanse_federation.secure_aggregation.ring import Ring
from hanse_federation.secure_aggregation.server import ServerAttempt
from hanse_federation.secure_aggregation.server_state import Phase as Step
from hanse_policies.documents import BrandId
from tests.support.aggregation_schedules import Fate, Schedule, Tape, revealed_twice
from tests.support.lying_server import LyingServer
from tests.support.secure_aggregation import memory_alliance

ATTEMPTS = 3
QUICKLY = settings(max_examples=400, derandomize=True, database=None, phases=[Phase.generate])


@st.composite
def schedules(draw: st.DrawFn, fewest: int, most: int) -> Schedule:
    count = draw(st.integers(fewest, most))
    alliance = memory_alliance(
        count,
        length=3,
        ring=draw(st.sampled_from(Ring)),
        minimum_brands=draw(st.integers(3, max(3, count // 2))),
        seed=draw(st.integers(0, 2**32)),
    )
    trouble = draw(st.sampled_from([2, 0, 6, 12, 25, 50]))
    tape = draw(st.binary(min_size=1200, max_size=1200))
    return Schedule(alliance, Tape(tape, trouble), ATTEMPTS)


def play(schedule: Schedule) -> str:
    """Run a schedule, check all that must hold after it, and say how it ended."""
    try:
        decoded = schedule.run()
    except AggregationError:
        ended = "refused"
    else:
        true_sum = schedule.alliance.true_sum(decoded.survivors)
        np.testing.assert_array_equal(decoded.values, true_sum)
        schedule.alliance.members.check_floor(decoded.survivors, schedule.alliance.rules)
        again = schedule.decode_again()
        assert again.survivors == decoded.survivors
        np.testing.assert_array_equal(again.values, decoded.values)
        ended = "summed"
    for name, brand in schedule.brands.items():
        assert revealed_twice(brand) == [], name
    return ended


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fewest", "most", "examples"), [(3, 5, 1300), (6, 10, 550), (11, 20, 200)]
)
def test_any_schedule_gives_the_true_sum_of_the_survivors_or_a_refusal(
    fewest: int, most: int, examples: int
) -> None:
    ended: Counter[str] = Counter()
    happened: Counter[str] = Counter()

    @settings(max_examples=examples, derandomize=True, database=None)
    @given(schedules(fewest, most))
    def holds(schedule: Schedule) -> None:
        ended[play(schedule)] += 1
        happened.update(schedule.happened)

    holds()
    assert ended.total() >= examples
    assert min(ended["summed"], ended["refused"]) >= examples // 20
    assert {fate.value for fate in Fate} <= set(happened)
    assert happened["next attempt"] >= examples // 20


def test_schedules_find_a_server_that_takes_late_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    check = ServerAttempt._check_asked

    def all_but_vectors(server: ServerAttempt, step: Step, brand: BrandId) -> None:
        if step is not Step.MASKING:
            check(server, step, brand)

    monkeypatch.setattr(ServerAttempt, "_check_asked", all_but_vectors)

    @QUICKLY
    @given(schedules(5, 6))
    def holds(schedule: Schedule) -> None:
        play(schedule)

    with pytest.raises(AssertionError, match="not equal"):
        holds()


# A server that lies.


@st.composite
def lying_servers(draw: st.DrawFn) -> LyingServer:
    """As many collude as the rules assume; some two honest brands are in every sum."""
    count = draw(st.integers(4, 8))
    colluders = draw(st.integers(0, (count - 1) // 2))
    alliance = memory_alliance(
        count,
        length=1,
        minimum_brands=max(3, colluders + 2),
        assumed_colluders=colluders,
        seed=draw(st.integers(0, 2**32)),
    )
    trouble = draw(st.sampled_from([4, 0, 10, 25]))
    tape = draw(st.binary(min_size=1000, max_size=1000))
    return LyingServer(alliance, Tape(tape, trouble), colluders)


def never_both(server: LyingServer) -> None:
    server.play(2)
    assert server.owners_with_both_kinds() == set()
    for name in server.honest:
        assert revealed_twice(server.brands[name]) == [], name


@pytest.mark.slow
def test_a_lying_server_never_gets_both_kinds_of_share_of_one_owner() -> None:
    happened: Counter[str] = Counter()

    @settings(max_examples=400, derandomize=True, database=None)
    @given(lying_servers())
    def holds(server: LyingServer) -> None:
        never_both(server)
        happened.update(server.happened)

    holds()
    assert happened["UnmaskReply"] >= 200
    refusals = {
        "aggregation-step-conflict",
        "aggregation-step-out-of-order",
        "contribution-spent",
        "reveal-refused",
        "roster-refused",
        "sealed-share-refused",
        "survivors-refused",
        "too-few-signatures",
    }
    assert refusals <= set(happened)


def find_both_kinds() -> None:
    @QUICKLY
    @given(lying_servers())
    def holds(server: LyingServer) -> None:
        never_both(server)

    with pytest.raises(AssertionError):
        holds()


def test_a_lying_server_gets_both_kinds_where_endorsements_are_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ClientParty, "_check_endorsements", lambda *_: None)
    find_both_kinds()


def test_a_lying_server_gets_both_kinds_where_more_collude_than_assumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threshold = CohortRules.threshold
    monkeypatch.setattr(
        CohortRules,
        "threshold",
        lambda rules, count: threshold(replace(rules, assumed_colluders=0), count),
    )
    find_both_kinds()


def test_a_lying_server_gets_both_kinds_where_half_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CohortRules, "threshold", lambda _, participants: participants // 2)
    find_both_kinds()
