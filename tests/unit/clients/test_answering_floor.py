"""The watch over the floor as a brand asks it: before any charge, for good, whoever is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients.floor_watches import FloorWatches
from hanse_federation import fault_points
from hanse_federation.messages import CellsReply, Question
from tests.support.league_documents import a_league_study, ask, well_watched
from tests.support.league_parties import (
    BrandParts,
    SmallLeague,
    consent_for,
    persons_of,
    small_league,
    write_data,
)
from tests.unit.clients.test_answering import (
    answered,
    asked_cohort,
    evaluate,
    put_probe,
    raising,
    refusal,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


@contextmanager
def killed_at(point: str) -> Iterator[None]:
    """Let what is done inside end at a point, as if the process were killed there."""

    class KilledError(Exception):
        pass

    def kill(reached: str) -> None:
        if reached == point:
            raise KilledError

    fault_points.install(kill)
    try:
        with pytest.raises(KilledError):
            yield
    finally:
        fault_points.install(None)


def withdraw_all(league: SmallLeague, brand: BrandParts) -> None:
    now = league.clock()
    gone = [replace(row, taken_back=now) for row in consent_for(persons_of("alder"), now)]
    write_data(brand.home, now, persons_of("alder"), gone)


def test_a_training_that_fell_below_its_floor_is_refused_for_good_and_charges_nothing(
    league: SmallLeague, brand: BrandParts
) -> None:
    """300 persons over a floor of 150, then none: scale 5, so a look errs below 1e-10."""
    digest = league.approved(well_watched(a_league_study(league.clock(), minimum_persons=150)))
    asked_cohort(league, digest)
    assert isinstance(answered(league, evaluate(digest, league)), CellsReply)
    withdraw_all(league, brand)
    assert refusal(league, evaluate(digest, league, 0.5)) == "cohort-too-small"
    write_data(brand.home, league.clock())
    for again in (evaluate(digest, league), evaluate(digest, league, 0.5), ask(digest)):
        assert refusal(league, again) == "cohort-too-small"
    assert [e.charge.question for e in brand.ledger.entries()] == [
        Question.COHORT,
        Question.EVALUATE,
    ]


def test_a_stored_answer_is_given_without_a_look(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(well_watched(a_league_study(league.clock())))
    asked_cohort(league, digest)
    request = evaluate(digest, league)
    first = answered(league, request)
    put_probe(brand, persons=raising(AssertionError("counted")))
    assert answered(league, request) == first


@pytest.mark.parametrize("point", ["brand.open-watch.before", "brand.open-watch.after"])
def test_a_kill_while_the_watch_is_opened_leaves_a_cohort_that_is_asked_again(
    league: SmallLeague, brand: BrandParts, point: str
) -> None:
    digest = league.approved(well_watched(a_league_study(league.clock())))
    with killed_at(point):
        answered(league, ask(digest))
    assert refusal(league, evaluate(digest, league)) == "cohort-not-asked"
    asked_cohort(league, digest)
    assert isinstance(answered(league, evaluate(digest, league)), CellsReply)
    assert [e.charge.question for e in brand.ledger.entries()] == [
        Question.COHORT,
        Question.EVALUATE,
    ]


@pytest.mark.parametrize("point", ["brand.end-look.before", "brand.end-look.after"])
def test_a_kill_while_a_stop_is_recorded_lets_nothing_out(
    league: SmallLeague, brand: BrandParts, point: str
) -> None:
    digest = league.approved(well_watched(a_league_study(league.clock(), minimum_persons=150)))
    asked_cohort(league, digest)
    withdraw_all(league, brand)
    with killed_at(point):
        answered(league, evaluate(digest, league))
    assert brand.floors.is_stopped(digest) is point.endswith("after")
    assert refusal(league, evaluate(digest, league)) == "cohort-too-small"
    assert [e.charge.question for e in brand.ledger.entries()] == [Question.COHORT]


def test_a_training_without_its_watch_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    """The cohort was charged by an older version, or the watches' file is lost."""
    digest = league.approved(a_league_study(league.clock()))
    asked_cohort(league, digest)
    brand.floors.close()
    for file in brand.home.path.glob("floor.db*"):
        file.unlink()
    brand.floors = FloorWatches.of_brand(brand.home.path)
    assert refusal(league, evaluate(digest, league)) == "cohort-not-asked"
    assert len(brand.ledger.entries()) == 1
