"""Whose processor time a piece of work is.

Rules: everything runs in one thread of one process, one party at a time, so the
process's own processor time between two moments belongs to the party that was at
work; other processes that load the machine are not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import mean, median
from typing import TypeVar

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor milliseconds of one sum: a surviving client's, on average, and the server's."""

    client_ms: float
    server_ms: float


class Clocks:
    """Adds up processor time a party."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._clients: dict[object, float] = {}
        self._server = 0.0

    def client(self, who: object, work: Callable[[], ResultT]) -> ResultT:
        """Do a client's work and count it."""
        start = time.process_time()
        result = work()
        self._clients[who] = self._clients.get(who, 0.0) + time.process_time() - start
        return result

    @contextmanager
    def server(self) -> Iterator[None]:
        """Count what is done in the context as the server's."""
        start = time.process_time()
        yield
        self._server += time.process_time() - start

    def costs(self, survivors: Iterable[object]) -> Costs:
        """Average over the survivors."""
        client = mean(self._clients[who] for who in survivors)
        return Costs(1e3 * client, self.server_ms())

    def server_ms(self) -> float:
        """Tell what the server's work took."""
        return 1e3 * self._server

    def all_clients_ms(self) -> float:
        """Tell what the work of all clients together took."""
        return 1e3 * sum(self._clients.values())


def median_costs(all_costs: Iterable[Costs]) -> Costs:
    """Take the median of each figure."""
    found = list(all_costs)
    return Costs(median(c.client_ms for c in found), median(c.server_ms for c in found))
