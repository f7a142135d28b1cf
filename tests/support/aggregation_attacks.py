"""What a server that lies does with what it was given: stops at a step, unmasks one brand alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.cohort import CohortRules
from hanse_federation.secure_aggregation.context import masked_text
from hanse_federation.secure_aggregation.errors import AggregationError
from hanse_federation.secure_aggregation.key_agreement import MaskKey, self_mask_key
from hanse_federation.secure_aggregation.masking import apply_masks
from hanse_federation.secure_aggregation.messages import (
    Endorsement,
    EndorseReply,
    EndorseRequest,
    MaskReply,
    RevealedShare,
    RingVector,
    ShareKind,
    ShareReply,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.secret_sharing import join
from hanse_federation.secure_aggregation.server import ServerAttempt
from hanse_federation.secure_aggregation.topology import Topology, topology_of
from hanse_policies.documents import BrandId
from tests.support.secure_aggregation import MemoryAlliance, Party


class HalfIsEnough(CohortRules):
    """A weakened build: half of the participants endorse, reveal and rebuild a secret."""

    def threshold(self, participants: int) -> int:
        return participants // 2


class OneIsEnough(CohortRules):
    """A weakened build: a single brand unmasks itself."""

    def threshold(self, participants: int) -> int:
        return 1


@dataclass
class Lie:
    """An attempt in which the masked vectors of everybody came, and the server keeps each."""

    alliance: MemoryAlliance
    server: ServerAttempt
    masked: dict[BrandId, MaskReply]
    revealed: list[tuple[BrandId, RevealedShare]] = field(default_factory=list)

    @property
    def names(self) -> tuple[BrandId, ...]:
        return tuple(self.alliance.parties)

    def party(self, brand: BrandId) -> Party:
        return self.alliance.parties[brand]

    def endorse(
        self, brands: Iterable[BrandId], survivors: tuple[BrandId, ...]
    ) -> tuple[Endorsement, ...]:
        """Show a list to some brands and take their signatures."""
        request = EndorseRequest("train", self.alliance.session.attempt, survivors)
        signed = []
        for brand in sorted(brands):
            reply = self.party(brand).take(request)
            assert isinstance(reply, EndorseReply)
            signed.append(Endorsement(brand, reply.signature))
        return tuple(signed)

    def unmask(
        self,
        brands: Iterable[BrandId],
        survivors: tuple[BrandId, ...],
        endorsements: tuple[Endorsement, ...],
    ) -> None:
        """Ask some brands for shares and keep what they reveal."""
        request = UnmaskRequest("train", self.alliance.session.attempt, survivors, endorsements)
        for brand in brands:
            reply = self.party(brand).take(request)
            assert isinstance(reply, UnmaskReply)
            self.revealed += [(brand, share) for share in reply.shares]

    def topology(self) -> Topology:
        roster = self.server.state.roster
        return topology_of(self.alliance.session, self.alliance.rules, roster)

    def vector_of(self, victim: BrandId) -> NDArray[np.int64]:
        """Take the masks off one brand's vector with what was revealed.

        Raises:
            SumUnrecoverableError: Both kinds of share would be needed, and too few were revealed.
        """
        topology = self.topology()
        seed = self._secret(victim, ShareKind.SELF_MASK)
        mask_key = self._secret(victim, ShareKind.MASK_KEY)
        keys = [(-1, self_mask_key(seed, topology.transcript, victim))]
        mine = MaskKey(mask_key)
        for peer in topology.neighbours[victim]:
            low, high = sorted((victim, peer))
            key = mine.pairwise_seed(topology.mask_keys[peer], topology.transcript, low, high)
            keys.append((-1 if victim == low else 1, key))
        vector = self.masked[victim].vector.copy()
        apply_masks(vector, keys)
        return self.alliance.session.vector.ring.signed_view(vector).astype(np.int64)

    def _secret(self, owner: BrandId, kind: ShareKind) -> bytes:
        topology = self.topology()
        shares = {
            topology.points[holder]: share.value
            for holder, share in self.revealed
            if share.owner == owner and share.kind is kind
        }
        return join(shares, topology.share_threshold)


def joined(alliance: MemoryAlliance) -> ServerAttempt:
    """Let everybody join, and close the step."""
    server = alliance.server()
    for brand, party in alliance.parties.items():
        server.joined(brand, party.join())
    server.close_joining()
    return server


def shared(alliance: MemoryAlliance) -> ServerAttempt:
    """Let everybody join and share, and close the step."""
    server = joined(alliance)
    for brand in server.asked():
        reply = alliance.parties[brand].take(server.request_for(brand))
        assert isinstance(reply, ShareReply)
        server.shared(brand, reply)
    server.close_sharing()
    return server


def masked(alliance: MemoryAlliance) -> Lie:
    """Let everybody join, share and mask; every vector is in the sum."""
    server = shared(alliance)
    replies = {}
    for brand in server.asked():
        reply = alliance.parties[brand].take(server.request_for(brand))
        assert isinstance(reply, MaskReply)
        server.masked(brand, reply)
        replies[brand] = reply
    server.close_masking()
    return Lie(alliance, server, replies)


def signed_vector(
    alliance: MemoryAlliance, server: ServerAttempt, brand: BrandId, vector: RingVector
) -> MaskReply:
    """Sign any vector as the brand's own: what a brand that is not sound can do."""
    transcript = Lie(alliance, server, {}).topology().transcript
    keys = alliance.parties[brand].client.keys
    return MaskReply(vector, keys.sign(masked_text(transcript, brand)))


def unmasking(lie: Lie) -> dict[BrandId, UnmaskReply]:
    """Let everybody endorse and reveal; nothing is fed to the server yet."""
    for brand in lie.server.asked():
        endorsed = lie.party(brand).take(lie.server.request_for(brand))
        assert isinstance(endorsed, EndorseReply)
        lie.server.endorsed(brand, endorsed)
    lie.server.close_endorsing()
    replies = {}
    for brand in lie.server.asked():
        reply = lie.party(brand).take(lie.server.request_for(brand))
        assert isinstance(reply, UnmaskReply)
        replies[brand] = reply
    return replies


def state_of(party: Party) -> ClientState:
    assert party.state is not None
    return party.state


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a refusal with this very code."""
    with pytest.raises(AggregationError) as caught:
        yield
    assert caught.value.code == code
