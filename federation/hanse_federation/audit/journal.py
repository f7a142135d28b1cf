"""The egress journal: every message that left this brand, in order, for good.

Rules: an entry is on disk before the message is sent, so nothing leaves
unrecorded; entries are only ever added; nothing personal and no content is
kept, only sizes and digests. Each line is one JSON object in canonical form
(sorted keys, no spaces, ASCII) that carries

- `leaf`, SHA-256 of 0x00 and the entry's canonical JSON: the leaf hash of
  RFC 6962, section 2.1, so that a Merkle log can take the journal over as it is;
- `chain`, SHA-256 of 0x01, the chain value before and the leaf: whoever changes,
  drops or swaps an earlier line breaks every later one.

Cutting off the newest lines leaves a journal that is whole in itself; whoever
keeps a `JournalHead` elsewhere detects that with `verify(head)`. A last line that
a crash left half-written never was an entry and is removed by the next record.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from hanse_federation.errors import JournalBrokenError, JournalWriteError

GENESIS = hashlib.sha256(b"hanse egress journal v1").hexdigest()
"""The chain value before the first entry."""

_LEAF = b"\x00"
_NODE = b"\x01"
_TAIL_BYTES = 1 << 13
_LONGEST_LINE = 1 << 12


@dataclass(frozen=True, slots=True)
class EgressRecord:
    """One message that is about to leave.

    Attributes:
        time: When, with its zone.
        study: SHA-256 of the signed study, 64 hex digits; empty outside studies.
        run: The run's number; 0 outside runs.
        round_number: 0 outside training rounds.
        message_type: Name of the wire type.
        byte_count: Size of the encoded message.
        sha256: Of the encoded message, 64 hex digits.
        decision: Digest of the decision that let it leave, 64 hex digits; empty
            for messages that no study asks for.
    """

    time: datetime
    study: str
    run: int
    round_number: int
    message_type: str
    byte_count: int
    sha256: str
    decision: str

    @classmethod
    def of(
        cls,
        message: bytes,
        *,
        message_type: str,
        time: datetime,
        study: str = "",
        run: int = 0,
        round_number: int = 0,
        decision: str = "",
    ) -> EgressRecord:
        """Describe encoded bytes that are about to leave."""
        digest = hashlib.sha256(message).hexdigest()
        return cls(time, study, run, round_number, message_type, len(message), digest, decision)


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The journal's state in two values; a copy kept elsewhere makes cutting detectable.

    Attributes:
        size: Number of entries.
        chain: Chain value after the last of them, 64 hex digits.
    """

    size: int
    chain: str


@dataclass(frozen=True, slots=True)
class EgressEntry:
    """A record with its place in the journal."""

    index: int
    record: EgressRecord
    leaf: str
    chain: str


class EgressJournal:
    """One brand's journal, safe to use from many threads and processes at once."""

    def __init__(self, path: Path) -> None:
        """Open the journal, making the file (mode 0600) if there is none.

        Raises:
            JournalWriteError: The file cannot be made.
        """
        self._path = path
        with _writing(path), self._locked(os.O_CREAT) as file:
            os.fchmod(file, 0o600)
            _sync_folder(path.parent)

    def record(self, record: EgressRecord) -> JournalHead:
        """Add an entry and return once it is on disk.

        Returns:
            The head that includes it.

        Raises:
            JournalWriteError: The disk is full or broken, or the entry is
                over-long; nothing may leave.
            JournalBrokenError: The last line is not an entry.
        """
        with _writing(self._path), self._locked() as file:
            end, last = self._last_entry(file)
            before = JournalHead(0, GENESIS) if last is None else _head(last)
            leaf = _leaf(before.size, record)
            entry = EgressEntry(before.size, record, leaf, _chain(before.chain, leaf))
            line = _line(entry)
            if len(line) > _LONGEST_LINE:
                raise JournalWriteError(
                    f"expected a journal entry of at most {_LONGEST_LINE} bytes, got {len(line)}; "
                    "nothing may leave, so shorten the message type"
                )
            os.ftruncate(file, end)
            try:
                _write_all(file, line, end)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end)
                raise
        return _head(entry)

    def entries(self) -> Iterator[EgressEntry]:
        """Go through the entries in order, without checking the chain.

        Raises:
            JournalBrokenError: A line is not an entry.
        """
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines):
                if not line.endswith(b"\n"):
                    return  # half-written when something crashed; never was an entry
                yield _parse(line, number)

    def head(self) -> JournalHead:
        """Return the newest head.

        Raises:
            JournalBrokenError: The last line is not an entry.
        """
        with _writing(self._path), self._locked() as file:
            _, last = self._last_entry(file)
        return JournalHead(0, GENESIS) if last is None else _head(last)

    def verify(self, known: JournalHead | None = None) -> JournalHead:
        """Check every entry and the chain over them.

        Args:
            known: A head that was noted down earlier; the journal must still
                contain it.

        Returns:
            The newest head.

        Raises:
            JournalBrokenError: A line was changed, dropped, swapped or added in
                the middle, or `known` is not in the journal.
        """
        head = JournalHead(0, GENESIS)
        found = known is None or known == head
        for entry in self.entries():
            leaf = _leaf(head.size, entry.record)
            chain = _chain(head.chain, leaf)
            if (entry.index, entry.leaf, entry.chain) != (head.size, leaf, chain):
                raise JournalBrokenError(
                    f"egress journal {self._path.name} does not hold together at line "
                    f"{head.size + 1}; compare it with a copy"
                )
            head = JournalHead(head.size + 1, chain)
            found = found or head == known
        if not found:
            raise JournalBrokenError(
                f"egress journal {self._path.name} no longer contains the head noted after entry "
                f"{known.size if known else 0}; it was cut or rewritten, compare it with a copy"
            )
        return head

    @contextmanager
    def _locked(self, flags: int = 0) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _last_entry(self, file: int) -> tuple[int, EgressEntry | None]:
        """Return where the last whole line ends, and that line."""
        size = os.fstat(file).st_size
        start = max(0, size - _TAIL_BYTES)
        tail = os.pread(file, size - start, start)
        end = tail.rfind(b"\n") + 1
        if end == 0:
            if start > 0:
                raise JournalBrokenError(
                    f"egress journal {self._path.name} ends in something that is not an entry; "
                    "compare it with a copy"
                )
            return 0, None
        begin = tail.rfind(b"\n", 0, end - 1) + 1
        return start + end, _parse(tail[begin:end], None)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JournalWriteError(
            f"egress journal {path.name} could not be written: {error.strerror}; "
            "nothing may leave, so free the disk and ask again"
        ) from error


def _write_all(file: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(file, data, offset)
        data, offset = data[written:], offset + written


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _head(entry: EgressEntry) -> JournalHead:
    return JournalHead(entry.index + 1, entry.chain)


def _leaf(index: int, record: EgressRecord) -> str:
    return hashlib.sha256(_LEAF + _canonical(_values(index, record))).hexdigest()


def _chain(before: str, leaf: str) -> str:
    return hashlib.sha256(_NODE + bytes.fromhex(before) + bytes.fromhex(leaf)).hexdigest()


def _values(index: int, record: EgressRecord) -> dict[str, object]:
    """Return what is hashed. The run is text: JSON numbers are exact only to 2^53."""
    values: dict[str, object] = asdict(record)
    values["index"] = index
    values["run"] = str(record.run)
    values["time"] = record.time.astimezone(UTC).isoformat(timespec="microseconds")
    return values


def _line(entry: EgressEntry) -> bytes:
    values = _values(entry.index, entry.record)
    return _canonical({**values, "leaf": entry.leaf, "chain": entry.chain}) + b"\n"


def _canonical(values: dict[str, object]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _parse(line: bytes, number: int | None) -> EgressEntry:
    """Read a line, refusing any spelling but the canonical one."""
    try:
        values = json.loads(line)
        record = EgressRecord(
            time=datetime.fromisoformat(values["time"]),
            study=values["study"],
            run=int(values["run"]),
            round_number=values["round_number"],
            message_type=values["message_type"],
            byte_count=values["byte_count"],
            sha256=values["sha256"],
            decision=values["decision"],
        )
        entry = EgressEntry(values["index"], record, values["leaf"], values["chain"])
        whole = _line(entry) == line
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_an_entry(number) from error
    if not whole:
        raise _not_an_entry(number)
    return entry


def _not_an_entry(number: int | None) -> JournalBrokenError:
    where = "the last line" if number is None else f"line {number + 1}"
    return JournalBrokenError(
        f"egress journal holds something that is not an entry at {where}; compare it with a copy"
    )
