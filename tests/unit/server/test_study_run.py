"""Runs from first question to release: what is told, recorded, released, and how they fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hanse_clients.data.source import PersonCount
from hanse_clients.data.view import MinimalView
from hanse_federation import fault_points
from hanse_federation.desk import RunStage, StudyState
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import Responder
from hanse_federation.messages import (
    CohortRequest,
    JoinRequest,
    Question,
    QuestionPayload,
    Refusal,
    ReplyPayload,
    Request,
    TrainRequest,
)
from hanse_federation.privacy.plan import plan_study
from hanse_federation.release import read_release
from hanse_policies.documents import AllianceCharter, BrandId, Study
from hanse_policies.errors import HanseError
from hanse_policies.signing import Envelope, open_envelope
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.errors import StoreFencedError, StoreVersionError
from hanse_server.store.tables import SCHEMA_VERSION
from hanse_server.study_run import StudyRun
from tests.support.distributed import a_distributed_histogram, a_distributed_study
from tests.support.league_documents import a_league_histogram, a_league_study
from tests.support.league_parties import (
    CANARY,
    BrandParts,
    SmallLeague,
    files_with,
    small_league,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


class Refusing:
    """Refuses to join for one kind of question and hands all else on."""

    def __init__(self, inner: Responder, kind: type[QuestionPayload], code: str) -> None:
        self._inner, self._kind, self._code = inner, kind, code

    def answer(self, request: Request) -> ReplyPayload:
        payload = request.payload
        if isinstance(payload, JoinRequest) and isinstance(payload.asked, self._kind):
            return Refusal(self._code)
        return self._inner.answer(request)


class Claiming:
    """Puts a cohort of its own in the place of every cohort that its brand counts."""

    def __init__(self, parts: BrandParts, persons: int) -> None:
        self._source, self._persons = parts.sources.rows(), persons
        parts.sources.probe = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def persons(self, view: MinimalView) -> PersonCount:
        return PersonCount(self._persons, self._source.persons(view).version)


def over(league: SmallLeague, **instead: Responder) -> AllianceDesk:
    responders: dict[BrandId, Responder] = {
        BrandId(name): instead.get(name, parts.responder) for name, parts in league.brands.items()
    }
    link = InProcessLink(responders, concurrent=False)
    setting = replace(league.setting, link=link, patience_seconds=0.5)
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
    assert events[-1].detail.startswith("cohort-floor: ")
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


def test_a_brand_that_claims_an_impossible_cohort_makes_no_release(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    Claiming(league.brands["cedar"], 2**40)
    events = league.run(digest)
    assert events[-1].stage is RunStage.FAILED
    assert events[-1].detail.startswith("reply-out-of-range: ")
    assert league.store.runs.releases() == ()


@pytest.mark.slow
def test_a_brand_lost_in_every_round_of_a_larger_league_is_named_and_the_model_is_released(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path, ("alder", "birch", "cedar", "dogwood")) as league:
        digest = league.approved(a_league_study(league.clock()))
        dogwood = Refusing(league.brands["dogwood"].responder, TrainRequest, "answer-failed")
        events = list(over(league, dogwood=dogwood).run(digest))
        assert events[-1].stage is RunStage.RELEASED
        rounds = [event for event in events if event.stage is RunStage.ROUND]
        assert len(rounds) == 2
        for event in rounds:
            assert event.brands == ("alder", "birch", "cedar", "dogwood")
            assert event.refusals == ((BrandId("dogwood"), "answer-failed"),)
        (record,) = league.store.runs.releases()
        folder = league.operator.releases_folder / record.directory
        key = league.operator.signing_key().public_hex
        assert read_release(folder, key, league.clock()).card.refusals == 2


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
    ((name, persons),) = cohort.metrics
    assert name == "noised-persons"
    assert persons == pytest.approx(900, abs=150)


class Killed(BaseException):
    """Ends a server between two instructions; from then on it does nothing more."""


@contextmanager
def killed_at(point: str, passes: int) -> Iterator[None]:
    """Kill the operator at a fault point, having let it pass so many times."""
    left = passes

    def hook(name: str) -> None:
        nonlocal left
        left -= name == point
        if left < 0 and name.startswith("server."):
            raise Killed

    fault_points.install(hook)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        fault_points.install(None)


def execute(league: SmallLeague, study: Study, digest: str) -> None:
    """Run as the desk would, on this thread."""
    charter = Envelope.from_json(league.store.membership.charter().envelope)
    opened = open_envelope(charter, AllianceCharter, league.operator.signing_key().public_hex)
    brands = tuple(BrandId(name) for name in league.brands)
    run = StudyRun(league.setting, study, digest, opened, charter.payload_digest, brands, ())
    run.execute(lambda _: None)


def newer_life(league: SmallLeague) -> AllianceDesk:
    """The desk of a server that was started after the one before was killed."""
    lease = league.store.leases.acquire("started-again", league.clock(), timedelta(minutes=1))
    return AllianceDesk(replace(league.setting, store=league.store.under(lease)), "session-2")


@pytest.mark.parametrize(
    ("point", "passes"),
    [
        ("server.persist-run-start.after", 0),
        ("server.persist-step.after", 2),
        ("server.persist-sum.after", 0),
        ("server.persist-round.after", 0),
        ("server.persist-sum.after", 1),
        ("server.persist-release.before", 0),
    ],
)
def test_a_run_that_stopped_anywhere_is_taken_up_under_its_number_and_released_once(
    league: SmallLeague, point: str, passes: int
) -> None:
    study = a_league_histogram(league.clock())
    digest = league.approved(study)
    with killed_at(point, passes):
        execute(league, study, digest)
    (left,) = league.store.runs.resumable()
    events = list(newer_life(league).run(digest))
    assert [event.stage for event in events][-3:] == [
        RunStage.COHORT,
        RunStage.MEASURED,
        RunStage.RELEASED,
    ]
    (run,) = league.store.runs.runs(digest)
    assert run.run == left.run
    (record,) = league.store.runs.releases()
    assert record.digest == events[-1].release
    for parts in league.brands.values():
        assert len(parts.ledger.entries()) == 2
        assert [held.contribution.round.question for held in parts.rounds.contributions()] == [
            Question.COHORT,
            Question.MEASURE,
        ]


@pytest.mark.parametrize(
    ("error", "take_over"),
    [
        (StoreFencedError, newer_life),
        (StoreVersionError, lambda league: set_layout(league, SCHEMA_VERSION + 1)),
    ],
)
def test_a_replaced_server_leaves_its_run_to_the_one_in_its_place(
    league: SmallLeague, error: type[HanseError], take_over: Callable[[SmallLeague], object]
) -> None:
    study = a_league_histogram(league.clock())
    digest, reached = league.approved(study), []
    league.setting = newer_life(league)._setting

    def hook(name: str) -> None:
        reached.append(name)
        if name == "server.persist-step.after" and reached.count(name) == 1:
            take_over(league)

    fault_points.install(hook)
    try:
        with pytest.raises(error):
            execute(league, study, digest)
    finally:
        fault_points.install(None)
    assert "server.persist-run-end.before" not in reached
    set_layout(league, SCHEMA_VERSION)
    (left,) = league.store.runs.resumable()
    assert list(newer_life(league).run(digest))[-1].stage is RunStage.RELEASED
    assert [run.run for run in league.store.runs.runs(digest)] == [left.run]


def set_layout(league: SmallLeague, version: int) -> None:
    with closing(sqlite3.connect(league.operator.path / "store.db")) as connection, connection:
        connection.execute("UPDATE schema_version SET version = ?", (version,))


def test_what_is_found_again_over_recorded_sums_is_what_was_found(league: SmallLeague) -> None:
    study = a_league_histogram(league.clock())
    digest = league.approved(study)
    with killed_at("server.persist-release.before", 0):
        execute(league, study, digest)
    (written,) = league.operator.releases_folder.iterdir()
    key = league.operator.signing_key().public_hex
    before = read_release(written, key, league.clock())
    (*_, released) = newer_life(league).run(digest)
    assert released.release == before.digest


@pytest.mark.slow
def test_a_shared_noise_study_is_released_with_a_model_and_its_shared_noise(
    league: SmallLeague,
) -> None:
    study = a_distributed_study(league.clock())
    digest = league.approved(study)
    events = league.run(digest)
    assert events[-1].stage is RunStage.RELEASED
    (record,) = league.store.runs.releases()
    folder = league.operator.releases_folder / record.directory
    release = read_release(folder, league.operator.signing_key().public_hex, league.clock())
    assert release.parameters is not None
    assert release.card.privacy.shared_noise is not None
    assert release.card.privacy.epsilon == plan_study(study).spent.epsilon
    for parts in league.brands.values():
        spent = parts.ledger.spent_on_study(digest, study.privacy.delta)
        assert spent.epsilon <= study.privacy.epsilon


def test_too_small_a_cohort_is_seen_in_the_sum_where_no_brand_may_look(
    league: SmallLeague,
) -> None:
    study = a_distributed_histogram(league.clock(), minimum_persons=2000)
    digest = league.approved(study)
    events = league.run(digest)
    assert [event.stage for event in events] == [
        RunStage.STARTED,
        RunStage.COHORT,
        RunStage.FAILED,
    ]
    assert events[-1].detail.startswith("cohort-below-floor: ")
    assert [len(parts.ledger.entries()) for parts in league.brands.values()] == [1, 1, 1]
