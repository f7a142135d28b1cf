"""A brand's own answers: admitted, charged before work, stored after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hanse_clients.answering import Answering
from hanse_clients.data.source import DataSource
from hanse_clients.errors import EmptyCohortError, WorkRefusedError
from hanse_clients.sources import row_salt
from hanse_federation.codec import request_digest
from hanse_federation.errors import BudgetExceededError, LedgerWriteError
from hanse_federation.messages import (
    AnswerPayload,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    Question,
    Request,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.privacy.plan import plan_study
from hanse_federation.randomness import SeededRandomness
from hanse_policies.errors import HanseError
from tests.support.brand_tables import ConsentRow
from tests.support.distributed import a_distributed_histogram, a_distributed_study
from tests.support.league_documents import (
    a_league_histogram,
    a_league_study,
    ask,
    first_parameters,
)
from tests.support.league_parties import (
    BrandParts,
    SmallLeague,
    consent_for,
    persons_of,
    small_league,
    write_data,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def league_of_three(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


class Probe:
    """A source of which a test replaces single methods."""

    def __init__(self, source: DataSource, **instead: Callable[..., Any]) -> None:
        self._source = source
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._source, name)


def put_probe(brand: BrandParts, **instead: Callable[..., Any]) -> None:
    brand.sources.probe = None
    brand.sources.probe = Probe(brand.sources.rows(), **instead)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


def moved(parameters: Parameters, by: float) -> Parameters:
    return tuple(Tensor(t.name, (t.values + np.float32(by)).astype(np.float32)) for t in parameters)


def answering_of(league: SmallLeague) -> Answering:
    brand = league.brands["alder"]
    return Answering(
        brand.brand,
        brand.gate,
        brand.ledger,
        brand.sources,
        brand.floors,
        row_salt=row_salt(brand.home.keys().agreement, brand.home.documents.asset().document),
        randomness=SeededRandomness(5),
        clock=league.clock,
    )


def answered(league: SmallLeague, request: Request, reference_persons: int = 300) -> AnswerPayload:
    answering = answering_of(league)
    return answering.answer(answering.admit(request), reference_persons=reference_persons)


def refusal(league: SmallLeague, request: Request) -> str:
    """Check that a question is refused; return the code that would cross."""
    with pytest.raises(HanseError) as caught:
        answered(league, request)
    error = caught.value
    return error.refusal if isinstance(error, WorkRefusedError) else error.wire_code()


def asked_cohort(league: SmallLeague, digest: str) -> int:
    reply = answered(league, ask(digest))
    assert isinstance(reply, CohortReply)
    return reply.noised_persons


def evaluate(digest: str, league: SmallLeague, by: float = 0.0) -> Request:
    study = league.brands["alder"].gate.open(digest).study
    return ask(digest, EvaluateRequest(moved(first_parameters(study, digest), by)), 1)


def test_what_is_admitted_names_the_question_the_data_and_what_answering_releases(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    request = ask(digest, MeasureRequest())
    admitted = answering_of(league).admit(request)
    charge = admitted.charge
    assert admitted.request is request
    assert (charge.study_digest, charge.question, charge.round_number) == (
        digest,
        Question.MEASURE,
        0,
    )
    assert charge.request_digest == request_digest(MeasureRequest())
    assert charge.data_version == brand.sources.rows().version()
    assert charge.event == admitted.admission.plan.event(Question.MEASURE)
    assert brand.state.decisions(digest)[-1].digest == admitted.admission.decision
    assert brand.ledger.entries() == ()


def test_the_charge_is_on_disk_before_work_starts(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    seen: list[int] = []

    def persons(view: object) -> Any:
        seen.append(len(Ledger(brand.home.ledger_file).entries()))
        raise RuntimeError("the power went")

    put_probe(brand, persons=persons)
    assert refusal(league, ask(digest)) == "internal-error"
    assert seen == [1]
    (entry,) = brand.ledger.entries()
    assert (entry.charge.question, entry.answered) == (Question.COHORT, False)


def test_an_answer_is_on_disk_before_anybody_has_it(
    league: SmallLeague, brand: BrandParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    monkeypatch.setattr(brand.ledger, "store_answer", _disk_full)
    assert refusal(league, ask(digest)) == LedgerWriteError.code
    (entry,) = brand.ledger.entries()
    assert not entry.answered


def test_an_answer_that_was_charged_and_lost_is_made_again_under_the_same_charge(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    put_probe(brand, persons=raising(EmptyCohortError("nobody is there")))
    assert refusal(league, ask(digest)) == "data-not-usable"
    brand.sources.probe = None
    asked_cohort(league, digest)
    (entry,) = brand.ledger.entries()
    assert (entry.charge.question, entry.answered) == (Question.COHORT, True)


def test_a_study_that_plans_its_whole_epsilon_survives_lost_answers(
    league: SmallLeague, brand: BrandParts
) -> None:
    study = a_league_histogram(league.clock())
    digest = league.approved(study)
    for payload in (CohortRequest(), MeasureRequest()):
        put_probe(brand, persons=raising(RuntimeError("gone")), cells=raising(RuntimeError("gone")))
        assert refusal(league, ask(digest, payload)) == "internal-error"
        brand.sources.probe = None
        answered(league, ask(digest, payload))
    spent = brand.ledger.spent_on_study(digest, study.privacy.delta)
    assert spent.epsilon == pytest.approx(plan_study(study).spent.epsilon, rel=1e-9)


def test_a_ledger_that_cannot_be_written_lets_no_work_start(
    league: SmallLeague, brand: BrandParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    worked: list[object] = []
    put_probe(brand, persons=worked.append)
    monkeypatch.setattr(brand.ledger, "charge", _disk_full)
    assert refusal(league, ask(digest)) == LedgerWriteError.code
    assert worked == []


def _disk_full(*_: object, **__: object) -> None:
    raise LedgerWriteError("ledger ledger.db could not be written: disk is full")


def test_the_same_question_gets_the_same_answer_at_no_cost_and_without_the_data(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    asked_cohort(league, digest)
    first = answered(league, ask(digest, MeasureRequest()))
    assert isinstance(first, CellsReply)
    charged = brand.ledger.entries()
    touched = raising(AssertionError("the data was touched"))
    put_probe(brand, persons=touched, cells=touched, rows=touched)
    assert answered(league, ask(digest, MeasureRequest())) == first
    assert brand.ledger.entries() == charged


def test_other_parameters_in_the_same_round_are_charged_until_the_studys_epsilon(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    asked_cohort(league, digest)
    answers = 0
    with suppress(BudgetExceededError):
        while answers < 200:
            answered(league, evaluate(digest, league, by=(answers + 1) * 0.01))
            answers += 1
    assert 1 < answers < 200
    assert len(brand.ledger.entries()) == 1 + answers
    spent = brand.ledger.spent_on_study(digest, 1e-6)
    assert spent.epsilon <= 3.0


def test_a_new_version_of_the_data_is_charged_anew(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    asked_cohort(league, digest)
    write_data(brand.home, league.clock(), persons_of("alder", 299))
    asked_cohort(league, digest)
    versions = {entry.charge.data_version for entry in brand.ledger.entries()}
    assert len(versions) == len(brand.ledger.entries()) == 2


@pytest.mark.parametrize("question", [Question.MEASURE, Question.EVALUATE])
def test_a_question_before_the_cohort_is_refused_and_charged_nothing(
    league: SmallLeague, brand: BrandParts, question: Question
) -> None:
    if question is Question.MEASURE:
        digest = league.approved(a_league_histogram(league.clock()))
        request = ask(digest, MeasureRequest())
    else:
        digest = league.approved(a_league_study(league.clock()))
        request = evaluate(digest, league)
    assert refusal(league, request) == "cohort-not-asked"
    assert brand.ledger.entries() == ()


def test_a_noised_cohort_below_the_floor_is_refused_and_so_is_what_follows(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock(), minimum_persons=5000))
    for payload in (CohortRequest(), CohortRequest(), MeasureRequest()):
        assert refusal(league, ask(digest, payload)) == "cohort-too-small"
    # One draw of noise for good: asking again cannot fish for a larger one.
    assert [entry.charge.question for entry in brand.ledger.entries()] == [Question.COHORT]


def test_a_share_of_the_noise_decides_nothing_that_others_could_see(
    league_of_three: SmallLeague,
) -> None:
    league, brand = league_of_three, league_of_three.brands["alder"]
    digest = league.approved(a_distributed_histogram(league.clock(), minimum_persons=5000))
    assert asked_cohort(league, digest) > 0
    assert isinstance(answered(league, ask(digest, MeasureRequest())), CellsReply)
    questions = [entry.charge.question for entry in brand.ledger.entries()]
    assert questions == [Question.COHORT, Question.MEASURE]


@pytest.mark.slow
def test_the_weight_of_a_trained_model_is_the_noised_cohort(league: SmallLeague) -> None:
    study = a_league_study(league.clock())
    digest = league.approved(study)
    noised = asked_cohort(league, digest)
    start = first_parameters(study, digest)
    reply = answered(league, ask(digest, TrainRequest(start), 1), reference_persons=77)
    assert isinstance(reply, TrainReply)
    assert reply.weight == noised != 300
    assert [t.values.shape for t in reply.parameters] == [t.values.shape for t in start]


@pytest.mark.slow
def test_a_distributed_training_is_answered_with_a_gradient_sum(
    league_of_three: SmallLeague,
) -> None:
    league = league_of_three
    study = a_distributed_study(league.clock())
    digest = league.approved(study)
    asked_cohort(league, digest)
    start = first_parameters(study, digest)
    reply = answered(league, ask(digest, TrainRequest(start), 1))
    assert isinstance(reply, CellsReply)
    assert len(reply.cells) == sum(tensor.values.size for tensor in start)


@pytest.mark.parametrize(
    ("fault", "persons_left"),
    [
        ("one class", 300),
        ("NaN feature", 299),
        ("infinite feature", 299),
        ("missing feature", 299),
    ],
)
def test_no_row_decides_whether_the_brand_answers(
    league: SmallLeague, brand: BrandParts, fault: str, persons_left: int
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    asked_cohort(league, digest)
    persons = persons_of("alder")
    match fault:
        case "one class":
            persons = [replace(row, bought=True) for row in persons]
        case "NaN feature":
            persons[5] = replace(persons[5], spend=float("nan"))
        case "infinite feature":
            persons[5] = replace(persons[5], spend=float("inf"))
        case _:
            persons[5] = replace(persons[5], spend=None)
    write_data(brand.home, league.clock(), persons)
    source, seen = brand.sources.rows(), list[int]()

    def rows(view: Any) -> Any:
        found = source.rows(view)
        seen.append(len(found))
        return found

    put_probe(brand, rows=rows)
    assert isinstance(answered(league, evaluate(digest, league)), CellsReply)
    assert seen == [persons_left]


def test_a_person_without_valid_consent_is_in_no_count(
    league: SmallLeague, brand: BrandParts
) -> None:
    now = league.clock()
    persons = persons_of("alder", 240)
    day = timedelta(days=1)
    consents = consent_for(persons[:60], now)
    consents += [replace(row, until=now - day) for row in consent_for(persons[60:120], now)]
    consents += [replace(row, taken_back=now) for row in consent_for(persons[120:180], now)]
    consents.append(ConsentRow("nobody", given=now - day, as_of=now))
    write_data(brand.home, now, persons, consents)
    digest = league.approved(a_league_histogram(league.clock()))
    counted: list[int] = []
    source = brand.sources.rows()

    def persons_in(view: Any) -> Any:
        found = source.persons(view)
        counted.append(found.persons)
        return found

    put_probe(brand, persons=persons_in)
    asked_cohort(league, digest)
    assert counted == [60]
