"""The brand's gate: nothing is answered that this brand does not permit now.

Rules: the decision is made on this machine, from the charter as pinned, the
policy as signed, the consent register and the ledger as they stand at this
instant; it is made anew before every round and every question; a study runs
only while this brand's newest own verdict permits it, and no person's newest word
is a no; while the policy in effect leaves studies to persons, only on a person's
yes, however it was permitted before. The server's opinion is not asked. What
cannot be read denies. While a charter waits for a person, nothing is let in, by it or
by the one before. A brand that left lets nothing in any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hanse_clients.errors import (
    BrandExitedError,
    CharterNotAcceptedError,
    DataError,
    PolicyDeniedError,
    QuestionForeignError,
    StudyNotApprovedError,
)
from hanse_clients.home import BrandHome
from hanse_clients.signed_documents import VerifiedDocument
from hanse_clients.sources import BrandSources
from hanse_clients.state import BrandState, DecisionRecord
from hanse_federation.messages import (
    EvaluateRequest,
    Question,
    Request,
    RequestPayload,
    TrainRequest,
    question_of,
)
from hanse_federation.model import check_parameters, input_width
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.privacy.plan import PrivacyPlan, plan_study
from hanse_policies import SignatureState, Sources, decide
from hanse_policies.decision import Decision
from hanse_policies.documents import (
    AllianceCharter,
    ApprovalMode,
    BrandPolicy,
    ConsentState,
    DataAsset,
    PurposeBudget,
    Study,
    StudyVerdict,
    TrainModel,
    Verdict,
)
from hanse_policies.errors import HanseError
from hanse_policies.facts import BudgetState
from hanse_policies.packs.pinned import pinned_packs
from hanse_policies.signing import Envelope, open_envelope

ACCEPTED_RULE: Final = "charter.accepted"


@dataclass(frozen=True, slots=True)
class OpenedStudy:
    """A study whose signature by the pinned operator was verified."""

    digest: str
    study: Study
    operator_key: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision and the documents it was made under."""

    opened: OpenedStudy
    decision: Decision
    charter: AllianceCharter
    policy: VerifiedDocument[BrandPolicy]
    asset: VerifiedDocument[DataAsset]

    def record(self) -> DecisionRecord:
        """Describe the decision for the brand's records; codes only."""
        return DecisionRecord(
            study=self.opened.digest,
            verdict=self.decision.verdict,
            codes=self.decision.denied_by,
            policy=self.policy.digest,
            decided_at=self.decision.decided,
        )


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to answer one request.

    Attributes:
        study: The approved study.
        digest: Its digest.
        question: What is asked.
        plan: What each question costs.
        charter: The charter this brand follows.
        charter_digest: SHA-256 of that charter as signed, 64 hex digits.
        policy: The policy in effect.
        policy_digest: SHA-256 of that policy as signed, 64 hex digits.
        asset: What is stored where.
        budget: The budget that the purpose is charged to.
        minimum_persons: The floor in force, on noised counts.
        decision: Digest of the decision that let the request in.
        now: The instant it was made for.
    """

    study: Study
    digest: str
    question: Question
    plan: PrivacyPlan
    charter: AllianceCharter
    charter_digest: str
    policy: BrandPolicy
    policy_digest: str
    asset: DataAsset
    budget: PurposeBudget
    minimum_persons: int
    decision: str
    now: datetime


class StudyGate:
    """Decides on studies, and lets requests in or not."""

    def __init__(
        self, home: BrandHome, state: BrandState, ledger: Ledger, sources: BrandSources
    ) -> None:
        """Guard one brand's data.

        Args:
            home: The brand's keys and documents.
            state: Studies, decisions and verdicts.
            ledger: What was spent.
            sources: Tell the state of the consent register.
        """
        self._home = home
        self._state = state
        self._ledger = ledger
        self._sources = sources

    def open(self, digest: str) -> OpenedStudy:
        """Verify and read a study that this brand received.

        Raises:
            StudyNotSeenError: It was never received.
            SignatureError: The pinned operator did not sign it.
        """
        seen = self._state.study(digest)
        key = self._home.membership().operator_key
        study = open_envelope(Envelope.from_json(seen.envelope), Study, key)
        return OpenedStudy(digest, study, key)

    def judge(self, digest: str, now: datetime) -> Judgement:
        """Decide on a study as things stand at `now`; a consent register that fails denies.

        Raises:
            BrandExitedError: The brand left the alliance.
        """
        self.check_member()
        opened = self.open(digest)
        return self._judge(opened, now, self._consent(opened.study, now))

    def rehearse(self, digest: str, now: datetime) -> Judgement:
        """Decide as if the consent register were fresh and complete, without reading it."""
        mapping = self._home.documents.asset().document.consent
        assumed = ConsentState(now, frozenset(mapping.purposes), mapping.told)
        return self._judge(self.open(digest), now, assumed)

    def admit(self, request: Request, now: datetime) -> Admission:
        """Let a request in, or refuse it; each decision is recorded.

        Raises:
            BrandExitedError: The brand left the alliance.
            StudyNotSeenError: The request names a study this brand never received.
            StudyNotApprovedError: This brand's newest verdict does not permit the study, a
                person refused it, or the policy asks for a person's yes that nobody gave.
            QuestionForeignError: The study does not ask this question in this round.
            ModelParametersError: The parameters are not of the study's model.
            CharterNotAcceptedError: A charter that may allow more waits for a person here.
            PolicyDeniedError: The documents, consent or budget no longer permit it.
            HanseError: A document or record cannot be read or verified.
        """
        self.check_member()
        digest = request.binding.study
        self._check_approved(digest)
        judgement = self.judge(digest, now)
        recorded = self._state.record_decision(judgement.record())
        study, decision = judgement.opened.study, judgement.decision
        if decision.effective is None:
            raise _refusal(study, decision)
        self._check_word(digest, judgement.policy.document)
        plan = plan_study(study)
        question = question_of(request.payload)
        _check_planned(study, plan, question, request.binding.round_number)
        _check_parameters(study, request.payload)
        budget = judgement.policy.document.budget_for(study.purpose)
        if budget is None:
            raise PolicyDeniedError(
                f"expected a budget for purpose {study.purpose}, got none; add one to the policy"
            )
        return Admission(
            study=study,
            digest=digest,
            question=question,
            plan=plan,
            charter=judgement.charter,
            charter_digest=self._charter_digest(),
            policy=judgement.policy.document,
            policy_digest=judgement.policy.digest,
            asset=judgement.asset.document,
            budget=budget,
            minimum_persons=decision.effective.minimum_persons,
            decision=recorded,
            now=now,
        )

    def check_member(self) -> None:
        """Refuse once this brand left the alliance.

        Raises:
            BrandExitedError: It did.
        """
        left = self._state.ends.exit()
        if left is not None:
            raise BrandExitedError(
                f"expected a brand that takes part in {self._home.configuration.alliance}, got one "
                f"that left it at {left.began_at.isoformat(timespec='seconds')}; to come back, ask "
                "the operator to enrol it anew, with new keys"
            )

    def _judge(self, opened: OpenedStudy, now: datetime, consent: ConsentState) -> Judgement:
        charter, own = self._home.charter(self._state), self._home.signing_key().public_hex
        policy, asset = self._home.documents.policy(), self._home.documents.signed_asset()
        decision = decide(
            opened.study,
            charter=charter,
            policy=policy.document,
            asset=asset.document,
            consent=consent,
            budget=self._budget(opened, policy.document, now),
            now=now,
            signature=SignatureState(
                study=opened.operator_key,
                charter=opened.operator_key,
                policy=own,
                asset=own,
                is_charter_newest=self._state.held.waiting() is None,
            ),
            approvals=self._home.documents.approvals_of(policy.document),
            asset_approvals=self._home.documents.approvals_of(asset.document),
            packs=pinned_packs(
                self._home.packs_folder,
                (*charter.packs, *policy.document.packs),
                charter.counsel_key,
            ),
            sources=Sources(policy=policy.source, asset=asset.source),
        )
        return Judgement(opened, decision, charter, policy, asset)

    def _charter_digest(self) -> str:
        held = self._state.charter()
        if held is None:
            raise PolicyDeniedError(
                "expected a charter that this brand follows, got none; run hanse brand join"
            )
        return held.digest

    def _check_approved(self, digest: str) -> None:
        self._state.study(digest)
        held = self._state.verdict(digest)
        if held is not None:
            key = self._home.signing_key().public_hex
            verdict = open_envelope(Envelope.from_json(held.envelope), StudyVerdict, key)
            if verdict.study == digest and verdict.verdict is Verdict.PERMIT:
                return
        raise StudyNotApprovedError(
            "expected a study that this brand approved, got one that it did not; look at it with "
            "hanse brand preflight and approve it with hanse brand approve"
        )

    def _check_word(self, digest: str, policy: BrandPolicy) -> None:
        """Check persons' newest word on a permitted study against the policy in effect."""
        word = self._state.approval(digest)
        if word is not None and not word.approved:
            raise StudyNotApprovedError(
                "expected a study that no person at this brand refused, got one that somebody did; "
                "hanse brand approve takes the refusal back"
            )
        if word is None and policy.approval is ApprovalMode.MANUAL:
            raise StudyNotApprovedError(
                f"expected a study that a person approved, as policy version {policy.version} asks "
                f"(approval: manual), got {digest[:12]} without a person's word; look at it with "
                "hanse brand preflight and approve it with hanse brand approve"
            )

    def _consent(self, study: Study, now: datetime) -> ConsentState:
        try:
            return self._sources.for_study(study).consent_state(now)
        except DataError:
            return ConsentState(None, frozenset())

    def _budget(
        self, opened: OpenedStudy, policy: BrandPolicy, now: datetime
    ) -> BudgetState | None:
        purpose = opened.study.purpose
        budget = policy.budget_for(purpose)
        if budget is None:
            return None
        try:
            spent = self._ledger.spent(purpose, budget, now)
            if_run = self._ledger.epsilon_if_run(
                plan_study(opened.study), opened.digest, budget, now
            )
        except HanseError:
            return None
        return BudgetState(spent.epsilon, max(spent.epsilon, if_run), budget.delta)


def _refusal(study: Study, decision: Decision) -> PolicyDeniedError:
    if ACCEPTED_RULE in decision.denied_by:
        return CharterNotAcceptedError(
            f"expected study {study.id} under a charter that this brand accepted, got a newer one "
            "that may allow more; hanse brand charter shows it, and nothing runs until a person "
            "accepts it"
        )
    return PolicyDeniedError(
        f"expected study {study.id} to be permitted, got a refusal by "
        f"{', '.join(decision.denied_by)}; see hanse brand studies"
    )


def _check_planned(study: Study, plan: PrivacyPlan, question: Question, round_number: int) -> None:
    planned = dict(plan.multipliers)
    in_rounds = question in {Question.TRAIN, Question.EVALUATE}
    allowed = range(1, plan.rounds + 1) if in_rounds else range(1)
    if question not in planned or round_number not in allowed:
        raise QuestionForeignError(
            f"expected a question and round that study {study.id} plans, got {question} in round "
            f"{round_number}; the operator's server asks for something that was never approved"
        )


def _check_parameters(study: Study, payload: RequestPayload) -> None:
    """Refuse foreign or senseless parameters before they cost anything; says nothing of rows."""
    computation = study.computation
    if isinstance(payload, TrainRequest | EvaluateRequest) and isinstance(computation, TrainModel):
        check_parameters(computation, input_width(computation.features), payload.parameters)
