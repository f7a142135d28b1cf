"""Below the floor of persons a study stops, its code says why, and nothing further is charged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hanse_clients.data.view import MinimalView
from hanse_federation.desk import RunStage
from hanse_federation.messages import Question
from hanse_policies.documents import Study
from tests.integration.test_league_withdrawal import Watched, withdraw
from tests.support.distributed import a_distributed_study
from tests.support.league_documents import a_league_study, well_watched
from tests.support.league_parties import BrandParts, SmallLeague, small_league

BELOW = 290
"""So many of 300 persons withdraw; the floor is 50."""


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def decoded(league: SmallLeague, digest: str) -> list[tuple[Question, int]]:
    """List the questions of a study's runs whose sums the operator has."""
    rounds = league.store.rounds
    attempts = [a for run in league.store.runs.runs(digest) for a in rounds.rounds_of(run.run)]
    return [
        (attempt.key.question, attempt.key.round_number)
        for attempt in attempts
        if rounds.sum_of(attempt.key) is not None
    ]


def withdraw_after_round_one(league: SmallLeague) -> None:
    """Let most persons of alder withdraw once round 1 is trained and evaluated there."""
    alder = league.brands["alder"]
    watched = Watched(alder)
    seen = watched.rows

    def rows_then_withdraw(view: MinimalView) -> Any:
        found = seen(view)
        if len(watched.rows_seen) == 2:
            withdraw(alder, BELOW, league.clock())
        return found

    watched.rows = rows_then_withdraw  # type: ignore[method-assign]


def charged(parts: BrandParts) -> list[tuple[Question, int]]:
    return [(e.charge.question, e.charge.round_number) for e in parts.ledger.entries()]


def test_withdrawals_after_approval_stop_the_study_at_its_first_question(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    withdraw(league.brands["alder"], BELOW, league.clock())
    *_, last = league.run(digest)
    assert last.stage is RunStage.FAILED
    assert last.refusals == (("alder", "cohort-too-small"),)
    assert last.detail.startswith("cohort-floor: expected a sum over at least 3 brands")
    assert league.contact("birch").releases() == ()
    for parts in league.brands.values():
        assert charged(parts) == [(Question.COHORT, 0)]


def test_asking_again_meets_the_same_noise_and_charges_nothing(league: SmallLeague) -> None:
    digest = league.approved(a_league_study(league.clock()))
    withdraw(league.brands["alder"], BELOW, league.clock())
    endings = [list(league.run(digest))[-1] for _ in range(2)]
    assert [ending.stage for ending in endings] == [RunStage.FAILED] * 2
    assert endings[0].refusals == endings[1].refusals
    for parts in league.brands.values():
        assert charged(parts) == [(Question.COHORT, 0)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "floor"), [(a_league_study, 150), (a_distributed_study, 450)], ids=["local", "shared"]
)
def test_withdrawals_between_two_rounds_stop_the_study_below_the_floor(
    league: SmallLeague, study: Callable[..., Study], floor: int
) -> None:
    """In mode distributed a brand watches its third of the floor, 150 as well.

    With scale 5 a look errs at 300 or at 10 persons, each at least 140 away, with a
    chance below 1e-10: see `noise_of_scale_5_hardly_ever_errs`.
    """
    alder = league.brands["alder"]
    digest = league.approved(well_watched(study(league.clock(), minimum_persons=floor)))
    withdraw_after_round_one(league)
    *_, last = league.run(digest)
    assert last.stage is RunStage.FAILED
    assert last.refusals == (("alder", "cohort-too-small"),)
    assert last.detail.startswith("cohort-floor: expected a sum over at least 3 brands")
    asked = [(Question.COHORT, 0), (Question.TRAIN, 1), (Question.EVALUATE, 1)]
    assert charged(alder) == asked
    assert league.contact("birch").releases() == ()
    assert decoded(league, digest) == asked


@pytest.mark.slow
def test_what_was_stopped_stays_stopped_whoever_comes_back(league: SmallLeague) -> None:
    alder = league.brands["alder"]
    digest = league.approved(well_watched(a_league_study(league.clock(), minimum_persons=150)))
    withdraw_after_round_one(league)
    assert list(league.run(digest))[-1].stage is RunStage.FAILED
    withdraw(alder, 0, league.clock())
    *_, last = league.run(digest)
    assert last.stage is RunStage.FAILED
    assert ("alder", "cohort-too-small") in last.refusals
    assert len(charged(alder)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("study", [a_league_study, a_distributed_study], ids=["local", "shared"])
def test_a_cohort_comfortably_above_the_floor_runs_to_its_release(
    league: SmallLeague, study: Callable[..., Study]
) -> None:
    """Twelve looks at 300 persons over 50 with scale 5: stopped with a chance below 1e-18."""
    digest = league.approved(well_watched(study(league.clock())))
    assert list(league.run(digest))[-1].stage is RunStage.RELEASED
    for parts in league.brands.values():
        assert len(charged(parts)) == 5


def test_noise_of_scale_5_hardly_ever_errs() -> None:
    """The exact chance that two discrete Laplace draws of scale b lie further apart than m."""
    margin, q = 140, math.exp(-1 / 5)
    law = {x: (1 - q) / (1 + q) * q ** abs(x) for x in range(-400, 401)}
    apart = sum(p * r for x, p in law.items() for y, r in law.items() if x - y >= margin)
    assert apart < 1e-10
