"""The brand's gate: who is let in, who is refused, with which code, and at what charge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hanse_clients.errors import (
    CharterRefusedError,
    CharterRollbackError,
    DocumentEditedError,
    PolicyDeniedError,
    QuestionForeignError,
    StudyNotApprovedError,
    StudyNotSeenError,
)
from hanse_clients.state import Approval, OwnVerdict, SeenStudy
from hanse_federation.messages import (
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Question,
    QuestionPayload,
    Refusal,
    TrainRequest,
)
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.documents import (
    AllianceCharter,
    ApprovalMode,
    BrandPolicy,
    ConsentRules,
    Purpose,
    Study,
    StudyVerdict,
    Verdict,
)
from hanse_policies.errors import HanseError, SignatureError
from hanse_policies.signing import Envelope, SigningKey, open_envelope
from tests.support.league_documents import (
    a_league_budget,
    a_league_histogram,
    a_league_policy,
    a_league_study,
    ask,
)
from tests.support.league_parties import (
    BrandParts,
    SmallLeague,
    put_policy,
    small_league,
    write_data,
    write_yaml,
)
from tests.support.league_rounds import ask_to_join

HOUR = timedelta(hours=1)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


def refused(
    league: SmallLeague,
    expected: type[HanseError],
    digest: str,
    payload: QuestionPayload | None = None,
    round_number: int = 0,
) -> str:
    """Check that gate and responder refuse with the error's code and charge nothing."""
    brand = league.brands["alder"]
    before = len(brand.ledger.entries())
    with pytest.raises(expected) as caught:
        brand.gate.admit(ask(digest, payload, round_number), league.clock())
    reply = brand.responder.answer(ask_to_join(digest, payload, round_number))
    assert reply == Refusal(expected.code)
    assert len(brand.ledger.entries()) == before
    return str(caught.value)


def manual(league: SmallLeague) -> BrandPolicy:
    return a_league_policy("alder", league.clock(), approval=ApprovalMode.MANUAL)


def denied_by(brand: BrandParts, digest: str) -> tuple[str, ...]:
    return brand.state.decisions(digest)[-1].codes


def test_an_approved_study_is_admitted_with_the_highest_floor(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock(), minimum_persons=77))
    admission = brand.gate.admit(ask(digest), league.clock())
    assert admission.question is Question.COHORT
    assert admission.minimum_persons == 77
    assert admission.digest == digest
    held = brand.state.charter()
    assert held is not None
    assert (admission.charter, admission.charter_digest) == (
        brand.home.charter(brand.state),
        held.digest,
    )
    assert admission.policy_digest == brand.home.documents.policy().digest
    assert brand.state.decisions(digest)[-1].digest == admission.decision


def test_a_study_never_received_is_refused(league: SmallLeague) -> None:
    refused(league, StudyNotSeenError, "ab" * 32)


def test_a_study_heard_of_but_not_decided_on_is_refused(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    brand.desk.hear(league.contact("alder"), league.clock())
    refused(league, StudyNotApprovedError, digest)


def test_an_approval_taken_back_while_the_study_runs_stops_it_at_the_next_question(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)
    brand.desk.refuse(digest, league.clock())
    refused(league, StudyNotApprovedError, digest, MeasureRequest())
    brand.desk.approve(digest, league.clock())
    brand.gate.admit(ask(digest, MeasureRequest()), league.clock())


def test_a_verdict_that_somebody_else_signed_into_the_records_does_not_permit(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    brand.desk.hear(league.contact("alder"), league.clock())
    forged = StudyVerdict(
        study=digest,
        brand="alder",
        verdict=Verdict.PERMIT,
        policy="0" * 64,
        decided=league.clock(),
    )
    envelope = SigningKey.generate().sign(forged).to_json()
    brand.state.record_verdict(OwnVerdict(digest, envelope, league.clock()))
    refused(league, SignatureError, digest)


def test_a_permit_for_one_study_does_not_let_another_in(
    league: SmallLeague, brand: BrandParts
) -> None:
    first = league.approved(a_league_histogram(league.clock()))
    second = league.propose(a_league_histogram(league.clock(), id="other"))
    brand.desk.hear(league.contact("alder"), league.clock())
    held = brand.state.verdict(first)
    assert held is not None
    brand.state.record_verdict(replace(held, study=second))
    refused(league, StudyNotApprovedError, second)


def test_a_policy_tightened_while_the_study_runs_stops_it_at_the_next_round(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)
    put_policy(brand.home, a_league_policy("alder", league.clock(), permits=()))
    refused(league, PolicyDeniedError, digest, MeasureRequest())


@pytest.mark.parametrize(
    ("payload", "round_number"),
    [
        pytest.param(CohortRequest(), 0, id="the cohort"),
        pytest.param(TrainRequest(()), 1, id="the first round"),
        pytest.param(TrainRequest(()), 2, id="the last round"),
        pytest.param(EvaluateRequest(()), 1, id="an evaluation"),
    ],
)
def test_a_policy_that_now_asks_for_a_person_stops_what_ran_without_one_at_every_question(
    league: SmallLeague, brand: BrandParts, payload: QuestionPayload, round_number: int
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)
    put_policy(brand.home, manual(league))
    message = refused(league, StudyNotApprovedError, digest, payload, round_number)
    assert "approval: manual" in message
    assert digest[:12] in message


def test_what_a_person_approved_under_an_automatic_policy_goes_on_under_a_manual_one(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    brand.desk.approve(digest, league.clock())
    put_policy(brand.home, manual(league))
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)


def test_a_persons_no_refuses_though_the_verdict_of_it_was_never_signed(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    brand.state.record_approval(Approval(digest, approved=False, given_at=league.clock()))
    refused(league, StudyNotApprovedError, digest)


def test_a_policy_edited_after_signing_refuses_everything(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    loosened = a_league_policy("alder", league.clock(), epsilon=99.0)
    write_yaml(brand.home.documents.policy_file, loosened)
    refused(league, DocumentEditedError, digest)


def test_a_charter_that_drops_the_brand_refuses_everything(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    charter = league.store.membership.charter().envelope
    key = league.operator.signing_key()
    held = open_envelope(Envelope.from_json(charter), AllianceCharter, key.public_hex)
    without = held.model_copy(update={"version": held.version + 1, "members": ()})
    brand.home.take_charter(key.sign(without).to_json(), brand.state, now=league.clock())
    refused(league, PolicyDeniedError, digest)
    assert "identity.member" in denied_by(brand, digest)


def test_a_charter_rolled_back_is_not_followed(league: SmallLeague, brand: BrandParts) -> None:
    oldest = league.store.membership.charters()[0]
    with pytest.raises(CharterRollbackError):
        brand.home.take_charter(oldest.envelope, brand.state, now=league.clock())


def test_a_charter_of_another_operator_is_not_followed(
    league: SmallLeague, brand: BrandParts
) -> None:
    held = Envelope.from_json(league.store.membership.charter().envelope)
    charter = AllianceCharter.model_validate_json(held.payload)
    forged = charter.model_copy(update={"version": charter.version + 1})
    envelope = SigningKey.generate().sign(forged).to_json()
    with pytest.raises((SignatureError, CharterRefusedError)):
        brand.home.take_charter(envelope, brand.state, now=league.clock())


def test_a_study_that_another_key_signed_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    study = a_league_histogram(league.clock())
    envelope = SigningKey.generate().sign(study)
    brand.state.see_study(SeenStudy(envelope.payload_digest, envelope.to_json(), league.clock()))
    with pytest.raises(SignatureError):
        brand.gate.open(envelope.payload_digest)
    refused(league, StudyNotApprovedError, envelope.payload_digest)


@pytest.mark.parametrize(
    ("payload", "round_number"),
    [
        pytest.param(TrainRequest(()), 1, id="another computation's question"),
        pytest.param(EvaluateRequest(()), 1, id="an evaluation of no model"),
        pytest.param(MeasureRequest(), 1, id="a measurement in a round"),
        pytest.param(CohortRequest(), 1, id="the cohort in a round"),
    ],
)
def test_a_question_that_a_measurement_does_not_plan_is_refused(
    league: SmallLeague, payload: QuestionPayload, round_number: int
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    refused(league, QuestionForeignError, digest, payload, round_number)


@pytest.mark.parametrize(
    ("payload", "round_number"),
    [
        pytest.param(TrainRequest(()), 0, id="before the first round"),
        pytest.param(TrainRequest(()), 3, id="after the last round"),
        pytest.param(EvaluateRequest(()), 3, id="an evaluation after the last round"),
        pytest.param(MeasureRequest(), 0, id="another computation's question"),
    ],
)
def test_a_round_that_a_training_does_not_plan_is_refused(
    league: SmallLeague, payload: QuestionPayload, round_number: int
) -> None:
    digest = league.approved(a_league_study(league.clock()))
    refused(league, QuestionForeignError, digest, payload, round_number)


def test_a_study_is_refused_once_the_purposes_budget_no_longer_suffices(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    poorer = a_league_policy(
        "alder",
        league.clock(),
        budgets=(a_league_budget(Purpose.AUDIENCE_ANALYTICS, 2.9),),
    )
    put_policy(brand.home, poorer)
    refused(league, PolicyDeniedError, digest)
    assert denied_by(brand, digest) == ("budget.epsilon",)


def test_a_second_study_is_refused_when_the_first_has_used_the_budget(
    league: SmallLeague, brand: BrandParts
) -> None:
    put_policy(brand.home, a_league_policy("alder", league.clock(), epsilon=3.5))
    first = league.approved(a_league_histogram(league.clock()))
    second = league.approved(a_league_histogram(league.clock(), id="second"))
    for payload in (CohortRequest(), MeasureRequest()):
        assert isinstance(brand.responder.answer(ask_to_join(first, payload)), JoinReply)
    refused(league, PolicyDeniedError, second)
    assert denied_by(brand, second) == ("budget.epsilon",)


def test_a_purpose_without_a_budget_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    put_policy(brand.home, a_league_policy("alder", league.clock(), budgets=()))
    refused(league, PolicyDeniedError, digest)
    assert "budget.purpose" in denied_by(brand, digest)


def test_a_ledger_that_cannot_be_trusted_denies(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    brand.home.ledger_file.write_bytes(b"not a ledger" * 1000)
    with pytest.raises(PolicyDeniedError):
        brand.gate.admit(ask(digest), league.clock())
    assert denied_by(brand, digest) == ("budget.known",)


def test_a_stale_consent_register_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    strict = ConsentRules(max_age_hours=1)
    league.clock.ahead += 2 * HOUR
    put_policy(brand.home, a_league_policy("alder", league.clock(), consent=strict))
    refused(league, PolicyDeniedError, digest)
    assert denied_by(brand, digest) == ("consent.age",)


def test_a_missing_consent_register_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    (brand.home.path / "register.parquet").unlink()
    refused(league, PolicyDeniedError, digest)
    assert denied_by(brand, digest) == ("consent.register",)


def test_an_empty_consent_register_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    write_data(brand.home, league.clock(), consents=())
    refused(league, PolicyDeniedError, digest)
    assert denied_by(brand, digest) == ("consent.register",)


def test_an_expired_study_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock(), minimum_persons=60))
    league.clock.ahead += timedelta(days=31)
    write_data(brand.home, league.clock())
    refused(league, PolicyDeniedError, digest)
    assert denied_by(brand, digest) == ("expiry.study",)


def test_a_refusal_names_rules_and_no_person(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    league.clock.ahead += timedelta(days=31)
    message = refused(league, PolicyDeniedError, digest)
    assert "expiry.study" in message
    assert "canary" not in message


def test_rehearsing_reads_no_register(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    brand.desk.hear(league.contact("alder"), league.clock())
    (brand.home.path / "register.parquet").unlink()
    (brand.home.path / "people.parquet").unlink()
    assert brand.gate.rehearse(digest, league.clock()).decision.is_permitted
    assert not brand.gate.judge(digest, league.clock()).decision.is_permitted


def test_every_admission_and_every_denial_is_recorded(
    league: SmallLeague, brand: BrandParts
) -> None:
    study: Study = a_league_histogram(league.clock())
    digest = league.approved(study)
    brand.gate.admit(ask(digest), league.clock())
    league.clock.ahead += timedelta(days=31)
    refused(league, PolicyDeniedError, digest)
    verdicts = [decision.verdict for decision in brand.state.decisions(digest)]
    assert verdicts == [Verdict.PERMIT, Verdict.PERMIT, Verdict.DENY, Verdict.DENY]
