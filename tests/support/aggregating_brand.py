"""Brands that take part in secure aggregation with answers of a test's own, without data or disk.

A brand here does what one with a store does: it has one contribution a round, one
live attempt for it, and the same reply for the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hanse_federation.aggregation import BareContributor
from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.codec import request_digest
from hanse_federation.link.interface import Responder
from hanse_federation.messages import (
    CohortReply,
    JoinRequest,
    QuestionPayload,
    Refusal,
    ReplyPayload,
    Request,
    question_of,
)
from hanse_federation.randomness import Randomness, SeededRandomness
from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.commitment import commit
from hanse_federation.secure_aggregation.errors import (
    ContributionSpentError,
    SessionOutdatedError,
)
from hanse_federation.secure_aggregation.key_agreement import PartyKeys
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    RingVector,
    ShareReply,
    ShareRequest,
    StepReply,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_policies.documents import BrandId, Study
from hanse_policies.errors import HanseError
from tests.support.secure_aggregation import CHARTER, POLICY, STUDY, charter_with, new_keys

RoundName = tuple[str, int]


def terms_of(
    study: Study, brands: tuple[BrandId, ...]
) -> tuple[AggregationTerms, dict[BrandId, PartyKeys]]:
    """A study in an alliance of these brands, and their keys."""
    keys = {brand: new_keys() for brand in brands}
    return AggregationTerms(study, STUDY, charter_with(keys), CHARTER), keys


@dataclass
class Kept:
    """One round's contribution, and where it stands."""

    vector: RingVector
    attempt: int = 0
    state: ClientState | None = None
    is_spent: bool = False
    replies: dict[str, StepReply] = field(default_factory=dict)


@dataclass
class AggregatingBrand:
    """Answers the steps for one brand.

    Attributes:
        made: Rounds that a contribution was made for, in order, each once if all is well.
        asked: Steps and attempts that were asked, in order.
    """

    brand: BrandId
    terms: AggregationTerms
    keys: PartyKeys
    contributor: BareContributor
    rounding: Randomness
    randomness: Randomness = field(default_factory=lambda: SeededRandomness(11))
    made: list[RoundName] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    rounds: dict[RoundName, Kept] = field(default_factory=dict)

    def answer(self, request: Request) -> ReplyPayload:
        payload = request.payload
        assert isinstance(
            payload, JoinRequest | ShareRequest | MaskRequest | EndorseRequest | UnmaskRequest
        )
        self.asked.append((type(payload).__name__, payload.attempt))
        name = (question_of(payload).value, request.binding.round_number)
        try:
            return self._answer(request, name)
        except HanseError as error:
            return Refusal(error.wire_code())

    def _answer(self, request: Request, name: RoundName) -> StepReply:
        payload, digest = request.payload, request_digest(request.payload)
        if isinstance(payload, JoinRequest):
            kept = self._joining(payload, name)
        else:
            kept = self.rounds[name]
        if digest in kept.replies:
            return kept.replies[digest]
        party = ClientParty(
            self.brand, self.keys, self.terms.members, self.terms.rules, self.randomness
        )
        match payload:
            case JoinRequest():
                session = self.terms.session(
                    request.binding.run, question_of(payload), name[1], payload.attempt
                )
                mark = commit(b"n" * 32, session.contribution_label(), kept.vector)
                kept.state, mine = party.join(session, policy=POLICY, commitment=mark)
                reply: StepReply = JoinReply(mine)
            case _:
                reply = self._step(party, payload, kept)
        kept.replies[digest] = reply
        return reply

    def _joining(self, payload: JoinRequest, name: RoundName) -> Kept:
        kept = self.rounds.get(name)
        if kept is None:
            self.made.append(name)
            contributions = self.terms.contributions
            values = contributions.encode(
                payload.asked,
                self.contributor(payload.asked, name[1]),
                reference_persons=payload.reference_persons,
                randomness=self.rounding,
            )
            vector = contributions.vector(question_of(payload)).check(values)
            kept = self.rounds[name] = Kept(vector)
        if payload.attempt != kept.attempt:
            if kept.is_spent:
                raise ContributionSpentError("the shares of this round were revealed")
            if payload.attempt < kept.attempt:
                raise SessionOutdatedError("a later attempt is live")
            kept.attempt, kept.state, kept.replies = payload.attempt, None, {}
        return kept

    def _step(self, party: ClientParty, payload: object, kept: Kept) -> StepReply:
        state = kept.state
        assert state is not None
        match payload:
            case ShareRequest():
                kept.state, sealed = party.share(state, payload.roster)
                return ShareReply(sealed)
            case MaskRequest():
                kept.state, masked, signature = party.mask(state, payload.shares, kept.vector)
                return MaskReply(masked, signature)
            case EndorseRequest():
                kept.state, signed = party.endorse(state, payload.survivors)
                return EndorseReply(signed)
            case UnmaskRequest():
                kept.state, shares = party.unmask(state, payload.survivors, payload.endorsements)
                kept.is_spent = True
                return UnmaskReply(shares)
        raise AssertionError("no step of the protocol")


@dataclass
class Faulty:
    """Changes what a brand replies to one kind of step, at first or always."""

    inner: Responder
    step: type
    instead: Callable[[Request, ReplyPayload], ReplyPayload]
    times: int = 1_000_000

    def answer(self, request: Request) -> ReplyPayload:
        reply = self.inner.answer(request)
        if not isinstance(request.payload, self.step) or self.times == 0:
            return reply
        self.times -= 1
        return self.instead(request, reply)


def lost(request: Request, reply: ReplyPayload) -> ReplyPayload:
    """What the link reports where a reply never came."""
    del request, reply
    return Refusal("brand-disconnected")


def brands_of(
    terms: AggregationTerms,
    keys: Mapping[BrandId, PartyKeys],
    contributor_of: Callable[[BrandId], BareContributor],
) -> dict[BrandId, AggregatingBrand]:
    """A brand for each key, each with a seed of its own for roundings."""
    return {
        brand: AggregatingBrand(brand, terms, held, contributor_of(brand), SeededRandomness(number))
        for number, (brand, held) in enumerate(sorted(keys.items()))
    }


def counting(persons: int) -> BareContributor:
    """A brand that answers every cohort with one number."""

    def answer(asked: QuestionPayload, round_number: int) -> CohortReply:
        del asked, round_number
        return CohortReply(persons)

    return answer
