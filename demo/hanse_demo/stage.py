"""The processes of a demo: started in sessions of their own, ended by their own ids.

Rules: a party (the operator's server, a brand) lasts until the stage ends it; a
command ends by itself. Each is a session of its own, so that a person's Ctrl-C
reaches the demo alone, which then ends the others; the party that started
first, the operator, ends last, so that no brand sees its server vanish. Only
processes that this stage started are ever signalled, and only until they were
reaped, so that no number is used that may be another's by then. What a party
writes goes to its log; the demo shows a last line, nothing more.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hanse_demo.errors import DemoPartyError, DemoWaitError, StageClosedError

HANSE = (sys.executable, "-P", "-m", "hanse_policies.command")
"""The `hanse` command of this very installation; `-P` keeps the current folder out of it."""

GRACE_SECONDS = 5.0
LOOK_SECONDS = 0.2
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended.

    Attributes:
        arguments: What stood after `hanse`.
        exit_code: How it ended.
        output: What it wrote to standard output.
        told: The last line it wrote to standard error.
    """

    arguments: tuple[str, ...]
    exit_code: int
    output: str
    told: str


@dataclass(frozen=True, slots=True)
class Party:
    """A lasting process.

    Attributes:
        name: Who it is, as `operator` or a brand's identifier.
        process: The process.
        log: Where it writes.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            DemoPartyError: It ended.
        """
        ended = self.process.poll()
        if ended is not None:
            raise DemoPartyError(self.name, ended, last_line(self.log), self.log)


@dataclass(slots=True)
class Stage:
    """Starts processes and ends all of them when the context ends.

    Attributes:
        logs: The folder of the parties' logs.
        command: What stands before the arguments; the `hanse` of this installation.
        grace_seconds: How long a process may take to end before it is killed.
    """

    logs: Path
    command: tuple[str, ...] = HANSE
    grace_seconds: float = GRACE_SECONDS
    _parties: list[Party] = field(default_factory=list)
    _commands: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _killed: list[int] = field(default_factory=list)
    _is_closed: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def parties(self) -> tuple[Party, ...]:
        """List the lasting processes, in the order started."""
        with self._lock:
            return tuple(self._parties)

    @property
    def killed(self) -> tuple[str, ...]:
        """Name the parties that did not end when asked to and had to be killed."""
        return tuple(p.name for p in self.parties if p.process.pid in self._killed)

    def start(self, name: str, *arguments: str) -> Party:
        """Start a lasting process.

        Args:
            name: Whose process it is; its log is named after it.
            arguments: What stands after `hanse`.
        """
        log = self.logs / f"{name}.log"
        with self._lock, log.open("ab") as file:
            self._check_open()
            process = subprocess.Popen(
                [*self.command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
            party = Party(name, process, log)
            self._parties.append(party)
        return party

    def run(self, *arguments: str) -> Finished:
        """Run a command to its end."""
        with self._command(arguments) as process:
            output, told = process.communicate()
        return Finished(arguments, process.returncode, output, _last(told))

    def follow(self, *arguments: str, take: Callable[[str], None]) -> Finished:
        """Run a command and hand on each line of its output as it comes.

        Args:
            arguments: What stands after `hanse`.
            take: Takes one line, without its end.
        """
        with self._command(arguments) as process:
            # Drained beside the lines: a full pipe would stop the command.
            told: list[str] = []
            drain = threading.Thread(target=lambda: told.extend(_stream(process.stderr)))
            drain.start()
            lines = []
            for line in _stream(process.stdout):
                lines.append(line)
                take(line.rstrip("\n"))
            drain.join()
            process.wait()
        return Finished(arguments, process.returncode, "".join(lines), _last("".join(told)))

    def wait_until(
        self,
        is_so: Callable[[], bool],
        *,
        expected: str,
        got: Callable[[], str],
        seconds: float,
    ) -> None:
        """Look again and again until something is so, while all parties live.

        Args:
            is_so: Looks once.
            expected: What is waited for, in words.
            got: Says in words what there is instead.
            seconds: How long to wait at most.

        Raises:
            DemoPartyError: A party ended meanwhile.
            DemoWaitError: It did not come in time.
        """
        deadline = time.monotonic() + seconds
        while not is_so():
            self.check()
            if time.monotonic() > deadline:
                raise DemoWaitError(expected, got(), seconds)
            time.sleep(LOOK_SECONDS)

    def check(self) -> None:
        """Make sure that every party still runs.

        Raises:
            DemoPartyError: One ended.
        """
        for party in self.parties:
            party.check()

    @contextmanager
    def ended_on_error(self) -> Iterator[None]:
        """End everything at once when the body fails, before anybody waits for its threads."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End every process that was started here and still runs; return once all are reaped."""
        with self._lock:
            self._is_closed = True
            commands, parties = tuple(self._commands), tuple(self._parties)
        processes = tuple(party.process for party in parties)
        self._end((*commands, *processes[1:]))
        self._end(processes[:1])

    def _end(self, processes: Sequence[subprocess.Popen[str] | subprocess.Popen[bytes]]) -> None:
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + self.grace_seconds
        for process in processes:
            try:
                process.wait(max(deadline - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self._killed.append(process.pid)

    @contextmanager
    def _command(self, arguments: tuple[str, ...]) -> Iterator[subprocess.Popen[str]]:
        with self._lock:
            self._check_open()
            process = subprocess.Popen(
                [*self.command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
            self._commands.add(process)
        try:
            with process:
                try:
                    yield process
                except BaseException:
                    # Closing a pipe waits for the thread that reads it, which ends with this.
                    self._end((process,))
                    raise
        finally:
            with self._lock:
                self._commands.discard(process)

    def _check_open(self) -> None:
        """Start nothing that nobody would end."""
        if self._is_closed:
            raise StageClosedError("expected a stage that is open, got one that is being cleared")


def last_line(log: Path) -> str:
    """Return the last line of a log that holds anything, at most 400 characters of it."""
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(file.tell() - _TAIL_BYTES, 0))
        return _last(file.read().decode("utf-8", errors="replace"))


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][-400:] if lines else ""


def _stream(stream: IO[str] | None) -> Iterator[str]:
    if stream is not None:
        yield from stream
