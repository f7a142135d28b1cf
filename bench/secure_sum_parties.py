"""One secure sum by the product's own machines, its processor time and its bytes.

Rules: brands and server are the product's state machines and speak through its
codec; what a process would compute for itself it computes here too, because each
party has caches of its own. Encoding and decoding are counted apart, as the floor
has no wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray

from bench.secure_sum_caches import OwnCaches
from bench.secure_sum_costs import Clocks, Costs
from hanse_federation.codec import (
    reply_from_wire,
    reply_to_wire,
    request_from_wire,
    request_to_wire,
)
from hanse_federation.messages import Binding, CohortRequest, JoinRequest, Request, RequestPayload
from hanse_federation.randomness import Randomness, SystemRandomness
from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.cohort import CohortRules, Members
from hanse_federation.secure_aggregation.commitment import NONCE_BYTES, commit
from hanse_federation.secure_aggregation.context import Session
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
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat, round_stochastically
from hanse_federation.secure_aggregation.ring import Ring
from hanse_federation.secure_aggregation.server import ServerAttempt
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

RANGE = 8.0
MINIMUM_BRANDS = 3
_DEADLINE_SECONDS = 60.0
BINDING = Binding(run=77, study="5a" * 32, round_number=3, request="0f" * 16)

ResultT = TypeVar("ResultT")


class BenchBrand:
    """A brand that answers each step once."""

    def __init__(
        self, client: ClientParty, session: Session, randomness: Randomness, store: RingVector
    ) -> None:
        """Put a brand together.

        Args:
            client: Its machine.
            session: The attempt.
            randomness: Where the rounding's bits and the nonce come from.
            store: Where it keeps its contribution from joining to masking.
        """
        self._client, self._session, self._randomness = client, session, randomness
        self._store = store
        self._made: RingVector | None = None
        self._state: ClientState | None = None

    def answer(self, request: RequestPayload, values: NDArray[np.float32]) -> StepReply:
        """Take a step; `values` is looked at in the first alone."""
        if isinstance(request, JoinRequest):
            return self._join(values)
        if self._state is None:
            raise SystemExit("secure-sum: a brand was asked for a step before it joined")
        reply: StepReply
        match request:
            case ShareRequest():
                self._state, sealed = self._client.share(self._state, request.roster)
                reply = ShareReply(sealed)
            case MaskRequest():
                self._state, masked, signature = self._client.mask(
                    self._state, request.shares, self._store
                )
                reply = MaskReply(masked, signature)
            case EndorseRequest():
                self._state, signature = self._client.endorse(self._state, request.survivors)
                reply = EndorseReply(signature)
            case UnmaskRequest():
                self._state, shares = self._client.unmask(
                    self._state, request.survivors, request.endorsements
                )
                reply = UnmaskReply(shares)
            case _:
                raise SystemExit("secure-sum: a brand was asked for what is no step of a sum")
        return reply

    def store(self) -> None:
        """Put the contribution where the brand keeps it; the product's store is a disk."""
        if self._made is not None:
            np.copyto(self._store, self._made)
            self._made = None

    def _join(self, values: NDArray[np.float32]) -> JoinReply:
        session, vector = self._session, self._session.vector
        steps = round_stochastically(values, unit_of(vector), vector.bound, self._randomness)
        self._made = vector.check(steps)
        nonce = self._randomness.random_bytes(NONCE_BYTES)
        commitment = commit(nonce, session.contribution_label(), self._made)
        self._state, mine = self._client.join(session, policy=bytes(32), commitment=commitment)
        return JoinReply(mine)


def unit_of(vector: VectorFormat) -> float:
    """Return the size of a step: the range fills the bound, which is a power of two."""
    return RANGE / vector.bound


@dataclass(frozen=True, slots=True)
class KnownToServer:
    """What the server knows of an alliance."""

    members: Members
    session: Session
    names: tuple[BrandId, ...]

    def server(self) -> ServerAttempt:
        """Begin the attempt at the server."""
        return ServerAttempt.start(self.members, CohortRules(MINIMUM_BRANDS), self.session)


@dataclass(frozen=True, slots=True)
class BenchAlliance:
    """Brands with keys of their own, and what the server knows of them."""

    known: KnownToServer
    brands: Mapping[BrandId, BenchBrand]


def build_alliance(
    stores: Sequence[RingVector], ring: Ring, keys: Mapping[BrandId, PartyKeys]
) -> BenchAlliance:
    """Make an alliance of as many brands as there are stores.

    Args:
        stores: Room for a contribution, one a brand; every run writes to the same.
        ring: Where the sum lives; the ring of the stores.
        keys: The brands' identity keys, which last longer than a round.
    """
    count, length = len(stores), len(stores[0])
    names = list(keys)
    members = Members(_charter(keys))
    bound = 1 << (((ring.half - 1) // count).bit_length() - 1)
    session = Session(
        alliance="league",
        charter="c4" * 32,
        study=BINDING.study,
        run=BINDING.run,
        question="cohort",
        round_number=BINDING.round_number,
        attempt=1,
        vector=VectorFormat(length, ring, bound, count),
    )
    randomness = SystemRandomness()
    brands = {
        name: BenchBrand(
            ClientParty(name, keys[name], members, CohortRules(MINIMUM_BRANDS), randomness),
            session,
            randomness,
            store,
        )
        for name, store in zip(names, stores, strict=True)
    }
    return BenchAlliance(KnownToServer(members, session, tuple(names)), brands)


def new_stores(count: int, length: int, ring: Ring) -> list[RingVector]:
    """Make room for the contributions of `count` brands."""
    return [ring.zeros(length) for _ in range(count)]


def brand_values(number: int, length: int) -> NDArray[np.float32]:
    """Make a brand's values, always the same."""
    return np.random.default_rng(number).uniform(-1, 1, length).astype(np.float32)


def new_identities(count: int) -> dict[BrandId, PartyKeys]:
    """Make the identity keys of `count` brands."""
    return {BrandId(f"brand-{number:03d}"): _new_keys() for number in range(count)}


def _new_keys() -> PartyKeys:
    return PartyKeys(
        Ed25519PrivateKey.generate().private_bytes_raw(),
        X25519PrivateKey.generate().private_bytes_raw(),
    )


def _charter(keys: Mapping[BrandId, PartyKeys]) -> AllianceCharter:
    return AllianceCharter(
        kind="AllianceCharter",
        id="league",
        version=1,
        operator=Operator(name="operator", signing_key=SigningKey.generate().public_hex),
        members=tuple(
            Member(
                brand=brand,
                legal_entity=f"{brand} Ltd",
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


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a surviving brand sent and received, as whole messages of the wire format.

    Attributes:
        sent: Bytes of its replies, most of any survivor.
        received: Bytes of the requests to it, most of any survivor.
    """

    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class MeasuredSum:
    """One sum.

    Attributes:
        machines: What the machines cost.
        codec: What encoding and decoding cost beside them.
        traffic: Bytes.
    """

    machines: Costs
    codec: Costs
    traffic: Traffic


def asked_bytes(payload: JoinRequest | StepRequest) -> bytes:
    """Encode a request as the server sends it."""
    return bytes(request_to_wire(Request(BINDING, payload, _DEADLINE_SECONDS)))


class _Measured:
    """Carries requests and replies as bytes and notes what everything costs."""

    def __init__(
        self, alliance: BenchAlliance, values: Mapping[BrandId, NDArray[np.float32]]
    ) -> None:
        self.machines, self.codec = Clocks(), Clocks()
        self.sent = dict.fromkeys(alliance.brands, 0)
        self.received = dict.fromkeys(alliance.brands, 0)
        self._brands, self._values = alliance.brands, values
        self._caches = {brand: OwnCaches() for brand in alliance.brands}
        self._server_caches = OwnCaches()

    def serve(self, work: Callable[[], ResultT]) -> ResultT:
        """Do the server's work and count it."""
        with self._server_caches.used(), self.machines.server():
            return work()

    def ask(self, brand: BrandId, payload: JoinRequest | StepRequest) -> Any:  # noqa: ANN401
        """Carry a request to a brand and its reply back."""
        with self.codec.server():
            asked = asked_bytes(payload)
        self.received[brand] += len(asked)
        request = self.codec.client(brand, lambda: request_from_wire(asked).payload)
        with self._caches[brand].used():
            reply = self.machines.client(
                brand, lambda: self._brands[brand].answer(request, self._values[brand])
            )
        self._brands[brand].store()
        data = self.codec.client(brand, lambda: bytes(reply_to_wire(BINDING, reply)))
        self.sent[brand] += len(data)
        with self.codec.server():
            return reply_from_wire(data, brand).payload


def run_sum(
    alliance: BenchAlliance, values: Mapping[BrandId, NDArray[np.float32]], dropped: int
) -> MeasuredSum:
    """Sum all brands but the first `dropped`, who vanish after sharing; check the sum.

    Args:
        alliance: Fresh brands.
        values: What each contributes.
        dropped: How many vanish.
    """
    line = _Measured(alliance, values)
    total, survivors = drive(alliance.known, line.ask, line.serve, dropped)
    unit = unit_of(alliance.known.session.vector)
    expected = np.sum([values[brand] for brand in survivors], axis=0, dtype=np.float64)
    if np.abs(total * unit - expected).max() > len(survivors) * unit:
        raise SystemExit("secure-sum: the decoded sum is wrong, so its times mean nothing")
    traffic = Traffic(
        max(line.sent[brand] for brand in survivors),
        max(line.received[brand] for brand in survivors),
    )
    return MeasuredSum(line.machines.costs(survivors), line.codec.costs(survivors), traffic)


def drive(
    known: KnownToServer,
    ask: Callable[[BrandId, JoinRequest | StepRequest], Any],
    serve: Callable[[Callable[[], Any]], Any],
    dropped: int,
) -> tuple[NDArray[np.int64], Sequence[BrandId]]:
    """Take the server through all steps; a masked vector is dropped once it is added."""
    server: ServerAttempt = serve(known.server)
    gone = frozenset(known.names[:dropped])
    for brand in known.names:
        reply = ask(brand, JoinRequest(CohortRequest(), 1, 0))
        serve(partial(server.joined, brand, reply))
    serve(server.close_joining)
    _step(server, ask, serve, server.shared, frozenset())
    serve(server.close_sharing)
    _step(server, ask, serve, server.masked, gone)
    serve(server.close_masking)
    _step(server, ask, serve, server.endorsed, gone)
    serve(server.close_endorsing)
    _step(server, ask, serve, server.unmasked, gone)
    decoded = serve(server.decode)
    return decoded.values, decoded.survivors


def _step(
    server: ServerAttempt,
    ask: Callable[[BrandId, JoinRequest | StepRequest], Any],
    serve: Callable[[Callable[[], Any]], Any],
    take: Callable[[BrandId, Any], None],
    gone: Iterable[BrandId],
) -> None:
    for brand in serve(server.asked):
        if brand not in gone:
            request = serve(partial(server.request_for, brand))
            reply = ask(brand, request)
            serve(partial(take, brand, reply))
            del reply
