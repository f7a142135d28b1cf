"""A link in memory that can lose, forge and delay, for tests of who uses a link.

Brands answer at once, in the caller's thread. `forge` may replace each reply
by any replies, as a faulty link or a hostile brand would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from hanse_federation.errors import BrandNotConnectedError
from hanse_federation.link.interface import Responder, TrafficCount
from hanse_federation.messages import Refusal, Reply, Request
from hanse_policies.documents import BrandId


def _genuine(reply: Reply) -> Iterable[Reply]:
    return (reply,)


class FakeLink:
    """An operator's link over responders in the same process."""

    def __init__(
        self,
        responders: Mapping[BrandId, Responder],
        *,
        away: Collection[BrandId] = (),
        silent: Collection[BrandId] = (),
        forge: Callable[[Reply], Iterable[Reply]] = _genuine,
    ) -> None:
        self._responders = responders
        self._away = frozenset(away)
        self._silent = frozenset(silent)
        self._forge = forge
        self._waiting: dict[str, list[Reply]] = {}
        self.submitted: list[tuple[BrandId, Request]] = []
        self.waits: list[float] = []

    def brands(self) -> tuple[BrandId, ...]:
        return tuple(sorted(set(self._responders) - self._away))

    def submit(self, brand: BrandId, request: Request) -> None:
        if brand in self._away:
            raise BrandNotConnectedError(f"brand {brand} is not connected")
        self.submitted.append((brand, request))
        if brand in self._silent:
            return
        payload = self._responders[brand].answer(request)
        replies = self._forge(Reply(request.binding, brand, payload))
        self._waiting.setdefault(request.binding.request, []).extend(replies)

    def collect(
        self,
        requests: Collection[str],
        timeout_seconds: float,
        *,
        first: bool = False,
    ) -> tuple[Reply, ...]:
        self.waits.append(timeout_seconds)
        return tuple(reply for name in requests for reply in self._waiting.pop(name, []))

    def traffic(self) -> Sequence[TrafficCount]:
        return ()


class RefusingResponder:
    """A brand that refuses everything with one code."""

    def __init__(self, code: str) -> None:
        self._code = code

    def answer(self, request: Request) -> Refusal:
        return Refusal(self._code)
