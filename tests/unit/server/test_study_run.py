"""Runs from first question to release: what is told, recorded, released, and how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hanse_federation.desk import RunStage, StudyState
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import Responder
from hanse_federation.messages import (
    CohortReply,
    CohortRequest,
    Question,
    Refusal,
    ReplyPayload,
    Request,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_federation.privacy.plan import plan_study
from hanse_federation.release import read_release
from hanse_policies.documents import BrandId
from hanse_server.alliance_desk import AllianceDesk
from tests.support.league_documents import a_league_histogram, a_league_study
from tests.support.league_parties import CANARY, SmallLeague, files_with, small_league


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


class Refusing:
    """Refuses one kind of question and hands all others on."""

    def __init__(self, inner: Responder, kind: type, code: str) -> None:
        self._inner, self._kind, self._code = inner, kind, code

    def answer(self, request: Request) -> ReplyPayload:
        if isinstance(request.payload, self._kind):
            return Refusal(self._code)
        return self._inner.answer(request)


class Claiming:
    """Answers every cohort with a number of its own."""

    def __init__(self, inner: Responder, persons: int) -> None:
        self._inner, self._persons = inner, persons

    def answer(self, request: Request) -> ReplyPayload:
        if isinstance(request.payload, CohortRequest):
            return CohortReply(self._persons)
        if isinstance(request.payload, TrainRequest):
            parameters = tuple(
                Tensor(t.name, np.full_like(t.values, np.nan)) for t in request.payload.parameters
            )
            return TrainReply(parameters, 1)
        return self._inner.answer(request)


def over(league: SmallLeague, **instead: Responder) -> AllianceDesk:
    responders: dict[BrandId, Responder] = {
        BrandId(name): instead.get(name, parts.responder) for name, parts in league.brands.items()
    }
    setting = replace(league.setting, link=InProcessLink(responders, concurrent=False))
    return AllianceDesk(setting, "session-2")


def test_a_measurement_is_told_step_by_step_and_released_for_what_the_plan_says(
    league: SmallLeague, tmp_path: Path
) -> None:
    study = a_league_histogram(league.clock())
    digest = league.approved(study)
    events = league.run(digest)
    assert [event.stage for event in events] == [
        RunStage.STARTED,
        RunStage.COHORT,
        RunStage.MEASURED,
        RunStage.RELEASED,
    ]
    (record,) = league.store.runs.releases()
    key = league.operator.signing_key().public_hex
    folder = league.operator.releases_folder / record.directory
    card = read_release(folder, key, league.clock()).card
    plan = plan_study(study)
    assert card.privacy.epsilon == plan.spent.epsilon <= 3.0
    assert card.cohort.brands == ("alder", "birch", "cedar")
    multiplier = plan.noise_multiplier(Question.COHORT)
    assert card.cohort.standard_deviation == pytest.approx(multiplier * 3**0.5)
    for parts in league.brands.values():
        spent = parts.ledger.spent_on_study(digest, study.privacy.delta)
        assert spent.epsilon == pytest.approx(plan.spent.epsilon, rel=1e-9)
    assert files_with(CANARY, tmp_path) == []


def test_too_few_approvals_refuse_the_run_with_the_first_rule_of_each_brand(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock(), recipients=("cedar",)))
    (event,) = league.run(digest)
    assert event.stage is RunStage.REFUSED
    assert {code.partition(".")[0] for _, code in event.refusals} == {"recipients"}
    assert len(event.refusals) == 3
    assert league.store.studies.study(digest).state is StudyState.REFUSED
    assert all(not parts.ledger.entries() for parts in league.brands.values())


def test_a_brand_that_refuses_fails_a_run_at_the_floor_and_is_named_with_its_code(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    league.brands["cedar"].desk.refuse(digest, league.clock())  # the operator has not heard of it
    events = league.run(digest)
    assert events[-1].stage is RunStage.FAILED
    assert "brands-too-few" in events[-1].detail
    told = [refusal for event in events for refusal in event.refusals]
    assert told == [(BrandId("cedar"), "study-not-approved")]
    assert league.store.studies.study(digest).state is StudyState.FAILED


@pytest.mark.slow
def test_a_brand_lost_in_a_round_at_the_floor_is_named_in_the_event_that_ends_the_run(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    cedar = Refusing(league.brands["cedar"].responder, TrainRequest, "brand-disconnected")
    events = list(over(league, cedar=cedar).run(digest))
    assert events[-1].stage is RunStage.FAILED
    assert (BrandId("cedar"), "brand-disconnected") in events[-1].refusals


def test_a_failed_study_can_be_run_again_and_repeats_its_answers_at_no_cost(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    cedar = Refusing(league.brands["cedar"].responder, CohortRequest, "brand-disconnected")
    assert list(over(league, cedar=cedar).run(digest))[-1].stage is RunStage.FAILED
    charged = len(league.brands["alder"].ledger.entries())
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    assert charged == 1
    assert len(league.brands["alder"].ledger.entries()) == 2


def test_a_brand_that_claims_an_impossible_cohort_does_not_count(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    cedar = Claiming(league.brands["cedar"].responder, 2**40)
    events = list(over(league, cedar=cedar).run(digest))
    assert events[-1].stage is RunStage.FAILED
    assert [brand for event in events for brand, _ in event.refusals] == ["cedar"]


@pytest.mark.slow
def test_a_brand_that_sends_nan_counts_as_missing_and_cannot_spoil_the_model(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path, ("alder", "birch", "cedar", "dogwood")) as league:
        digest = league.approved(a_league_study(league.clock()))
        dogwood = Claiming(league.brands["dogwood"].responder, 300)
        events = list(over(league, dogwood=dogwood).run(digest))
        assert events[-1].stage is RunStage.RELEASED
        rounds = [event for event in events if event.stage is RunStage.ROUND]
        for event in rounds:
            assert event.brands == ("alder", "birch", "cedar")
            assert {brand for brand, _ in event.refusals} == {"dogwood"}


def test_a_study_with_the_longest_identifier_is_released(league: SmallLeague) -> None:
    name = "-".join(["1a" if i else "study" for i in range(20)])[:64]
    digest = league.approved(a_league_histogram(league.clock(), id=name))
    assert league.run(digest)[-1].stage is RunStage.RELEASED


@pytest.mark.slow
def test_a_training_is_released_with_its_learning_curve_and_its_epsilon(
    league: SmallLeague,
) -> None:
    study = a_league_study(league.clock())
    digest = league.approved(study)
    events = league.run(digest)
    assert [event.round_number for event in events if event.stage is RunStage.ROUND] == [1, 2]
    (record,) = league.store.runs.releases()
    folder = league.operator.releases_folder / record.directory
    release = read_release(folder, league.operator.signing_key().public_hex, league.clock())
    assert release.parameters is not None
    assert release.card.privacy.epsilon == plan_study(study).spent.epsilon
    assert [point.round_number for point in release.card.result.learning_curve] == [1, 2]  # type: ignore[union-attr]
    for parts in league.brands.values():
        spent = parts.ledger.spent_on_study(digest, study.privacy.delta)
        assert spent.epsilon == pytest.approx(release.card.privacy.epsilon, rel=1e-9)
        assert spent.epsilon <= study.privacy.epsilon


def test_what_is_recorded_of_a_run_is_what_was_told(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    league.run(digest)
    (run,) = league.store.runs.runs(digest)
    assert run.state is StudyState.RELEASED
    (cohort,) = league.store.runs.rounds(run.run)
    assert dict(cohort.metrics).keys() == {f"noised-persons.{name}" for name in league.brands}
