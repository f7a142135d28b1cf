"""A server that lies at random, and brands that collude with it: what others reveal to them.

It holds every message and shows each honest brand rosters, shares, survivor lists and
endorsements of its own choice, in any order, over several attempts. Colluders sign
whatever list it likes. All it does is read from a tape of bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hanse_federation.secure_aggregation.context import Session, survivors_text
from hanse_federation.secure_aggregation.errors import AggregationError
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
    Endorsement,
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskRequest,
    RevealedShare,
    SealedShare,
    ShareKind,
    ShareReply,
    ShareRequest,
    StepReply,
    StepRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.topology import topology_of
from hanse_policies.documents import BrandId
from tests.support.aggregation_schedules import StoredBrand, Tape
from tests.support.secure_aggregation import MemoryAlliance

ItemT = TypeVar("ItemT")
Names = tuple[BrandId, ...]


class LyingServer:
    """Asks honest brands for anything, and keeps what they answer."""

    def __init__(self, alliance: MemoryAlliance, tape: Tape, colluders: int) -> None:
        self.alliance, self.tape = alliance, tape
        self.brands = {
            name: StoredBrand(party.client, party.values)
            for name, party in alliance.parties.items()
        }
        self.colluders = tuple(self.brands)[:colluders]
        self.honest = tuple(self.brands)[colluders:]
        self.happened: Counter[str] = Counter()
        self.revealed: list[tuple[int, BrandId, RevealedShare]] = []
        self._ads: dict[BrandId, Advertisement] = {}

    def play(self, attempts: int) -> None:
        for number in range(1, attempts + 1):
            self._attempt(replace(self.alliance.session, attempt=number))

    def owners_with_both_kinds(self) -> set[tuple[int, BrandId]]:
        """Name the owners of whom honest brands revealed both kinds in one attempt."""
        kinds: dict[tuple[int, BrandId], set[ShareKind]] = {}
        for attempt, _, share in self.revealed:
            kinds.setdefault((attempt, share.owner), set()).add(share.kind)
        return {owner for owner, held in kinds.items() if len(held) > 1}

    def _attempt(self, session: Session) -> None:
        self._ads = {}
        for brand in self._some(tuple(self.brands)):
            joined = self._ask(brand, session, None)
            if isinstance(joined, JoinReply):
                self._ads[brand] = joined.advertisement
        names = tuple(sorted(self._ads))
        roster = self._some(names)
        rosters = [roster, self._some(roster)]
        shares: list[SealedShare] = []
        for brand in names:
            for shown in self._either(rosters) if self.tape.strikes() else rosters[:1]:
                ads = tuple(self._ads[name] for name in shown)
                shared = self._ask(brand, session, ShareRequest("train", session.attempt, ads))
                shares += shared.shares if isinstance(shared, ShareReply) else ()
        for brand in names:
            mine = sorted((s for s in shares if s.holder == brand), key=lambda s: s.owner)
            self._ask(brand, session, MaskRequest("train", session.attempt, self._some(mine)))
        survivors = self._some(roster)
        dropped = self.tape.below(max(1, len(survivors)))
        without = survivors[:dropped] + survivors[dropped + 1 :]
        self._unmask(session, roster, [survivors, without])

    def _unmask(self, session: Session, roster: Names, lists: list[Names]) -> None:
        """Show two survivor lists around, and ask for shares against what was signed."""
        signed: dict[tuple[Names, BrandId], Endorsement] = {}
        for _ in range(2):
            for brand in self.honest:
                for survivors in self._either(lists):
                    request = EndorseRequest("train", session.attempt, survivors)
                    reply = self._ask(brand, session, request)
                    if isinstance(reply, EndorseReply):
                        signed[survivors, brand] = Endorsement(brand, reply.signature)
        for survivors in lists:
            for brand in self.colluders:
                signed[survivors, brand] = self._sign(session, roster, survivors, brand)
        for _ in range(2):
            for brand in self.honest:
                for survivors in self._either(lists):
                    found = [each for (of, _), each in signed.items() if of == survivors]
                    shown = self._some(sorted(found, key=lambda each: each.brand))
                    self._reveal(brand, session, survivors, shown)

    def _reveal(
        self,
        brand: BrandId,
        session: Session,
        survivors: Names,
        shown: tuple[Endorsement, ...],
    ) -> None:
        request = UnmaskRequest("train", session.attempt, survivors, shown)
        reply = self._ask(brand, session, request)
        if isinstance(reply, UnmaskReply):
            self.revealed += [(session.attempt, brand, share) for share in reply.shares]

    def _sign(
        self, session: Session, roster: Names, survivors: Names, brand: BrandId
    ) -> Endorsement:
        """Sign a list as a colluder; the server's words are all it needs."""
        ads = tuple(self._ads[name] for name in roster)
        text = survivors_text(topology_of(session, self.alliance.rules, ads).transcript, survivors)
        return Endorsement(brand, self.brands[brand].client.keys.sign(text))

    def _ask(
        self, brand: BrandId, session: Session, request: StepRequest | None
    ) -> StepReply | None:
        if self.tape.strikes():
            self.brands[brand].kill()
        try:
            reply = self.brands[brand].answer(session, request)
        except AggregationError as error:
            self.happened[error.code] += 1
            return None
        self.happened[type(reply).__name__] += 1
        return reply

    def _some(self, items: Sequence[ItemT]) -> tuple[ItemT, ...]:
        """Leave out each of some items when trouble strikes."""
        return tuple(item for item in items if not self.tape.strikes())

    def _either(self, two: list[ItemT]) -> list[ItemT]:
        """Take the first, or the second, or both in either order."""
        return [[two[0]], [two[1]], two, two[::-1]][self.tape.below(4)]
