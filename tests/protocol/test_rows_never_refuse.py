"""An operator aims a refusal at one person: whatever the rows hold, the question is answered.

The attack: plant persons who share a quasi-identifier with a victim, approve a
study whose population is theirs, and read from the kind of the answer whether the
victim is there, or which label the victim has. With refusals that depend on rows
that was one bit without noise, with certainty. Only the watch over the floor of persons
may end a training, and that is noised (see `tests/privacy/test_floor_watch.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_federation.messages import (
    CohortRequest,
    EvaluateRequest,
    JoinRequest,
    MeasureRequest,
    QuestionPayload,
    TrainRequest,
)
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.documents import Between
from tests.support.brand_tables import PersonRow
from tests.support.league_documents import (
    a_league_histogram,
    a_league_study,
    ask,
    first_parameters,
)
from tests.support.league_parties import (
    SmallLeague,
    consent_for,
    persons_of,
    small_league,
    write_data,
)

AIMED = (Between(column="spend", lower=17.4, upper=17.6),)
PLANTED = [PersonRow(f"planted-{i}", spend=17.5, bought=True) for i in range(8)]
VICTIM = PersonRow("victim", spend=17.5, bought=False)
WORLDS: dict[str, Callable[[], list[PersonRow]]] = {
    "nobody at all": list,
    "no victim": lambda: PLANTED,
    "victim with the other label": lambda: [*PLANTED, VICTIM],
    "victim with the same label": lambda: [*PLANTED, replace(VICTIM, bought=True)],
    "victim without a label": lambda: [*PLANTED, replace(VICTIM, bought=None)],
    "victim with a missing number": lambda: [*PLANTED, replace(VICTIM, visits=None)],
    "victim with NaN": lambda: [*PLANTED, replace(VICTIM, visits=float("nan"))],
    "victim with infinity": lambda: [*PLANTED, replace(VICTIM, visits=float("inf"))],
    "victim with several rows": lambda: [*PLANTED, VICTIM, replace(VICTIM, visits=9.0)],
}


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


def put(league: SmallLeague, rows: list[PersonRow]) -> None:
    write_data(league.brands["alder"].home, league.clock(), [*persons_of("alder"), *rows])


def is_answered(
    league: SmallLeague, digest: str, asked: QuestionPayload, round_number: int = 0
) -> bool:
    """A brand that has an answer joins; the other steps do not look at rows."""
    reference = 0 if isinstance(asked, CohortRequest) else 300
    request = ask(digest, JoinRequest(asked, 1, reference), round_number)
    return isinstance(league.brands["alder"].responder.answer(request), JoinReply)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_a_training_aimed_at_one_person_is_answered_in_every_world(
    league: SmallLeague, world: str
) -> None:
    """The operator plants a crowd of one label, which keeps the floor, beside the victim."""
    study = a_league_study(league.clock(), population=AIMED)
    crowd = [PersonRow(f"crowd-{i}", spend=17.5, bought=True) for i in range(300)]
    put(league, crowd)
    digest = league.approved(study)
    assert is_answered(league, digest, CohortRequest())
    put(league, [*crowd, *WORLDS[world]()])

    start = first_parameters(study, digest)
    assert is_answered(league, digest, TrainRequest(start), 1)
    assert is_answered(league, digest, EvaluateRequest(start), 1)


@pytest.mark.parametrize("world", WORLDS)
def test_a_measurement_aimed_at_one_person_is_answered_in_every_world(
    league: SmallLeague, world: str
) -> None:
    study = a_league_histogram(league.clock(), population=AIMED)
    crowd = [PersonRow(f"crowd-{i}", spend=17.5) for i in range(300)]
    put(league, crowd)
    digest = league.approved(study)
    assert is_answered(league, digest, CohortRequest())
    put(league, WORLDS[world]())

    assert is_answered(league, digest, MeasureRequest())


def test_nobody_who_consents_is_answered_too(league: SmallLeague) -> None:
    brand = league.brands["alder"]
    put(league, [])
    digest = league.approved(a_league_histogram(league.clock()))
    assert is_answered(league, digest, CohortRequest())
    now = league.clock()
    gone = [replace(row, taken_back=now) for row in consent_for(persons_of("alder"), now)]
    write_data(brand.home, now, persons_of("alder"), gone)

    assert is_answered(league, digest, MeasureRequest())
