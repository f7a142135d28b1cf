"""What a test tells a faulty process, and what that process tells back, in two small files.

The control file is read anew whenever it changes, so that faults are armed and
taken away while a process runs. The trace is only ever appended to, in one write
a line, so that it survives a kill.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


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


@dataclass(slots=True)
class Trace:
    """Lines of JSON that a process leaves, also when it is killed in the next instant."""

    path: Path
    _read: int = field(default=0, init=False)

    def tell(self, event: str, **facts: Any) -> None:
        line = json.dumps({"event": event, **facts}).encode() + b"\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def news(self) -> Iterator[dict[str, Any]]:
        """Return what was told since the last look."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                yield json.loads(line)
