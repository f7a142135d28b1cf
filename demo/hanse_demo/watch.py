"""What the processes of a demo use: memory at its highest, and which sockets.

Rules: only this process and its own descendants are looked at; a socket is
counted once by its two ends; a look that comes too late for a process that just
ended finds nothing and is no error. Memory is what is resident, added up; a page
that processes share counts once where the system can tell (Linux), else in each.
"""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import psutil

LOOK_SECONDS = 1.0


class SocketEnd(Protocol):
    """One end of a socket as psutil tells it."""

    @property
    def ip(self) -> str:
        """Its address."""
        ...

    @property
    def port(self) -> int:
        """Its port."""
        ...


@dataclass(frozen=True, slots=True)
class SocketUse:
    """One end of a TCP or UDP socket of a watched process.

    Attributes:
        local: `address:port` of this end.
        remote: Of the other end; empty where it listens.
        is_loopback: Whether both ends are on this machine's loopback.
    """

    local: str
    remote: str
    is_loopback: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """Everything that was seen so far.

    Attributes:
        peak_memory_bytes: Most that all processes held at one look.
        peak_processes: Most processes at one look, this one included.
        sockets: Every socket seen, each once, sorted.
    """

    peak_memory_bytes: int
    peak_processes: int
    sockets: tuple[SocketUse, ...]

    @property
    def listening(self) -> tuple[SocketUse, ...]:
        """List the sockets that anybody could dial."""
        return tuple(socket for socket in self.sockets if not socket.remote)

    @property
    def beyond_loopback(self) -> tuple[SocketUse, ...]:
        """List the sockets that reach, or can be reached from, another machine."""
        return tuple(socket for socket in self.sockets if not socket.is_loopback)

    def not_at(self, address: str) -> tuple[SocketUse, ...]:
        """List the sockets with neither end at an address."""
        return tuple(s for s in self.sockets if address not in {s.local, s.remote})


class ProcessWatch:
    """Looks at this process and its descendants once a second, while the context lasts."""

    def __init__(self, look_seconds: float = LOOK_SECONDS) -> None:
        """Prepare; the first look is taken when the context begins.

        Args:
            look_seconds: Time between two looks.
        """
        self._look_seconds = look_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="process-watch", daemon=True)
        self._lock = threading.Lock()
        self._memory = 0
        self._processes = 0
        self._sockets: set[SocketUse] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> Sighting:
        """Look now, and tell everything seen so far."""
        own = psutil.Process()
        seen = [_look_at(process) for process in (own, *own.children(recursive=True))]
        with self._lock:
            self._memory = max(self._memory, sum(memory for memory, _ in seen))
            self._processes = max(self._processes, sum(memory > 0 for memory, _ in seen))
            self._sockets.update(socket for _, sockets in seen for socket in sockets)
            ordered = sorted(self._sockets, key=lambda s: (s.local, s.remote))
            return Sighting(self._memory, self._processes, tuple(ordered))

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._look_seconds)


def _look_at(process: psutil.Process) -> tuple[int, tuple[SocketUse, ...]]:
    try:
        memory = process.memory_full_info()
        connections = process.net_connections(kind="inet")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0, ()
    # Linux tells what is a process's own share; elsewhere shared pages count in each.
    held = int(getattr(memory, "pss", memory.rss))
    return held, tuple(
        _socket(connection.laddr, connection.raddr or None)
        for connection in connections
        if connection.laddr
    )


def _socket(near: SocketEnd, far: SocketEnd | None) -> SocketUse:
    ends = [(_plain(end.ip), end.port) for end in (near, far) if end is not None]
    written = [f"{ip}:{port}" for ip, port in ends]
    return SocketUse(
        local=written[0],
        remote=written[1] if far is not None else "",
        is_loopback=all(ip.is_loopback for ip, _ in ends),
    )


def _plain(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address; one of IPv4 that a socket of IPv6 holds is one of IPv4."""
    address = ipaddress.ip_address(ip)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
