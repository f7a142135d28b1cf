"""A brand's side of the protocol: a state machine without I/O.

Each step is a function from the kept state and a request to the next state and
the reply. Whoever calls it writes both to disk in one transaction before the
reply leaves, and gives the kept reply when the same request comes again. Then,
whatever is asked, in whatever order, across retries and restarts:

1. Keys come from the charter. An advertisement counts only if the pinned signing
   key signed it for this very session; a sealed share only if the pinned
   agreement key sealed it for this very roster.
2. An attempt has one roster, one masked vector, one survivor list. A step that was
   taken is never taken again with other content.
3. The survivor list holds this brand, at least the floor of brands and legal
   entities and at least the threshold of the roster; and nobody is both in it and
   out of it, because "dropped" means: in the roster, shared, not in the list.
4. Shares are revealed once, against the threshold of valid endorsements of the one
   list that this brand endorsed; for each owner the share of its self mask if it is
   in the list, else of its mask key, never both.
5. After the masked vector is made the seed and private key are gone; after the
   reveal, every share.

Source: Bonawitz et al., CCS 2017 (section 6, active adversaries); Bell et al., CCS
2020 (arXiv/eprint 2020/704) for the sparse graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.client_state import ClientState, HeldShares
from hanse_federation.secure_aggregation.cohort import CohortRules, Members, check_ordered
from hanse_federation.secure_aggregation.context import (
    Session,
    advertisement_text,
    masked_text,
    survivors_text,
)
from hanse_federation.secure_aggregation.errors import (
    AdvertisementRefusedError,
    RevealRefusedError,
    RosterRefusedError,
    SealedShareRefusedError,
    SignatureRefusedError,
    StepConflictError,
    StepOutOfOrderError,
    SurvivorsRefusedError,
    TooFewSignaturesError,
)
from hanse_federation.secure_aggregation.key_agreement import (
    MaskKey,
    PartyKeys,
    new_mask_key,
    open_sealed,
    public_mask_key,
    seal,
    self_mask_key,
    verify,
)
from hanse_federation.secure_aggregation.masking import apply_masks
from hanse_federation.secure_aggregation.messages import (
    KEY_BYTES,
    SHARE_BYTES,
    Advertisement,
    Endorsement,
    RevealedShare,
    RingVector,
    SealedShare,
    ShareKind,
)
from hanse_federation.secure_aggregation.secret_sharing import is_share, split
from hanse_federation.secure_aggregation.topology import Topology, topology_of
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True)
class ClientParty:
    """Who a brand is in an attempt, and whom it believes.

    Attributes:
        brand: Itself.
        keys: Its identity keys.
        members: The members of the charter it follows.
        rules: How many brands must stand behind a sum.
        randomness: Where seeds, keys and polynomials come from.
    """

    brand: BrandId
    keys: PartyKeys
    members: Members
    rules: CohortRules
    randomness: Randomness

    def join(
        self, session: Session, *, policy: bytes, commitment: bytes
    ) -> tuple[ClientState, Advertisement]:
        """Join an attempt with an answer that is ready.

        Args:
            session: The attempt.
            policy: SHA-256 of the signed policy that let the question in.
            commitment: To the contribution.
        """
        private = new_mask_key(self.randomness)
        public = public_mask_key(private)
        text = advertisement_text(
            session, self.brand, mask_key=public, policy=policy, commitment=commitment
        )
        mine = Advertisement(self.brand, public, policy, commitment, self.keys.sign(text))
        seed = self.randomness.random_bytes(KEY_BYTES)
        return ClientState(session, mine, mask_key=private, seed=seed), mine

    def share(
        self, state: ClientState, roster: tuple[Advertisement, ...]
    ) -> tuple[ClientState, tuple[SealedShare, ...]]:
        """Check the roster and share both secrets among the neighbours.

        Raises:
            StepConflictError: Another roster was taken before.
            RosterRefusedError: It is not in order, too large, or not with this brand's own
                advertisement in it.
            ParticipantUnknownError: It names a stranger.
            CohortFloorError: It is below the floor.
            NoiseSharesError: It leaves no room for drop-outs.
            AdvertisementRefusedError: An advertisement is not by whom it names, for this session.
        """
        if state.roster:
            raise StepConflictError("a roster was taken in this attempt; start a new attempt")
        self._check_roster(state, roster)
        topology = self._topology(state.session, roster)
        points = topology.points_of(self.brand)
        threshold = topology.share_threshold
        seeds = split(state.seed, threshold, tuple(points.values()), self.randomness)
        keys = split(state.mask_key, threshold, tuple(points.values()), self.randomness)
        sealed = tuple(
            self._seal(topology.transcript, holder, seeds[point] + keys[point])
            for holder, point in points.items()
            if holder != self.brand
        )
        own = HeldShares(self.brand, seeds[points[self.brand]], b"")
        return replace(state, roster=roster, held=(own,)), sealed

    def mask(
        self, state: ClientState, shares: tuple[SealedShare, ...], vector: RingVector
    ) -> tuple[ClientState, RingVector, bytes]:
        """Take the neighbours' shares and mask the contribution.

        Args:
            state: After the share step.
            shares: Sealed for this brand, one from each neighbour that shared, ordered by owner.
            vector: The contribution, of the session's ring and length. Not modified.

        Returns:
            The next state, the masked vector, and the signature that goes with it.

        Raises:
            StepOutOfOrderError: The share step was not taken.
            StepConflictError: A vector was masked in this attempt.
            SealedShareRefusedError: A share is not from a neighbour for this brand and roster.
            RosterRefusedError: The shares are not ordered by owner, or one owner comes twice.
            TooFewSignaturesError: Too few shared to be unmasked.
        """
        if not state.roster:
            raise StepOutOfOrderError(
                "expected the share step first, got the mask step; ask in order"
            )
        if state.has_masked:
            raise StepConflictError("a vector was masked in this attempt; start a new attempt")
        state.session.vector.check_ring(vector)
        topology = self._topology(state.session, state.roster)
        held = tuple(self._open(topology, share) for share in shares)
        self._check_owners(topology, tuple(each.owner for each in held))
        masked = state.session.vector.ring.empty(len(vector))
        apply_masks(masked, self._signed_keys(state, topology, held), source=vector)
        signature = self.keys.sign(masked_text(topology.transcript, self.brand))
        everyone = tuple(sorted((*state.held, *held), key=lambda each: each.owner))
        after = replace(state, mask_key=b"", seed=b"", held=everyone, has_masked=True)
        return after, masked, signature

    def endorse(
        self, state: ClientState, survivors: tuple[BrandId, ...]
    ) -> tuple[ClientState, bytes]:
        """Check the survivor list and sign it.

        Raises:
            StepOutOfOrderError: No vector was masked in this attempt.
            StepConflictError: Another list was endorsed.
            RosterRefusedError: The list is not in order, or names a brand twice.
            SurvivorsRefusedError: It names somebody who is not in the roster or never
                shared, or leaves this brand out.
            CohortFloorError: It is below the floor.
            TooFewSignaturesError: It is below the threshold of the roster.
        """
        if not state.has_masked:
            raise StepOutOfOrderError(
                "expected the mask step first, got the endorse step; ask in order"
            )
        if state.endorsed:
            raise StepConflictError(
                "a survivor list was endorsed in this attempt; start a new attempt"
            )
        topology = self._topology(state.session, state.roster)
        self._check_survivors(state, topology, survivors)
        text = survivors_text(topology.transcript, survivors)
        return replace(state, endorsed=survivors), self.keys.sign(text)

    def unmask(
        self,
        state: ClientState,
        survivors: tuple[BrandId, ...],
        endorsements: tuple[Endorsement, ...],
    ) -> tuple[ClientState, tuple[RevealedShare, ...]]:
        """Reveal one share for each owner, against enough endorsements.

        Raises:
            StepOutOfOrderError: No list was endorsed in this attempt.
            SurvivorsRefusedError: The list is not the one that this brand endorsed.
            RevealRefusedError: Shares were revealed in this attempt.
            RosterRefusedError: Endorsements are not in order, or one comes twice.
            SignatureRefusedError: An endorsement is not of this list by that survivor.
            TooFewSignaturesError: They are fewer than the threshold.
        """
        if not state.endorsed:
            raise StepOutOfOrderError(
                "expected the endorse step first, got the unmask step; ask in order"
            )
        if survivors != state.endorsed:
            raise SurvivorsRefusedError(
                "expected the survivor list that was endorsed, got another; the server shows "
                "different lists to different brands"
            )
        if state.has_revealed:
            raise RevealRefusedError("shares were revealed in this attempt; nothing more is")
        self._check_endorsements(state, endorsements)
        alive = frozenset(survivors)
        revealed = tuple(
            RevealedShare(held.owner, ShareKind.SELF_MASK, held.self_mask)
            if held.owner in alive
            else RevealedShare(held.owner, ShareKind.MASK_KEY, held.mask_key)
            for held in state.held
        )
        return replace(state, held=(), has_revealed=True), revealed

    def _topology(self, session: Session, roster: tuple[Advertisement, ...]) -> Topology:
        return topology_of(session, self.rules, roster)

    def _check_roster(self, state: ClientState, roster: tuple[Advertisement, ...]) -> None:
        self.members.check_roster([ad.brand for ad in roster], self.rules)
        if state.mine not in roster:
            raise RosterRefusedError(
                "expected a roster with this brand's own advertisement, got one without; the "
                "server altered it or left it out"
            )
        if len(roster) > state.session.vector.contributors:
            raise RosterRefusedError(
                f"expected at most {state.session.vector.contributors} participants, for so many "
                f"the sum cannot wrap around, got {len(roster)}"
            )
        for ad in roster:
            if ad.brand != self.brand:
                check_advertisement(self.members, state.session, ad)

    def _seal(self, transcript: bytes, holder: BrandId, plaintext: bytes) -> SealedShare:
        peer = self.members.find(holder).keys.agreement
        ciphertext = seal(self.keys, peer, transcript, self.brand, holder, plaintext)
        return SealedShare(self.brand, holder, ciphertext)

    def _open(self, topology: Topology, share: SealedShare) -> HeldShares:
        is_mine = share.holder == self.brand and share.owner != self.brand
        if not is_mine or share.owner not in topology.points_of(self.brand):
            raise SealedShareRefusedError(
                "expected shares from neighbours for this brand, got another's; the server mixed "
                "them up"
            )
        peer = self.members.find(share.owner).keys.agreement
        plain = open_sealed(
            self.keys, peer, topology.transcript, share.owner, self.brand, share.ciphertext
        )
        held = HeldShares(share.owner, plain[:SHARE_BYTES], plain[SHARE_BYTES:])
        # Refused now, not when it is to be revealed: then no other attempt could be made.
        if not (is_share(held.self_mask) and is_share(held.mask_key)):
            raise SealedShareRefusedError(
                f"expected two shares of {SHARE_BYTES} bytes below the prime in a sealed share, "
                "got something else; the owner is not sound"
            )
        return held

    def _check_owners(self, topology: Topology, owners: tuple[BrandId, ...]) -> None:
        """Refuse to mask with fewer neighbours than could ever be unmasked."""
        check_ordered(owners)
        # This brand holds a share of its own seed, so it counts as one who shared.
        if len(owners) + 1 < topology.share_threshold:
            raise TooFewSignaturesError(
                f"expected shares of at least {topology.share_threshold - 1} neighbours, got "
                f"{len(owners)}; a sum over so few could not be unmasked"
            )

    def _signed_keys(
        self, state: ClientState, topology: Topology, held: Sequence[HeldShares]
    ) -> list[tuple[int, bytes]]:
        """List the streams to add or take off: the self mask and one a neighbour that shared.

        Of a pair, the brand that comes first adds the stream and the other takes it off.
        """
        keys = [(1, self_mask_key(state.seed, topology.transcript, self.brand))]
        mine = MaskKey(state.mask_key)
        for each in held:
            low, high = sorted((self.brand, each.owner))
            peer = topology.mask_keys[each.owner]
            key = mine.pairwise_seed(peer, topology.transcript, low, high)
            keys.append((1 if self.brand == low else -1, key))
        return keys

    def _check_survivors(
        self, state: ClientState, topology: Topology, survivors: tuple[BrandId, ...]
    ) -> None:
        check_ordered(survivors)
        neighbours = topology.points_of(self.brand)
        sharers = {each.owner for each in state.held}
        for brand in survivors:
            if brand not in topology.mask_keys or (brand in neighbours and brand not in sharers):
                raise SurvivorsRefusedError(
                    "expected survivors of the roster that shared their keys, got another brand; "
                    "the server's list contradicts what it handed out"
                )
        if self.brand not in survivors:
            raise SurvivorsRefusedError(
                "expected this brand among the survivors whose list it is to endorse, got a list "
                "without it; start a new attempt"
            )
        self.members.check_floor(survivors, self.rules)
        if len(survivors) < topology.threshold:
            raise TooFewSignaturesError(
                f"expected at least {topology.threshold} survivors of {len(state.roster)}, got "
                f"{len(survivors)}; so few cannot endorse a list"
            )

    def _check_endorsements(
        self, state: ClientState, endorsements: tuple[Endorsement, ...]
    ) -> None:
        topology = self._topology(state.session, state.roster)
        check_ordered([each.brand for each in endorsements])
        if len(endorsements) < topology.threshold:
            raise TooFewSignaturesError(
                f"expected at least {topology.threshold} endorsements of the survivor list, got "
                f"{len(endorsements)}; wait for more brands to endorse it"
            )
        text = survivors_text(topology.transcript, state.endorsed)
        alive = frozenset(state.endorsed)
        for each in endorsements:
            if each.brand not in alive:
                raise SignatureRefusedError(
                    "expected endorsements of survivors, got one of another brand; leave it out"
                )
            if each.brand != self.brand:
                verify(self.members.find(each.brand).keys.signing, text, each.signature)
            elif each.signature != self.keys.sign(text):  # Ed25519 signs one text in one way
                raise SignatureRefusedError(
                    "expected this brand's own endorsement, got another; send the one that it gave"
                )


def check_advertisement(members: Members, session: Session, ad: Advertisement) -> None:
    """Check that the member whom an advertisement names signed it for this session.

    Raises:
        ParticipantUnknownError: It names a stranger.
        AdvertisementRefusedError: That member did not sign it.
    """
    text = advertisement_text(
        session, ad.brand, mask_key=ad.mask_key, policy=ad.policy, commitment=ad.commitment
    )
    try:
        verify(members.find(ad.brand).keys.signing, text, ad.signature)
    except SignatureRefusedError as error:
        raise AdvertisementRefusedError(
            f"expected the advertisement of {ad.brand} to be signed with its pinned key for this "
            "session, got another signature; it is replayed, altered, or follows another charter"
        ) from error
