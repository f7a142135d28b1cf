"""The operator's side of the protocol: one attempt as a state machine without I/O.

Rules: replies are fed in as they come, each checked before it counts; closing a
step fixes who is in it and gives the requests of the next one; a masked vector is
added to one running sum and dropped. What the next step builds on can be written
out before its requests are sent (`server_state.py`), so that a server that was
killed goes on where it was. The server is not believed by anybody: its own checks
only keep one broken brand from spoiling the sum of the others.

Source: Bonawitz et al., CCS 2017; Bell et al., CCS 2020.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.client import check_advertisement
from hanse_federation.secure_aggregation.cohort import CohortRules, Members
from hanse_federation.secure_aggregation.context import (
    Session,
    masked_text,
    survivors_text,
)
from hanse_federation.secure_aggregation.errors import (
    AdvertisementRefusedError,
    SealedShareRefusedError,
    StepOutOfOrderError,
    SumUnrecoverableError,
    TooFewSignaturesError,
)
from hanse_federation.secure_aggregation.key_agreement import check_mask_key, verify
from hanse_federation.secure_aggregation.masking import apply_masks
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
    Endorsement,
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    RevealedShare,
    RingVector,
    SealedShare,
    ShareKind,
    ShareReply,
    ShareRequest,
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.secret_sharing import is_share
from hanse_federation.secure_aggregation.server_state import Phase, ServerState
from hanse_federation.secure_aggregation.topology import Topology, topology_of
from hanse_federation.secure_aggregation.unmasking import remaining_keys, secrets_needed
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True, eq=False)
class DecodedSum:
    """What an attempt came to.

    Attributes:
        values: The sum over the survivors, int64.
        survivors: Whose contributions are in it, ordered.
    """

    values: NDArray[np.int64]
    survivors: tuple[BrandId, ...]


class ServerAttempt:
    """One attempt, from joining to the decoded sum.

    Attributes:
        masked_digests: By brand whose masked vector is in the running sum, the SHA-256 of the
            signature that came with it.
    """

    def __init__(
        self, members: Members, rules: CohortRules, state: ServerState, masked: RingVector | None
    ) -> None:
        """Go on from a state; use `start` for a new attempt.

        Args:
            members: The members of the charter in force.
            rules: How many brands must stand behind a sum.
            state: Where the attempt stands.
            masked: The running sum as it was written with the state; one that was written
                before the survivors were fixed is dropped, because nobody knows who is in it.
        """
        self._members, self._rules = members, rules
        self._state = state
        self._sum = masked if state.survivors else None
        self._joined: dict[BrandId, Advertisement] = {}
        self._sealed: dict[BrandId, tuple[SealedShare, ...]] = {}
        self.masked_digests: dict[BrandId, bytes] = {}
        self._endorsed: dict[BrandId, Endorsement] = {}
        self._revealed: dict[BrandId, tuple[RevealedShare, ...]] = {}
        self._inboxes: dict[BrandId, list[SealedShare]] = {}
        self._known: Topology | None = None

    @classmethod
    def start(cls, members: Members, rules: CohortRules, session: Session) -> ServerAttempt:
        """Begin an attempt; every brand may join."""
        return cls(members, rules, ServerState(session, Phase.JOINING), None)

    @property
    def state(self) -> ServerState:
        """What is fixed so far; write it, with `running_sum`, before the next requests leave."""
        return self._state

    @property
    def running_sum(self) -> RingVector | None:
        """The sum of the masked vectors once the survivors are fixed."""
        return self._sum

    def asked(self) -> tuple[BrandId, ...]:
        """List whom the present step asks; empty while joining, when everybody is."""
        state = self._state
        match state.phase:
            case Phase.JOINING:
                return ()
            case Phase.SHARING:
                return tuple(ad.brand for ad in state.roster)
            case Phase.MASKING:
                return state.sharers
            case Phase.ENDORSING | Phase.UNMASKING:
                return state.survivors

    def request_for(self, brand: BrandId) -> StepRequest:
        """Make the present step's request to one brand.

        Raises:
            StepOutOfOrderError: The step has none: joining asks the question itself.
        """
        state, question = self._state, self._state.session.question
        attempt = state.session.attempt
        match state.phase:
            case Phase.JOINING:
                raise StepOutOfOrderError("expected a step after joining, got the join step")
            case Phase.SHARING:
                return ShareRequest(question, attempt, state.roster)
            case Phase.MASKING:
                return MaskRequest(question, attempt, self._sealed_for(brand))
            case Phase.ENDORSING:
                return EndorseRequest(question, attempt, state.survivors)
            case Phase.UNMASKING:
                return UnmaskRequest(question, attempt, state.survivors, state.endorsements)

    # Replies, as they come.

    def joined(self, brand: BrandId, reply: JoinReply) -> None:
        """Take an advertisement.

        Raises:
            StepOutOfOrderError: Joining is over.
            AdvertisementRefusedError: It names another brand, or is not signed for this session.
            ParticipantUnknownError: The brand is no member.
        """
        if self._state.phase is not Phase.JOINING:
            raise StepOutOfOrderError("expected no further brand to join, got one; leave it out")
        if reply.advertisement.brand != brand:
            raise AdvertisementRefusedError(
                "expected the sender's own advertisement, got another brand's; leave it out"
            )
        check_mask_key(reply.advertisement.mask_key)
        check_advertisement(self._members, self._state.session, reply.advertisement)
        self._joined[brand] = reply.advertisement

    def shared(self, brand: BrandId, reply: ShareReply) -> None:
        """Take sealed shares; they are handed on unread.

        Raises:
            StepOutOfOrderError: The present step does not ask for it.
            SealedShareRefusedError: They are not one for each neighbour.
        """
        self._check_asked(Phase.SHARING, brand)
        holders = self._topology().neighbours[brand]
        is_owner = all(share.owner == brand for share in reply.shares)
        if not is_owner or tuple(share.holder for share in reply.shares) != holders:
            raise SealedShareRefusedError(
                f"expected one sealed share for each of {len(holders)} neighbours, got others"
            )
        self._sealed[brand] = reply.shares

    def masked(self, brand: BrandId, reply: MaskReply) -> None:
        """Add a masked vector to the running sum; it counts once.

        Raises:
            StepOutOfOrderError: The present step does not ask for it.
            AggregationFormatError: It has another ring or length.
            SignatureRefusedError: The brand did not mask for this roster.
        """
        self._check_asked(Phase.MASKING, brand)
        if brand in self.masked_digests:
            return
        vector = self._state.session.vector
        vector.check_ring(reply.vector)
        text = masked_text(self._topology().transcript, brand)
        verify(self._members.find(brand).keys.signing, text, reply.signature)
        if self._sum is None:
            self._sum = vector.ring.zeros(vector.length)
        np.add(self._sum, reply.vector, out=self._sum)
        self.masked_digests[brand] = hashlib.sha256(reply.signature).digest()

    def endorsed(self, brand: BrandId, reply: EndorseReply) -> None:
        """Take a signature on the survivor list; more than are needed are not looked at.

        Raises:
            StepOutOfOrderError: The present step does not ask for it.
            SignatureRefusedError: It is not the brand's on this list.
        """
        self._check_asked(Phase.ENDORSING, brand)
        topology = self._topology()
        if len(self._endorsed) >= topology.threshold:
            return
        text = survivors_text(topology.transcript, self._state.survivors)
        verify(self._members.find(brand).keys.signing, text, reply.signature)
        self._endorsed[brand] = Endorsement(brand, reply.signature)

    def unmasked(self, brand: BrandId, reply: UnmaskReply) -> None:
        """Take revealed shares.

        Raises:
            StepOutOfOrderError: The present step does not ask for it.
            SealedShareRefusedError: They are not one of the right kind for each owner.
        """
        self._check_asked(Phase.UNMASKING, brand)
        alive = frozenset(self._state.survivors)
        expected = [
            (owner, ShareKind.SELF_MASK if owner in alive else ShareKind.MASK_KEY)
            for owner in self._owners_held_by(brand)
        ]
        given = [(share.owner, share.kind) for share in reply.shares]
        if given != expected or not all(is_share(share.value) for share in reply.shares):
            raise SealedShareRefusedError(
                f"expected one revealed share for each of {len(expected)} owners, got others; "
                "leave them out"
            )
        self._revealed[brand] = reply.shares

    def _check_asked(self, phase: Phase, brand: BrandId) -> None:
        if self._state.phase is not phase or brand not in self.asked():
            raise StepOutOfOrderError(
                "expected a reply that this step asks for, got another; leave it out"
            )

    # Closing a step.

    def close_joining(self) -> None:
        """Fix the roster.

        Raises:
            CohortFloorError: Too few joined.
            NoiseSharesError: Too few joined for the drop-outs that the noise allows for.
        """
        roster = tuple(self._joined[brand] for brand in sorted(self._joined))
        self._members.check_roster([ad.brand for ad in roster], self._rules)
        self._state = replace(self._state, phase=Phase.SHARING, roster=roster)
        self._known = None

    def close_sharing(self) -> None:
        """Fix who shared.

        Raises:
            CohortFloorError: Too few shared.
            SumUnrecoverableError: Too few shared to be unmasked.
        """
        sharers = tuple(sorted(self._sealed))
        self._check_enough(sharers, "shared their keys")
        known = frozenset(sharers)
        sealed = tuple(
            share for brand in sharers for share in self._sealed[brand] if share.holder in known
        )
        self._state = replace(self._state, phase=Phase.MASKING, sharers=sharers, sealed=sealed)
        self._sealed.clear()

    def close_masking(self) -> None:
        """Fix the survivors.

        Raises:
            CohortFloorError: Too few survived.
            SumUnrecoverableError: Too few survived to be unmasked.
        """
        survivors = tuple(sorted(self.masked_digests))
        self._check_enough(survivors, "sent a masked vector")
        self._state = replace(self._state, phase=Phase.ENDORSING, survivors=survivors)

    def close_endorsing(self) -> None:
        """Fix the endorsements. From here on no other attempt may be made.

        Raises:
            TooFewSignaturesError: Too few endorsed the list.
        """
        needed = self._topology().threshold
        if len(self._endorsed) < needed:
            raise TooFewSignaturesError(
                f"expected at least {needed} brands to endorse the survivor list, got "
                f"{len(self._endorsed)}; run the study again"
            )
        endorsements = tuple(self._endorsed[brand] for brand in sorted(self._endorsed))
        self._state = replace(self._state, phase=Phase.UNMASKING, endorsements=endorsements)

    def can_decode(self) -> bool:
        """Tell whether every secret has enough shares."""
        needed = self._topology().share_threshold
        counts = dict.fromkeys(secrets_needed(self._state, self._topology()), 0)
        for share in self._all_revealed():
            counts[share.owner] += 1
        return all(count >= needed for count in counts.values())

    def decode(self) -> DecodedSum:
        """Take the masks off and read the sum.

        Raises:
            SumUnrecoverableError: Too few shares came, or they contradict each other.
            SumRangeError: The sum is not one of contributions in range.
        """
        if self._sum is None or not self.can_decode():
            raise SumUnrecoverableError(
                f"expected at least {self._topology().share_threshold} shares of each secret, got "
                "fewer; run the study again once more brands are connected"
            )
        state = self._state
        total = state.session.vector.ring.empty(len(self._sum))
        keys = remaining_keys(state, self._topology(), self._revealed)
        apply_masks(total, keys, source=self._sum)
        values = state.session.vector.decode(total, len(state.survivors))
        return DecodedSum(values, state.survivors)

    def _topology(self) -> Topology:
        if self._known is None:
            roster = self._state.roster  # which is fixed once and for all
            self._known = topology_of(self._state.session, self._rules, roster)
        return self._known

    def _sealed_for(self, holder: BrandId) -> tuple[SealedShare, ...]:
        if not self._inboxes:
            for share in self._state.sealed:
                self._inboxes.setdefault(share.holder, []).append(share)
        return tuple(self._inboxes.get(holder, ()))

    def _check_enough(self, brands: tuple[BrandId, ...], did: str) -> None:
        self._members.check_floor(brands, self._rules)
        topology = self._topology()
        present = frozenset(brands)
        fewest = min(len(present.intersection(topology.points_of(brand))) for brand in brands)
        if len(brands) < topology.threshold or fewest < topology.share_threshold:
            raise SumUnrecoverableError(
                f"expected at least {topology.threshold} brands that {did}, enough around each, "
                f"got {len(brands)}; run the study again once more brands are connected"
            )

    def _owners_held_by(self, holder: BrandId) -> tuple[BrandId, ...]:
        neighbours = self._topology().points_of(holder)
        return tuple(brand for brand in self._state.sharers if brand in neighbours)

    def _all_revealed(self) -> Iterable[RevealedShare]:
        return (share for shares in self._revealed.values() for share in shares)
