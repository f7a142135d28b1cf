"""A brand joins: through the gate each time, with one contribution a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hanse_clients.aggregating import ring_vector
from hanse_clients.errors import EmptyCohortError, StateAccessError
from hanse_clients.round_records import RoundKey
from hanse_federation.codec import reply_payload_to_wire
from hanse_federation.messages import (
    CohortRequest,
    EvaluateRequest,
    JoinRequest,
    MeasureRequest,
    Question,
    QuestionPayload,
    Request,
)
from hanse_federation.secure_aggregation.messages import (
    JoinReply,
)
from hanse_policies.documents import Verdict
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
from tests.support.league_rounds import (
    ALDER,
    RUN,
    alder_of,
    ask_to_join,
    joined,
    noised_cohort,
    refused,
)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[SmallLeague]:
    """A league of one brand: enough for all that happens before brands meet."""
    with small_league(tmp_path, (ALDER,)) as founded:
        yield founded


def evaluating(league: SmallLeague, digest: str, by: float = 0.0) -> EvaluateRequest:
    study = alder_of(league).gate.open(digest).study
    tensors = first_parameters(study, digest)
    return EvaluateRequest(tuple(replace(t, values=t.values + np.float32(by)) for t in tensors))


def withdraw_one(league: SmallLeague) -> None:
    """Let one person of alder take every consent back."""
    now = league.clock()
    consents = consent_for(persons_of(ALDER), now)
    gone = consents[0].subject
    kept = [replace(row, taken_back=now) if row.subject == gone else row for row in consents]
    write_data(alder_of(league).home, now, consents=kept)


def failing(*_: object) -> Any:
    raise EmptyCohortError(f"row of {CANARY}")


class Probe:
    """A source of which a test replaces one method."""

    def __init__(self, parts: BrandParts, name: str, instead: Callable[..., Any]) -> None:
        self._source, self._name, self._instead = parts.sources.rows(), name, instead
        parts.sources.probe = self

    def __getattr__(self, name: str) -> Any:
        return self._instead if name == self._name else getattr(self._source, name)


# Joining.


@pytest.mark.parametrize("payload", [CohortRequest(), MeasureRequest()])
def test_a_question_by_itself_is_refused_before_anybody_decides_on_it(
    alone: SmallLeague, payload: QuestionPayload
) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    decisions = alder_of(alone).state.decisions(digest)
    assert refused(alone, ask(digest, payload)) == "plaintext-refused"
    assert alder_of(alone).state.decisions(digest) == decisions
    assert alder_of(alone).ledger.entries() == ()
    assert alder_of(alone).rounds.contributions() == ()


def test_each_joining_passes_the_gate_even_one_whose_bytes_are_kept(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    brand, request = alder_of(alone), ask_to_join(digest)
    decided = len(brand.state.decisions(digest))
    first, second = joined(alone, request), joined(alone, request)
    assert first == second
    assert len(brand.state.decisions(digest)) == decided + 2
    brand.desk.refuse(digest, alone.clock())
    assert refused(alone, request) == "study-not-approved"
    brand.desk.approve(digest, alone.clock())
    assert joined(alone, request) == first


def test_what_a_brand_joins_with_is_its_noised_answer_and_on_disk_before_it_joins(
    alone: SmallLeague,
) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    brand = alder_of(alone)
    joined(alone, ask_to_join(digest))
    key = RoundKey(digest, Question.COHORT, 0)
    kept = brand.rounds.contribution(key)
    assert kept is not None
    assert not kept.is_spent
    assert ring_vector(kept.contribution).tolist() == [noised_cohort(brand, digest)]
    assert [entry.answered for entry in brand.ledger.entries()] == [True]


def test_a_brand_that_cannot_keep_its_contribution_joins_nothing(
    alone: SmallLeague, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))

    def full(*_: object) -> None:
        raise StateAccessError("rounds.db could not be written: disk is full")

    monkeypatch.setattr(alder_of(alone).rounds, "keep_contribution", full)
    assert refused(alone, ask_to_join(digest)) == StateAccessError.wire_code()
    monkeypatch.undo()
    joined(alone, ask_to_join(digest))
    assert len(alder_of(alone).ledger.entries()) == 1


def test_an_answer_that_is_refused_leaves_nothing_to_join_with(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock(), minimum_persons=5000))
    assert refused(alone, ask_to_join(digest)) == "cohort-too-small"
    assert refused(alone, ask_to_join(digest, attempt=2)) == "cohort-too-small"
    assert alder_of(alone).rounds.contributions() == ()


def test_fifty_identical_joinings_at_once_get_one_reply_for_one_charge(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    responder = alder_of(alone).responder
    with ThreadPoolExecutor(50) as threads:
        replies = list(threads.map(responder.answer, (ask_to_join(digest) for _ in range(50))))
    assert len({reply_payload_to_wire(reply) for reply in replies}) == 1
    assert isinstance(replies[0], JoinReply)
    assert len(alder_of(alone).ledger.entries()) == 1


# One contribution a round.


def test_attempts_of_a_round_bring_the_same_contribution_under_other_keys(
    alone: SmallLeague,
) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    first, second = (joined(alone, ask_to_join(digest, attempt=n)).advertisement for n in (1, 2))
    assert first.commitment == second.commitment
    assert first.mask_key != second.mask_key
    assert len(alder_of(alone).ledger.entries()) == 1


def test_a_withdrawal_between_two_attempts_leaves_the_round_out_and_the_next_one_goes_on(
    alone: SmallLeague,
) -> None:
    digest = alone.approved(a_league_study(alone.clock()))
    asked = evaluating(alone, digest)
    joined(alone, ask_to_join(digest))
    joined(alone, ask_to_join(digest, asked, 1))
    charged = len(alder_of(alone).ledger.entries())
    withdraw_one(alone)
    for attempt in (2, 3):
        request = ask_to_join(digest, asked, 1, attempt=attempt)
        assert refused(alone, request) == "contribution-changed"
    assert len(alder_of(alone).ledger.entries()) == charged
    joined(alone, ask_to_join(digest, asked, 2))
    assert len(alder_of(alone).ledger.entries()) == charged + 1


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_server_that_asks_one_round_two_questions_gets_one_answer(
    alone: SmallLeague, attempt: int
) -> None:
    digest = alone.approved(a_league_study(alone.clock()))
    joined(alone, ask_to_join(digest))
    joined(alone, ask_to_join(digest, evaluating(alone, digest), 1))
    charged = alder_of(alone).ledger.entries()
    other = ask_to_join(digest, evaluating(alone, digest, 0.1), 1, attempt=attempt)
    assert refused(alone, other) == "contribution-changed"
    assert alder_of(alone).ledger.entries() == charged


def test_a_joining_asked_again_with_other_content_is_refused(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    joined(alone, ask_to_join(digest))
    joined(alone, ask_to_join(digest, MeasureRequest(), reference_persons=300))
    other = ask_to_join(digest, MeasureRequest(), reference_persons=301)
    assert refused(alone, other) == "aggregation-step-conflict"


def test_an_attempt_that_was_left_is_not_joined_again(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    for attempt in (1, 2):
        joined(alone, ask_to_join(digest, attempt=attempt))
    assert refused(alone, ask_to_join(digest, attempt=1)) == "aggregation-session-outdated"


def test_a_forgotten_study_is_joined_no_more_in_whatever_run(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    joined(alone, ask_to_join(digest))
    alder_of(alone).rounds.forget_study(digest)
    again, later = (ask_to_join(digest, attempt=number) for number in (1, 2))
    other_run = Request(replace(again.binding, run=RUN + 1), again.payload, 60.0)
    for request in (again, later, other_run):
        assert refused(alone, request) == "aggregation-session-unknown"
    kept = alder_of(alone).rounds.contribution(RoundKey(digest, Question.COHORT, 0))
    assert kept is not None
    assert kept.live is None
    assert len(alder_of(alone).ledger.entries()) == 1


# What the journal says, and what nobody may read.


def test_a_joining_is_journalled_under_the_decision_that_let_it_in(alone: SmallLeague) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    brand = alder_of(alone)
    answered, denied = ask_to_join(digest), ask_to_join(digest, MeasureRequest())
    joined(alone, answered)
    let_in = brand.state.decisions(digest)[-1]
    alone.clock.ahead += timedelta(days=31)
    assert refused(alone, denied) == "policy-denied"
    assert brand.state.decisions(digest)[-1].verdict is Verdict.DENY
    decision_of = brand.responder.decision_of
    assert decision_of(answered.binding.request) == let_in.digest
    assert decision_of(denied.binding.request) == ""
    assert decision_of("0" * 32) == ""


def test_a_canary_in_data_and_exception_reaches_no_reply_no_log_and_no_file(
    alone: SmallLeague,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    digest = alone.approved(a_league_study(alone.clock()))
    brand = alder_of(alone)
    joined(alone, ask_to_join(digest))

    def broken(*_: object) -> Any:
        raise RuntimeError(f"row of {CANARY}")

    codes = []
    for instead in (broken, failing):
        Probe(brand, "rows", instead)
        codes.append(refused(alone, ask_to_join(digest, evaluating(alone, digest), 1)))
    brand.sources.probe = None
    reply = joined(alone, ask_to_join(digest, evaluating(alone, digest), 1))
    assert codes == ["internal-error", "data-not-usable"]
    assert CANARY not in repr(reply)
    assert CANARY not in caplog.text
    assert CANARY not in "".join(capfd.readouterr())
    assert files_with(CANARY, tmp_path) == []


def test_a_refusal_names_its_code_in_the_log_and_nothing_else_of_the_error(
    alone: SmallLeague, caplog: pytest.LogCaptureFixture
) -> None:
    digest = alone.approved(a_league_histogram(alone.clock()))
    Probe(alder_of(alone), "persons", failing)
    assert refused(alone, ask_to_join(digest)) == "data-not-usable"
    assert "data-not-usable" in caplog.text
    assert CANARY not in caplog.text


def test_a_joining_for_a_study_that_was_never_received_is_refused(alone: SmallLeague) -> None:
    assert refused(alone, ask_to_join("ab" * 32)) == "study-not-seen"
    request = ask("ab" * 32, JoinRequest(CohortRequest(), 1, 0))
    assert alder_of(alone).responder.decision_of(request.binding.request) == ""
