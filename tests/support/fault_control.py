"""What a test tells a faulty process, and what that process tells back, in two small files.

The control file is read anew whenever it changes, so that faults are armed and
taken away while a process runs. The trace is only ever appended to, a line at a
time, so that it survives a kill.
"""

from __future__ import annotations

import json
import mmap
import struct
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

TRACE_BYTES = 1 << 28
"""A trace's file; the disk holds what was written of it alone."""
_HEAD = struct.Struct("<Q")


class FaultKind(StrEnum):
    """What happens at a fault point."""

    KILL = "kill"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class ArmedFault:
    """One fault, which happens once.

    Attributes:
        number: Told back when it happens; no two of a process have the same.
        point: Name of the fault point.
        passes: How many times the point is passed unharmed before.
        kind: What happens there.
        seconds: How long a delay lasts.
    """

    number: int
    point: str
    passes: int = 0
    kind: FaultKind = FaultKind.KILL
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """All that a process is to suffer.

    Attributes:
        faults: What happens at fault points.
        clock_seconds: How far its clock is off.
        repeat_share: Part of the requests that an operator sends again, the last one or
            an older one first.
    """

    faults: tuple[ArmedFault, ...] = ()
    clock_seconds: float = 0.0
    repeat_share: float = 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> FaultSpec:
        held = json.loads(text)
        faults = tuple(
            ArmedFault(**{**fault, "kind": FaultKind(fault["kind"])}) for fault in held["faults"]
        )
        return cls(faults, held["clock_seconds"], held["repeat_share"])


class ControlFile:
    """The spec of one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._spec = FaultSpec()

    def write(self, spec: FaultSpec) -> None:
        """Put a spec in force."""
        written = self.path.with_suffix(".new")
        written.write_text(spec.to_json())
        written.replace(self.path)

    def read(self) -> FaultSpec:
        """Return the spec in force; cheap while it does not change."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return self._spec
        seen = (state.st_ino, state.st_mtime_ns)
        if seen != self._seen:
            self._spec = FaultSpec.from_json(self.path.read_text())
            self._seen = seen
        return self._spec


class Trace:
    """Lines of JSON that a process leaves, also when it is killed in the next instant.

    They lie in memory that is shared over a file of a fixed size, because a process whose
    disk is full could not write to a file. A line counts once the file's head says so.
    """

    def __init__(self, path: Path) -> None:
        """Open a trace, which is made if it is not there."""
        self.path = path
        self._lock = threading.Lock()
        if not path.exists():
            with path.open("xb") as file:
                file.truncate(TRACE_BYTES)
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), TRACE_BYTES)
        self._read = 0

    def tell(self, event: str, **facts: Any) -> None:
        line = json.dumps({"event": event, **facts}).encode() + b"\n"
        with self._lock:
            end = self._told()
            start = _HEAD.size + end
            if start + len(line) > TRACE_BYTES:
                raise ValueError("expected a trace with room left, got a full one")
            self._shared[start : start + len(line)] = line
            _HEAD.pack_into(self._shared, 0, end + len(line))

    def news(self) -> Iterator[dict[str, Any]]:
        """Return what was told since the last look."""
        end = self._told()
        lines = self._shared[_HEAD.size + self._read : _HEAD.size + end]
        self._read = end
        for line in lines.splitlines():
            yield json.loads(line)

    def _told(self) -> int:
        (told,) = _HEAD.unpack_from(self._shared)
        return int(told)
