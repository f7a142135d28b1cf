"""A brand's answers: charged before work, stored after it, codes alone on the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hanse_clients.data.source import DataSource
from hanse_clients.errors import EmptyCohortError
from hanse_federation.codec import reply_payload_to_wire
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    Question,
    Refusal,
    ReplyPayload,
    Request,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_federation.privacy.ledger import Ledger
from tests.support.brand_tables import ConsentRow
from tests.support.league_documents import (
    a_league_histogram,
    a_league_study,
    ask,
    first_parameters,
)
from tests.support.league_parties import (
    CANARY,
    BrandParts,
    SmallLeague,
    consent_for,
    files_with,
    persons_of,
    small_league,
    write_data,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
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


def asked_cohort(league: SmallLeague, digest: str) -> int:
    reply = league.brands["alder"].responder.answer(ask(digest))
    assert isinstance(reply, CohortReply)
    return reply.noised_persons


def evaluate(digest: str, league: SmallLeague, by: float = 0.0) -> Request:
    study = league.brands["alder"].gate.open(digest).study
    return ask(digest, EvaluateRequest(moved(first_parameters(study, digest), by)), 1)


def test_the_charge_is_on_disk_before_work_starts(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    seen: list[int] = []

    def persons(view: object) -> Any:
        seen.append(len(Ledger(brand.home.ledger_file).entries()))
        raise RuntimeError("the power went")

    put_probe(brand, persons=persons)
    assert brand.responder.answer(ask(digest)) == Refusal("internal-error")
    assert seen == [1]
    (entry,) = brand.ledger.entries()
    assert (entry.charge.question, entry.answered) == (Question.COHORT, False)


def test_a_failure_after_the_charge_stays_charged_and_asking_again_costs_again(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    put_probe(brand, persons=raising(EmptyCohortError("nobody is there")))
    assert brand.responder.answer(ask(digest)) == Refusal("data-not-usable")
    brand.sources.probe = None
    asked_cohort(league, digest)
    assert [entry.charge.question for entry in brand.ledger.entries()] == [Question.COHORT] * 2


def test_a_ledger_that_cannot_be_written_lets_no_work_start(
    league: SmallLeague, brand: BrandParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hanse_federation.errors import LedgerWriteError  # noqa: PLC0415

    digest = league.approved(a_league_histogram(league.clock()))
    worked: list[object] = []
    put_probe(brand, persons=worked.append)
    monkeypatch.setattr(brand.ledger, "charge", _disk_full)
    assert brand.responder.answer(ask(digest)) == Refusal(LedgerWriteError.code)
    assert worked == []


def _disk_full(*_: object, **__: object) -> None:
    from hanse_federation.errors import LedgerWriteError  # noqa: PLC0415

    raise LedgerWriteError("ledger ledger.db could not be written: disk is full")


def test_the_same_question_gets_the_same_bytes_at_no_cost_and_without_the_data(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    asked_cohort(league, digest)
    first = brand.responder.answer(ask(digest, MeasureRequest()))
    assert isinstance(first, CellsReply)
    charged = brand.ledger.entries()
    touched = raising(AssertionError("the data was touched"))
    put_probe(brand, persons=touched, cells=touched, rows=touched)
    again = brand.responder.answer(ask(digest, MeasureRequest()))
    assert reply_payload_to_wire(again) == reply_payload_to_wire(first)
    assert brand.ledger.entries() == charged


def test_other_parameters_in_the_same_round_are_charged_until_the_studys_epsilon(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    asked_cohort(league, digest)
    replies: list[ReplyPayload] = []
    while not replies or not isinstance(replies[-1], Refusal):
        charged = len(brand.ledger.entries())
        replies.append(brand.responder.answer(evaluate(digest, league, by=len(replies) * 0.01)))
        assert len(replies) < 200
    assert replies[-1] == Refusal("budget-exceeded")
    assert len(replies) > 2
    assert len(brand.ledger.entries()) == charged == len(replies)
    spent = brand.ledger.spent_on_study(digest, 1e-6)
    assert spent.epsilon <= 3.0


def test_a_new_version_of_the_data_is_charged_anew(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    first = asked_cohort(league, digest)
    write_data(brand.home, league.clock(), persons_of("alder", 299))
    second = brand.responder.answer(ask(digest))
    assert isinstance(second, CohortReply)
    assert isinstance(first, int)
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
    assert brand.responder.answer(request) == Refusal("cohort-not-asked")
    assert brand.ledger.entries() == ()


def test_a_noised_cohort_below_the_floor_is_refused_and_so_is_what_follows(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock(), minimum_persons=5000))
    for payload in (CohortRequest(), CohortRequest(), MeasureRequest()):
        assert brand.responder.answer(ask(digest, payload)) == Refusal("cohort-too-small")
    # One draw of noise for good: asking again cannot fish for a larger one.
    assert [entry.charge.question for entry in brand.ledger.entries()] == [Question.COHORT]


@pytest.mark.slow
def test_the_weight_of_a_trained_model_is_the_noised_cohort(
    league: SmallLeague, brand: BrandParts
) -> None:
    study = a_league_study(league.clock())
    digest = league.approved(study)
    noised = asked_cohort(league, digest)
    start = first_parameters(study, digest)
    reply = brand.responder.answer(ask(digest, TrainRequest(start), 1))
    assert isinstance(reply, TrainReply)
    assert reply.weight == noised != 300
    assert [t.values.shape for t in reply.parameters] == [t.values.shape for t in start]


@pytest.mark.parametrize(
    ("fault", "persons_left"),
    [
        ("one class", 300),
        ("NaN feature", 299),
        ("infinite feature", 299),
        ("missing feature", 299),
        ("nobody left", 0),
    ],
)
def test_no_row_decides_whether_the_brand_answers(
    league: SmallLeague, brand: BrandParts, fault: str, persons_left: int
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    asked_cohort(league, digest)
    persons, consents = persons_of("alder"), None
    match fault:
        case "one class":
            persons = [replace(row, bought=True) for row in persons]
        case "NaN feature":
            persons[5] = replace(persons[5], spend=float("nan"))
        case "infinite feature":
            persons[5] = replace(persons[5], spend=float("inf"))
        case "missing feature":
            persons[5] = replace(persons[5], spend=None)
        case _:
            now = league.clock()
            consents = [replace(row, taken_back=now) for row in consent_for(persons, now)]
    write_data(brand.home, league.clock(), persons, consents)
    source, seen = brand.sources.rows(), list[int]()

    def rows(view: Any) -> Any:
        found = source.rows(view)
        seen.append(len(found))
        return found

    put_probe(brand, rows=rows)
    assert isinstance(brand.responder.answer(evaluate(digest, league)), CellsReply)
    assert seen == [persons_left]


def test_a_canary_in_data_and_exception_reaches_no_reply_no_log_and_no_file(
    league: SmallLeague,
    brand: BrandParts,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    asked_cohort(league, digest)
    put_probe(brand, rows=raising(RuntimeError(f"row of {CANARY}")))
    replies = [brand.responder.answer(evaluate(digest, league, 0.1))]
    put_probe(brand, rows=raising(EmptyCohortError(f"row of {CANARY}")))
    replies.append(brand.responder.answer(evaluate(digest, league, 0.2)))
    brand.sources.probe = None
    replies.append(brand.responder.answer(evaluate(digest, league, 0.3)))
    assert replies[:2] == [Refusal("internal-error"), Refusal("data-not-usable")]
    assert isinstance(replies[2], CellsReply)
    assert CANARY not in repr(replies)
    assert CANARY not in caplog.text
    assert CANARY not in "".join(capfd.readouterr())
    assert files_with(CANARY, tmp_path) == []


def test_fifty_identical_requests_at_once_get_one_answer_for_one_charge(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    with ThreadPoolExecutor(50) as threads:
        replies = list(threads.map(brand.responder.answer, (ask(digest) for _ in range(50))))
    assert len({reply_payload_to_wire(reply) for reply in replies}) == 1
    assert isinstance(replies[0], CohortReply)
    assert len(brand.ledger.entries()) == 1


def test_a_decision_is_named_for_each_answer_and_for_no_refusal(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    answered, denied = ask(digest), ask(digest)
    brand.responder.answer(answered)
    league.clock.ahead += timedelta(days=31)
    brand.responder.answer(denied)
    decisions = {decision.digest for decision in brand.state.decisions(digest)}
    assert brand.responder.decision_of(answered.binding.request) in decisions
    assert brand.responder.decision_of(denied.binding.request) == ""
    assert brand.responder.decision_of("0" * 32) == ""


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
    brand.responder.answer(ask(digest, CohortRequest()))
    assert counted == [60]
