"""A network that loses, repeats and delays, between brands and a server that are killed at will.

Every decision is read from a tape of bytes; where the tape ends, all goes well, so
that a shorter tape is a simpler schedule. A brand keeps what its store of rounds
keeps, a server what it writes between two steps; nothing else outlives a kill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.commitment import commit
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.errors import (
    AggregationError,
    ContributionSpentError,
    SessionOutdatedError,
    SessionUnknownError,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    RevealedShare,
    RingVector,
    ShareKind,
    ShareReply,
    ShareRequest,
    StepReply,
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.server import DecodedSum, ServerAttempt
from hanse_federation.secure_aggregation.server_state import Phase, ServerState
from hanse_policies.documents import BrandId
from tests.support.secure_aggregation import POLICY, MemoryAlliance

MOST_ASKED = 3
"""How often a step asks a brand that does not answer."""


class Fate(Enum):
    """What happens to a message, or to those at its ends, when its turn comes."""

    LOST = "lost"
    REPEATED = "repeated"
    DELAYED = "delayed"
    KILLED_BEFORE = "killed before"
    KILLED_UNWRITTEN = "killed before writing"
    KILLED_WRITTEN = "killed after writing"
    DROPPED_OUT = "dropped out"
    SERVER_KILLED = "server killed"


class Tape:
    """Decisions, in the order in which they are needed."""

    def __init__(self, data: bytes, trouble: int) -> None:
        """Read from `data`; of 256 messages about `trouble` meet with a fate."""
        self._data = iter(data)
        self._trouble = trouble

    def below(self, count: int) -> int:
        return next(self._data, 0) % count

    def strikes(self) -> bool:
        return next(self._data, 0) >= 256 - self._trouble

    def fate(self) -> Fate | None:
        fates = tuple(Fate)
        return fates[self.below(len(fates))] if self.strikes() else None


@dataclass(frozen=True)
class Message:
    """A request (None: the question itself) or a reply of one attempt, on its way."""

    brand: BrandId
    session: Session
    payload: StepRequest | StepReply | None

    @property
    def is_reply(self) -> bool:
        replies = (JoinReply, ShareReply, MaskReply, EndorseReply, UnmaskReply)
        return isinstance(self.payload, replies)


@dataclass
class StoredBrand:
    """A brand that keeps on disk what a store of rounds keeps."""

    client: ClientParty
    values: NDArray[np.int64]
    live: int = 0
    state: ClientState | None = None
    replies: dict[str, tuple[StepRequest | None, StepReply]] = field(default_factory=dict)
    is_spent: bool = False
    revealed: list[tuple[int, RevealedShare]] = field(default_factory=list)
    masked: dict[int, bytes] = field(default_factory=dict)

    def kill(self) -> None:
        """Forget all but what is on disk."""
        if self.state is not None:
            self.state = ClientState.from_bytes(self.state.to_bytes())

    def answer(
        self, session: Session, request: StepRequest | None, *, killed: bool = False
    ) -> StepReply:
        """Answer as the store of rounds does; `killed` falls before anything is written."""
        step = type(request).__name__
        if request is None and session.attempt > self.live:
            if self.is_spent:
                raise ContributionSpentError("shares were revealed")
            self.live, self.state, self.replies = session.attempt, None, {}
        if session.attempt > self.live:
            raise SessionUnknownError("never joined")
        if session.attempt < self.live:
            raise SessionOutdatedError("given up")
        if step in self.replies and self.replies[step][0] == request:
            return self.replies[step][1]
        after, reply = self._advance(session, request)
        if not killed:
            self.state, self.replies[step] = after, (request, reply)
            self._note(session.attempt, reply)
        return reply

    def _advance(
        self, session: Session, request: StepRequest | None
    ) -> tuple[ClientState, StepReply]:
        client, vector = self.client, session.vector.check(self.values)
        if request is None:
            commitment = commit(b"n" * 32, session.contribution_label(), vector)
            joined, mine = client.join(session, policy=POLICY, commitment=commitment)
            return joined, JoinReply(mine)
        if self.state is None:
            raise SessionUnknownError("never joined")
        match request:
            case ShareRequest():
                shared, sealed = client.share(self.state, request.roster)
                return shared, ShareReply(sealed)
            case MaskRequest():
                masked, out, signature = client.mask(self.state, request.shares, vector)
                return masked, MaskReply(out, signature)
            case EndorseRequest():
                endorsed, signature = client.endorse(self.state, request.survivors)
                return endorsed, EndorseReply(signature)
            case UnmaskRequest():
                revealed, shares = client.unmask(
                    self.state, request.survivors, request.endorsements
                )
                return revealed, UnmaskReply(shares)

    def _note(self, attempt: int, reply: StepReply) -> None:
        if isinstance(reply, UnmaskReply):
            self.is_spent = True
            self.revealed += [(attempt, share) for share in reply.shares]
        if isinstance(reply, MaskReply):
            assert attempt not in self.masked
            self.masked[attempt] = reply.vector.tobytes()


class Schedule:
    """One question under one tape, attempt after attempt."""

    def __init__(self, alliance: MemoryAlliance, tape: Tape, attempts: int) -> None:
        self.alliance, self.tape, self.attempts = alliance, tape, attempts
        self.brands = {
            name: StoredBrand(party.client, party.values)
            for name, party in alliance.parties.items()
        }
        self.happened: Counter[str] = Counter()
        self.silent: set[BrandId] = set()
        self.answered: set[BrandId] = set()
        self.underway: list[Message] = []
        self.held: list[Message] = []
        self.server = alliance.server()
        self._kept: tuple[ServerState, RingVector | None] = (self.server.state, None)

    def run(self) -> DecodedSum:
        """Ask until a sum is decoded; raise what made the last attempt fail."""
        while True:
            try:
                return self._attempt()
            except AggregationError:
                number = self.server.state.session.attempt
                if self.server.state.phase is Phase.UNMASKING or number >= self.attempts:
                    raise
            session = replace(self.alliance.session, attempt=number + 1)
            self.happened["next attempt"] += 1
            self.server = ServerAttempt.start(self.alliance.members, self.alliance.rules, session)

    def decode_again(self) -> DecodedSum:
        """Kill the server after the sum was decoded, and have it finish once more."""
        self._kill_server()
        session = self.server.state.session
        for brand in self.server.asked():
            kept = self.brands[brand].replies.get(UnmaskRequest.__name__)
            if kept is not None:
                request = self.server.request_for(brand)
                reply = self.brands[brand].answer(session, request)
                assert isinstance(reply, UnmaskReply)
                self.server.unmasked(brand, reply)
        return self.server.decode()

    def _attempt(self) -> DecodedSum:
        self._keep()
        for close in ("close_joining", "close_sharing", "close_masking", "close_endorsing"):
            self._step()
            getattr(self.server, close)()
            self._keep()
        self._step()
        return self.server.decode()

    def _step(self) -> None:
        """Ask everybody, and go on when all answered, none will, or time is up."""
        self.answered = set()
        self.silent -= {brand for brand in sorted(self.silent) if self.tape.strikes()}
        arrived = [message for message in self.held if not self.tape.strikes()]
        self.held = [message for message in self.held if message not in arrived]
        self.underway += arrived
        rounds = 0
        while missing := [brand for brand in self._asked() if brand not in self.answered]:
            if not self.underway:
                if rounds == MOST_ASKED:
                    return
                rounds += 1
                self._ask(missing)
            elif len(missing) * 3 <= len(self._asked()) and self.tape.strikes():
                self.happened["time is up"] += 1
                return
            self._next_message()

    def _asked(self) -> tuple[BrandId, ...]:
        joining = self.server.state.phase is Phase.JOINING
        return tuple(self.brands) if joining else self.server.asked()

    def _ask(self, brands: Iterable[BrandId]) -> None:
        joining = self.server.state.phase is Phase.JOINING
        session = self.server.state.session
        for brand in brands:
            request = None if joining else self.server.request_for(brand)
            self.underway.append(Message(brand, session, request))

    def _next_message(self) -> None:
        message = self.underway.pop(self.tape.below(len(self.underway)))
        fate = self.tape.fate()
        if fate is not None:
            self.happened[fate.value] += 1
        match fate:
            case Fate.LOST:
                return
            case Fate.DELAYED:
                self.held.append(message)
                return
            case Fate.REPEATED:
                (self.underway if self.tape.strikes() else self.held).append(message)
            case Fate.DROPPED_OUT:
                self.silent.add(message.brand)
            case Fate.SERVER_KILLED:
                self._kill_server()
        if message.brand in self.silent:
            return
        if message.is_reply:
            self._deliver_reply(message)
        else:
            self._deliver_request(message, fate)

    def _deliver_request(self, message: Message, fate: Fate | None) -> None:
        brand = self.brands[message.brand]
        if fate is Fate.KILLED_BEFORE:
            brand.kill()
        unwritten = fate is Fate.KILLED_UNWRITTEN
        request = message.payload
        assert request is None or not message.is_reply
        try:
            reply = brand.answer(message.session, request, killed=unwritten)  # type: ignore[arg-type]
        except AggregationError as error:
            self.happened[f"brand: {error.code}"] += 1
            return
        if unwritten or fate is Fate.KILLED_WRITTEN:
            brand.kill()
            return
        self.underway.append(replace(message, payload=reply))

    def _deliver_reply(self, message: Message) -> None:
        reply, server = message.payload, self.server
        try:
            match reply:
                case JoinReply():
                    server.joined(message.brand, reply)
                case ShareReply():
                    server.shared(message.brand, reply)
                case MaskReply():
                    server.masked(message.brand, reply)
                case EndorseReply():
                    server.endorsed(message.brand, reply)
                case UnmaskReply():
                    server.unmasked(message.brand, reply)
        except AggregationError as error:
            self.happened[f"server: {error.code}"] += 1
            return
        self.answered.add(message.brand)

    def _keep(self) -> None:
        """Write what the server writes between two steps."""
        total = self.server.running_sum
        self._kept = (self.server.state, None if total is None else total.copy())

    def _kill_server(self) -> None:
        state, total = self._kept
        self.server = ServerAttempt(
            self.alliance.members,
            self.alliance.rules,
            state,
            None if total is None else total.copy(),
        )
        self.answered = set()


def revealed_twice(brand: StoredBrand) -> list[str]:
    """Name what a brand should never have revealed: a second attempt, a second kind."""
    wrong = []
    if len({attempt for attempt, _ in brand.revealed}) > 1:
        wrong.append("in two attempts")
    kinds: dict[BrandId, set[ShareKind]] = {}
    for _, share in brand.revealed:
        kinds.setdefault(share.owner, set()).add(share.kind)
    wrong += [f"both kinds for {owner}" for owner, held in kinds.items() if len(held) > 1]
    return wrong
