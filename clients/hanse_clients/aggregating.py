"""A brand's part in secure aggregation: every message that leaves is made here.

Rules: a question is answered in the five steps of the protocol or not at all; the
join step passes the brand's gate; a round has one contribution, kept on disk
before it is first masked, and a question that changed, or data that changed under
it, refuses the round rather than make another; each step's reply is on disk with
the state after it before it leaves, and the same request gets the same bytes. What
is checked in each step is `secure_aggregation/client.py`'s concern.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hanse_clients.answering import AdmittedQuestion, Answering
from hanse_clients.errors import WorkRefusedError
from hanse_clients.round_records import Attempt, Contribution, RoundKey
from hanse_clients.round_store import RoundStore
from hanse_clients.study_gate import OpenedStudy
from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.codec import reply_payload_from_wire, reply_payload_to_wire, request_digest
from hanse_federation.contributions import Contributions
from hanse_federation.link.errors import PlaintextRefusedError
from hanse_federation.messages import (
    JoinRequest,
    Refusal,
    ReplyPayload,
    Request,
    question_of,
)
from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.commitment import commit
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.errors import (
    ContributionChangedError,
    ContributionSpentError,
    SessionOutdatedError,
    SessionUnknownError,
)
from hanse_federation.secure_aggregation.key_agreement import PartyKeys
from hanse_federation.secure_aggregation.messages import (
    KEY_BYTES,
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    RingVector,
    ShareReply,
    ShareRequest,
    StepReply,
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents import AllianceCharter, BrandId
from hanse_policies.errors import HanseError

_LOG = logging.getLogger(__name__)

DECISIONS_KEPT = 4096
"""How many requests' decisions are remembered for the journal."""

STEP_OF = {
    JoinRequest: "join",
    ShareRequest: "share",
    MaskRequest: "mask",
    EndorseRequest: "endorse",
    UnmaskRequest: "unmask",
}


@dataclass(frozen=True, slots=True)
class AllianceView:
    """What a brand reads anew for each step.

    Attributes:
        study: Opens a study by its digest, verified.
        charter: Reads a charter that this brand follows or followed, by its digest, verified.
        newest_decision: Digest of the newest decision on a study; empty before any.
    """

    study: Callable[[str], OpenedStudy]
    charter: Callable[[str], AllianceCharter]
    newest_decision: Callable[[str], str]


class AggregatingResponder:
    """Answers the steps of secure aggregation for one brand, one at a time; see `Responder`."""

    def __init__(
        self,
        brand: BrandId,
        keys: PartyKeys,
        answering: Answering,
        rounds: RoundStore,
        view: AllianceView,
        *,
        randomness: Randomness,
        rounding: Randomness,
    ) -> None:
        """Put a brand's parts together.

        Args:
            brand: Who answers.
            keys: Its identity keys.
            answering: Admits questions and answers them.
            rounds: Keeps contributions and steps.
            view: Study, charter and decisions.
            randomness: Where keys, seeds and nonces come from; apart from the noise's, so
                that a retry draws no noise.
            rounding: Where the rounding of a contribution comes from, which is drawn once a
                round, as the noise is.
        """
        self._brand = brand
        self._keys = keys
        self._answering = answering
        self._rounds = rounds
        self._view = view
        self._randomness = randomness
        self._rounding = rounding
        self._decisions: OrderedDict[str, str] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def answer(self, request: Request) -> ReplyPayload:
        """Answer a step; a refusal is a payload, never an exception."""
        with self._one_at_a_time:
            try:
                return self._answer(request)
            except WorkRefusedError as error:
                return self._refused(request, error.refusal, error.code)
            except HanseError as error:
                return self._refused(request, error.wire_code(), error.code)

    def decision_of(self, request: str) -> str:
        """Return the digest of the decision that let a request in; empty if none did."""
        return self._decisions.get(request, "")

    def _refused(self, request: Request, wire_code: str, code: str) -> Refusal:
        number = request.binding.round_number
        _LOG.warning("refused a request of round %d with code %s (%s)", number, wire_code, code)
        return Refusal(wire_code)

    def _answer(self, request: Request) -> ReplyPayload:
        payload = request.payload
        if isinstance(payload, JoinRequest):
            return self._join(request, payload)
        if isinstance(payload, ShareRequest | MaskRequest | EndorseRequest | UnmaskRequest):
            return self._step(request, payload)
        raise PlaintextRefusedError(
            f"expected a step of secure aggregation, got question {question_of(payload)} by "
            "itself; an answer leaves masked or not at all"
        )

    def _remember(self, request: str, decision: str) -> None:
        self._decisions[request] = decision
        while len(self._decisions) > DECISIONS_KEPT:
            self._decisions.popitem(last=False)

    # Joining: the question itself.

    def _join(self, request: Request, payload: JoinRequest) -> ReplyPayload:
        asked = Request(request.binding, payload.asked, request.deadline_seconds)
        admitted = self._answering.admit(asked)
        admission = admitted.admission
        self._remember(request.binding.request, admission.decision)
        attempt = _attempt(request, payload)
        digest = request_digest(payload)
        taken = self._rounds.step(attempt, "join")
        if taken is not None and taken.request_digest == digest and taken.reply is not None:
            return reply_payload_from_wire(taken.reply)
        contribution = self._contribution(admitted, payload, attempt.round)
        self._rounds.go_live(attempt)
        terms = AggregationTerms(
            admission.study, admission.digest, admission.charter, admission.charter_digest
        )
        key = attempt.round
        session = terms.session(attempt.run, key.question, key.round_number, attempt.number)
        state, advertisement = self._party(terms).join(
            session,
            policy=bytes.fromhex(admission.policy_digest),
            commitment=_commitment(session, contribution),
        )
        return self._keep(attempt, "join", digest, state, JoinReply(advertisement))

    def _contribution(
        self, admitted: AdmittedQuestion, payload: JoinRequest, key: RoundKey
    ) -> Contribution:
        """Find the round's one contribution, or make and keep it.

        Raises:
            ContributionSpentError: It may be in a decoded sum already.
            ContributionChangedError: The question, or the data under it, is not what it was.
            SessionUnknownError: Its study was forgotten.
        """
        charge, vector = admitted.charge, _vector_format(admitted, key)
        kept = self._rounds.contribution(key)
        if kept is None:
            contribution = self._new_contribution(admitted, payload, key)
            self._rounds.keep_contribution(contribution)
            return contribution
        if kept.is_spent:
            raise ContributionSpentError(
                f"expected round {key.round_number} not to be summed yet, got one whose shares "
                "were revealed; the answer never enters a second sum"
            )
        held = kept.contribution
        question = _bound_question(admitted, vector)
        if (held.request_digest, held.data_version) != (question, charge.data_version):
            raise ContributionChangedError(
                f"expected question, data and members of round {key.round_number} as they were, "
                "got others; a round has one answer, so this brand leaves the round out"
            )
        if held.vector is None:
            raise SessionUnknownError(
                f"expected a contribution to round {key.round_number}, got none; its study was "
                "forgotten"
            )
        return held

    def _new_contribution(
        self, admitted: AdmittedQuestion, payload: JoinRequest, key: RoundKey
    ) -> Contribution:
        admission = admitted.admission
        reference = payload.reference_persons
        answer = self._answering.answer(admitted, reference_persons=reference)
        contributions = Contributions.of(admission.study, admission.plan, admission.charter)
        values = contributions.encode(
            payload.asked, answer, reference_persons=reference, randomness=self._rounding
        )
        vector = _vector_format(admitted, key)
        return Contribution(
            round=key,
            request_digest=_bound_question(admitted, vector),
            data_version=admitted.charge.data_version,
            ring_bits=vector.ring.bits,
            length=vector.length,
            vector=vector.check(values).tobytes(),
            nonce=self._randomness.random_bytes(KEY_BYTES),
        )

    # The steps after it.

    def _step(self, request: Request, payload: StepRequest) -> ReplyPayload:
        attempt, step = _attempt(request, payload), STEP_OF[type(payload)]
        self._remember(request.binding.request, self._view.newest_decision(request.binding.study))
        digest = request_digest(payload)
        taken = self._rounds.step(attempt, step)
        if taken is not None and taken.request_digest == digest and taken.reply is not None:
            return reply_payload_from_wire(taken.reply)
        state = self._live_state(attempt)
        party = self._party(self._terms(state))
        after, reply = self._advance(party, state, payload, attempt.round)
        return self._keep(attempt, step, digest, after, reply)

    def _live_state(self, attempt: Attempt) -> ClientState:
        held = self._rounds.session_state(attempt)
        if held is not None:
            return ClientState.from_bytes(held)
        standing = self._rounds.standing(attempt.round)
        live = None if standing is None else standing.live
        if live is None or live.run != attempt.run:
            raise SessionUnknownError(
                f"expected a step of an attempt that this brand joined, got attempt "
                f"{attempt.number} of another; ask it to join first"
            )
        raise SessionOutdatedError(
            f"expected a step of attempt {live.number}, got one of attempt "
            f"{attempt.number}; its secrets are gone, so go on with the later one"
        )

    def _advance(
        self, party: ClientParty, state: ClientState, payload: StepRequest, key: RoundKey
    ) -> tuple[ClientState, StepReply]:
        match payload:
            case ShareRequest():
                shared, sealed = party.share(state, payload.roster)
                return shared, ShareReply(sealed)
            case MaskRequest():
                masked, vector, signature = party.mask(state, payload.shares, self._vector(key))
                return masked, MaskReply(vector, signature)
            case EndorseRequest():
                endorsed, signature = party.endorse(state, payload.survivors)
                return endorsed, EndorseReply(signature)
            case UnmaskRequest():
                revealed, shares = party.unmask(state, payload.survivors, payload.endorsements)
                return revealed, UnmaskReply(shares)

    def _vector(self, key: RoundKey) -> RingVector:
        kept = self._rounds.contribution(key)
        if kept is None or kept.contribution.vector is None:
            raise SessionUnknownError(
                f"expected a contribution to round {key.round_number}, got none; its study was "
                "forgotten"
            )
        return ring_vector(kept.contribution)

    def _keep(
        self, attempt: Attempt, step: str, digest: str, state: ClientState, reply: StepReply
    ) -> ReplyPayload:
        spends = _survivor_digest(state) if state.has_revealed else None
        kept = self._rounds.keep_step(
            attempt,
            step,
            digest,
            reply=reply_payload_to_wire(reply),
            new_state=state.to_bytes(),
            spends=spends,
        )
        return reply if kept.reply is None else reply_payload_from_wire(kept.reply)

    def _terms(self, state: ClientState) -> AggregationTerms:
        """Return the terms that the attempt was joined under, whatever was signed since."""
        study, charter = state.session.study, state.session.charter
        return AggregationTerms(
            self._view.study(study).study, study, self._view.charter(charter), charter
        )

    def _party(self, terms: AggregationTerms) -> ClientParty:
        return ClientParty(self._brand, self._keys, terms.members, terms.rules, self._randomness)


def _vector_format(admitted: AdmittedQuestion, key: RoundKey) -> VectorFormat:
    admission = admitted.admission
    contributions = Contributions.of(admission.study, admission.plan, admission.charter)
    return contributions.vector(key.question)


def _bound_question(admitted: AdmittedQuestion, vector: VectorFormat) -> str:
    """Bind a question to what a new charter may change under it.

    A contribution in one range does not add up with others in another. And where brands share
    the noise, that no two sums of one round can be made is counted over one set of members.
    """
    members = vector.contributors if admitted.admission.plan.is_distributed else 0
    numbers = (vector.ring.bits, vector.length, vector.bound, members)
    parts = (admitted.charge.request_digest, *map(str, numbers))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def ring_vector(contribution: Contribution) -> RingVector:
    """Read a kept contribution's elements, read-only."""
    return np.frombuffer(contribution.vector or b"", dtype=Ring(contribution.ring_bits).dtype)


def _attempt(request: Request, payload: JoinRequest | StepRequest) -> Attempt:
    binding = request.binding
    key = RoundKey(binding.study, question_of(payload), binding.round_number)
    return Attempt(key, binding.run, payload.attempt)


def _commitment(session: Session, contribution: Contribution) -> bytes:
    return commit(
        contribution.nonce or b"", session.contribution_label(), ring_vector(contribution)
    )


def _survivor_digest(state: ClientState) -> bytes:
    return hashlib.sha256("\n".join(state.endorsed).encode()).digest()
