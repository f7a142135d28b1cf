"""Hear of studies, decide, and say so: a brand's signed verdicts.

Rules: a study is heard only if the pinned operator signed it; a verdict is
signed by the brand, kept here first and then sent, so that an answer lost on
the way is sent again; a refusal by rule is final until documents change, and no
person can overrule it; a permit waits for a person unless the brand's signed
policy says otherwise, and one given by such a policy is taken back once a later
policy leaves studies to persons.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hanse_clients.errors import PolicyDeniedError
from hanse_clients.home import BrandHome
from hanse_clients.state import Approval, BrandState, OwnVerdict, SeenStudy
from hanse_clients.study_gate import Judgement, StudyGate
from hanse_federation.desk import ProposedStudy, ReleaseEntry, ReleaseFile, StudyState
from hanse_policies.documents import ApprovalMode, Study, StudyVerdict, Verdict
from hanse_policies.errors import SignatureError
from hanse_policies.signing import Envelope, open_envelope

_LOG = logging.getLogger(__name__)

REFUSED_BY_PERSON = "refused-by-person"
APPROVAL_AWAITED = "approval-awaited"
OPEN_STATES = frozenset({StudyState.PROPOSED, StudyState.REFUSED, StudyState.FAILED})
"""A study in one of these may be run, again perhaps, so it is worth a verdict."""


class OperatorContact(Protocol):
    """The operator's server, as a brand reaches it."""

    def charter(self) -> bytes:
        """Return the charter in force, signed."""
        ...

    def studies(self) -> tuple[ProposedStudy, ...]:
        """List the studies proposed to this brand."""
        ...

    def submit_verdict(self, envelope: bytes) -> None:
        """Hand in a signed verdict."""
        ...

    def releases(self) -> tuple[ReleaseEntry, ...]:
        """List the releases this brand may fetch."""
        ...

    def release_files(self, digest: str) -> tuple[ReleaseFile, ...]:
        """Fetch a release."""
        ...


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """A study this brand heard of, and where it stands here.

    Attributes:
        digest: The study's digest.
        judgement: The decision as things stand now.
        verdict: This brand's newest signed verdict, or None where it waits for a person.
        state: Where the operator says it stands; `PROPOSED` where not asked.
    """

    digest: str
    judgement: Judgement
    verdict: StudyVerdict | None
    state: StudyState


class VerdictDesk:
    """Decides on the studies a brand hears of, and signs what it decided."""

    def __init__(self, home: BrandHome, state: BrandState, gate: StudyGate) -> None:
        self._home = home
        self._state = state
        self._gate = gate
        self._told_of: str | None = None

    def hear(self, contact: OperatorContact, now: datetime) -> tuple[str, ...]:
        """Take the charter and the studies that the operator hands out.

        Returns:
            Digests of the studies proposed now whose signature holds.

        Raises:
            CharterRefusedError: The charter is not one this brand may follow. One that may allow
                more waits, and no study is permitted until a person accepted it.
            SignatureError: The charter is not signed by the pinned operator.
        """
        self._home.take_charter(contact.charter(), self._state, now=now)
        self._tell_of_waiting()
        key = self._home.membership().operator_key
        heard = []
        for proposed in contact.studies():
            try:
                envelope = Envelope.from_json(proposed.envelope)
                open_envelope(envelope, Study, key)
            except SignatureError as error:
                _LOG.warning("a study was not heard: %s", error.code)
                continue
            digest = envelope.payload_digest
            self._state.see_study(SeenStudy(digest, proposed.envelope, now))
            if proposed.state in OPEN_STATES:
                heard.append(digest)
        return tuple(heard)

    def settle(self, digest: str, now: datetime) -> StudyVerdict | None:
        """Decide on a study and sign the verdict, or leave it to a person.

        A permit that turned into a refusal, or the reverse, gets a new verdict;
        an unchanged one is left as it is. A permit that no person gave is taken back
        where the policy now asks for a person.

        Returns:
            The newest verdict, or None while a person's word is awaited.
        """
        judgement = self._gate.judge(digest, now)
        self._state.record_decision(judgement.record())
        held = self.verdict(digest)
        word = self._state.approval(digest)
        if not judgement.decision.is_permitted:
            return self._sign_once(judgement, judgement.decision.denied_by, held, now)
        if word is not None and not word.approved:
            return self._sign_once(judgement, (REFUSED_BY_PERSON,), held, now)
        automatic = judgement.policy.document.approval is ApprovalMode.AUTOMATIC
        if automatic or word is not None:
            return self._sign_once(judgement, (), held, now)
        if held is not None and held.verdict is Verdict.PERMIT:
            return self._sign(judgement, (APPROVAL_AWAITED,), now)
        return held

    def approve(self, digest: str, now: datetime) -> StudyVerdict:
        """Record a person's yes and sign a permit.

        Raises:
            PolicyDeniedError: The rules refuse the study; no person can overrule them.
        """
        judgement = self._gate.judge(digest, now)
        if not judgement.decision.is_permitted:
            raise PolicyDeniedError(
                f"expected a study that this brand's rules permit, got refusals by "
                f"{', '.join(judgement.decision.denied_by)}; hanse brand preflight says what "
                "would have to change"
            )
        self._state.record_approval(Approval(digest, approved=True, given_at=now))
        return self._sign(judgement, (), now)

    def refuse(self, digest: str, now: datetime) -> StudyVerdict:
        """Record a person's no and sign a refusal; it also stops a running study."""
        judgement = self._gate.judge(digest, now)
        self._state.record_approval(Approval(digest, approved=False, given_at=now))
        return self._sign(judgement, (REFUSED_BY_PERSON, *judgement.decision.denied_by), now)

    def verdict(self, digest: str) -> StudyVerdict | None:
        """Return this brand's newest verdict on a study."""
        held = self._state.verdict(digest)
        if held is None:
            return None
        return StudyVerdict.model_validate_json(Envelope.from_json(held.envelope).payload)

    def study(self, digest: str) -> Study:
        """Read a study that this brand heard of, its signature verified."""
        return self._gate.open(digest).study

    def send(self, contact: OperatorContact, digest: str) -> None:
        """Hand in the newest verdict; handing it in again changes nothing."""
        held = self._state.verdict(digest)
        if held is not None:
            contact.submit_verdict(held.envelope)

    def _tell_of_waiting(self) -> None:
        """Log a charter that waits, once for each."""
        waiting = self._state.held.waiting()
        if waiting is not None and waiting.digest != self._told_of:
            _LOG.warning(
                "charter version %d may allow more and waits for a person; every study is refused "
                "until then: hanse brand accept-charter %s",
                waiting.version,
                waiting.digest,
            )
        self._told_of = None if waiting is None else waiting.digest

    def _sign_once(
        self,
        judgement: Judgement,
        codes: tuple[str, ...],
        held: StudyVerdict | None,
        now: datetime,
    ) -> StudyVerdict:
        if held is not None and held.codes == codes and held.policy == judgement.policy.digest:
            return held
        return self._sign(judgement, codes, now)

    def _sign(self, judgement: Judgement, codes: tuple[str, ...], now: datetime) -> StudyVerdict:
        verdict = StudyVerdict(
            study=judgement.opened.digest,
            brand=self._home.configuration.brand,
            verdict=Verdict.DENY if codes else Verdict.PERMIT,
            codes=codes,
            policy=judgement.policy.digest,
            decided=now,
        )
        envelope = self._home.signing_key().sign(verdict)
        self._state.record_verdict(OwnVerdict(verdict.study, envelope.to_json(), now))
        return verdict
