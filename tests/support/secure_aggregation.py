"""An alliance in memory for the protocol: parties with keys, their contributions, their steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray

from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.cohort import CohortRules, Members
from hanse_federation.secure_aggregation.commitment import commit
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.key_agreement import PartyKeys
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
    Endorsement,
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    ShareReply,
    ShareRequest,
    StepReply,
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.ring import Ring
from hanse_federation.secure_aggregation.server import DecodedSum, ServerAttempt
from hanse_policies.documents import (
    AllianceCharter,
    BrandId,
    ComputationKind,
    Limits,
    Member,
    Operator,
    Purpose,
)
from hanse_policies.signing import SigningKey

STUDY = "5a" * 32
CHARTER = "c4" * 32
POLICY = b"\x01" * 32


def brand_names(count: int) -> tuple[BrandId, ...]:
    return tuple(BrandId(f"brand-{number:03d}") for number in range(count))


def charter_with(
    keys: dict[BrandId, PartyKeys], entities: dict[BrandId, str] | None = None
) -> AllianceCharter:
    return AllianceCharter(
        kind="AllianceCharter",
        id="league",
        version=1,
        operator=Operator(name="operator", signing_key=SigningKey.generate().public_hex),
        members=tuple(
            Member(
                brand=brand,
                legal_entity=(entities or {}).get(brand, f"{brand} Ltd"),
                signing_key=held.public.signing.hex(),
                agreement_key=held.public.agreement.hex(),
            )
            for brand, held in keys.items()
        ),
        purposes=tuple(Purpose),
        computations=tuple(ComputationKind),
        recipients=("members",),
        limits=Limits(epsilon=4.0, delta=1e-6, retention_days=30),
        max_brands_per_person=1,
    )


def new_keys() -> PartyKeys:
    return PartyKeys(
        Ed25519PrivateKey.generate().private_bytes_raw(),
        X25519PrivateKey.generate().private_bytes_raw(),
    )


@dataclass
class Party:
    """One brand: its machine, the state that it wrote, and the replies that it sent."""

    client: ClientParty
    values: NDArray[np.int64]
    session: Session
    state: ClientState | None = None
    sent: dict[str, tuple[object, StepReply]] = field(default_factory=dict)

    @property
    def brand(self) -> BrandId:
        return self.client.brand

    def restart(self) -> None:
        """Forget all but what was written."""
        if self.state is not None:
            self.state = ClientState.from_bytes(self.state.to_bytes())

    def join(self) -> JoinReply:
        if "join" not in self.sent:
            vector = self.session.vector.check(self.values)
            commitment = commit(b"n" * 32, self.session.contribution_label(), vector)
            self.state, mine = self.client.join(self.session, policy=POLICY, commitment=commitment)
            self.sent["join"] = ("", JoinReply(mine))
        reply = self.sent["join"][1]
        assert isinstance(reply, JoinReply)
        return reply

    def take(self, request: StepRequest) -> StepReply:
        """Answer as the store would: the same request again gets the same reply."""
        name = type(request).__name__
        if name in self.sent and self.sent[name][0] == request:
            return self.sent[name][1]
        assert self.state is not None
        self.state, reply = self._advance(self.state, request)
        self.sent[name] = (request, reply)
        return reply

    def _advance(self, state: ClientState, request: StepRequest) -> tuple[ClientState, StepReply]:
        client = self.client
        match request:
            case ShareRequest():
                after, sealed = client.share(state, request.roster)
                return after, ShareReply(sealed)
            case MaskRequest():
                vector = self.session.vector.check(self.values)
                masked_state, masked, signature = client.mask(state, request.shares, vector)
                return masked_state, MaskReply(masked, signature)
            case EndorseRequest():
                endorsed, signed = client.endorse(state, request.survivors)
                return endorsed, EndorseReply(signed)
            case UnmaskRequest():
                revealed, shares = client.unmask(state, request.survivors, request.endorsements)
                return revealed, UnmaskReply(shares)


@dataclass
class MemoryAlliance:
    """Parties and a server over one session."""

    members: Members
    rules: CohortRules
    session: Session
    parties: dict[BrandId, Party]

    def server(self) -> ServerAttempt:
        return ServerAttempt.start(self.members, self.rules, self.session)

    def true_sum(self, brands: Iterable[BrandId]) -> NDArray[np.int64]:
        values = [self.parties[brand].values for brand in brands]
        total: NDArray[np.int64] = np.sum(values, axis=0, dtype=np.int64)
        return total

    def next_attempt(self) -> None:
        """Move every party on to the next attempt with the contribution it has."""
        self.session = replace(self.session, attempt=self.session.attempt + 1)
        for party in self.parties.values():
            party.session, party.state, party.sent = self.session, None, {}

    def run(self, dropped: Sequence[BrandId] = (), after: str = "share") -> DecodedSum:
        """Run one attempt; `dropped` fall silent after the step named."""
        steps = ("join", "share", "mask", "endorse", "unmask")
        gone = frozenset(dropped)

        def present(step: str, brands: Iterable[BrandId]) -> list[BrandId]:
            late = steps.index(step) > steps.index(after)
            return [brand for brand in brands if not (late and brand in gone)]

        server = self.server()
        for brand in present("join", self.parties):
            server.joined(brand, self.parties[brand].join())
        server.close_joining()
        for brand in present("share", server.asked()):
            reply = self.parties[brand].take(server.request_for(brand))
            assert isinstance(reply, ShareReply)
            server.shared(brand, reply)
        server.close_sharing()
        for brand in present("mask", server.asked()):
            masked = self.parties[brand].take(server.request_for(brand))
            assert isinstance(masked, MaskReply)
            server.masked(brand, masked)
        server.close_masking()
        for brand in present("endorse", server.asked()):
            endorsed = self.parties[brand].take(server.request_for(brand))
            assert isinstance(endorsed, EndorseReply)
            server.endorsed(brand, endorsed)
        server.close_endorsing()
        for brand in present("unmask", server.asked()):
            revealed = self.parties[brand].take(server.request_for(brand))
            assert isinstance(revealed, UnmaskReply)
            server.unmasked(brand, revealed)
        return server.decode()


def memory_alliance(
    count: int,
    *,
    length: int = 5,
    ring: Ring = Ring.Z32,
    minimum_brands: int = 3,
    assumed_colluders: int = 1,
    entities: dict[BrandId, str] | None = None,
    seed: int = 7,
) -> MemoryAlliance:
    """Make parties with random contributions that use their whole range."""
    names = brand_names(count)
    keys = {name: new_keys() for name in names}
    members = Members(charter_with(keys, entities))
    bound = (ring.half - 1) // count
    session = Session(
        alliance="league",
        charter=CHARTER,
        study=STUDY,
        run=77,
        question="train",
        round_number=3,
        attempt=1,
        vector=VectorFormat(length, ring, bound, count),
    )
    rules = CohortRules(minimum_brands, assumed_colluders=assumed_colluders)
    draws = np.random.default_rng(seed)
    randomness = SeededRandomness(seed)
    parties = {
        name: Party(
            ClientParty(name, keys[name], members, rules, randomness),
            draws.integers(-bound, bound, length, endpoint=True, dtype=np.int64),
            session,
        )
        for name in names
    }
    return MemoryAlliance(members, rules, session, parties)


def endorsements_of(
    alliance: MemoryAlliance, replies: dict[BrandId, EndorseReply]
) -> tuple[Endorsement, ...]:
    del alliance
    return tuple(Endorsement(brand, replies[brand].signature) for brand in sorted(replies))


def roster_of(alliance: MemoryAlliance) -> tuple[Advertisement, ...]:
    return tuple(alliance.parties[b].join().advertisement for b in sorted(alliance.parties))
