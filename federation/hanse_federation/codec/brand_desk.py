"""What crosses between a brand and the operator's desk, to the wire and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hanse_federation.codec.checks import (
    check_digest,
    check_envelope,
    check_identifier,
    check_member,
    check_range,
)
from hanse_federation.desk import ProposedStudy, ReleaseEntry, ReleaseFile, StudyState
from hanse_federation.errors import InvalidMessageError
from hanse_wire.v1 import brand_desk_pb2 as wire

MAX_FILE_BYTES = 128 << 20
MAX_FILES = 1000
PIECE_BYTES = 1 << 20

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,127}")

_STATES: dict[wire.StudyState, StudyState] = {
    wire.STUDY_STATE_PROPOSED: StudyState.PROPOSED,
    wire.STUDY_STATE_RUNNING: StudyState.RUNNING,
    wire.STUDY_STATE_RELEASED: StudyState.RELEASED,
    wire.STUDY_STATE_REFUSED: StudyState.REFUSED,
    wire.STUDY_STATE_FAILED: StudyState.FAILED,
}
_STATE_NUMBERS = {state: number for number, state in _STATES.items()}


def study_state_to_wire(state: StudyState) -> wire.StudyState:
    """Encode a study's state."""
    return _STATE_NUMBERS[state]


def study_state_from_wire(number: wire.StudyState) -> StudyState:
    """Decode a study's state.

    Raises:
        InvalidMessageError: The number has no meaning.
    """
    return check_member("state", _STATES, number)


def proposed_study_to_wire(study: ProposedStudy) -> wire.ProposedStudy:
    """Encode a proposed study.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return wire.ProposedStudy(
        digest=check_digest("digest", study.digest),
        envelope=check_envelope("envelope", study.envelope),
        state=study_state_to_wire(study.state),
    )


def proposed_study_from_wire(message: wire.ProposedStudy) -> ProposedStudy:
    """Decode a proposed study; its envelope is still to be opened.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return ProposedStudy(
        digest=check_digest("digest", message.digest),
        envelope=check_envelope("envelope", message.envelope),
        state=study_state_from_wire(message.state),
    )


def release_entry_to_wire(entry: ReleaseEntry) -> wire.ReleaseEntry:
    """Encode a release's entry.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return wire.ReleaseEntry(
        digest=check_digest("digest", entry.digest),
        study=check_digest("study", entry.study),
        study_id=check_identifier("study_id", entry.study_id),
    )


def release_entry_from_wire(message: wire.ReleaseEntry) -> ReleaseEntry:
    """Decode a release's entry.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return ReleaseEntry(
        digest=check_digest("digest", message.digest),
        study=check_digest("study", message.study),
        study_id=check_identifier("study_id", message.study_id),
    )


def release_files_to_wire(files: Iterable[ReleaseFile]) -> Iterator[wire.FetchReleaseResponse]:
    """Encode files as an opening each and the pieces of its content.

    Raises:
        InvalidMessageError: A name is not a plain file name, or a file is too large.
    """
    for file in files:
        yield wire.FetchReleaseResponse(opening=_opening(file.name, len(file.content)))
        content = memoryview(file.content)
        for start in range(0, len(content), PIECE_BYTES):
            piece = bytes(content[start : start + PIECE_BYTES])
            yield wire.FetchReleaseResponse(content=piece)


def release_files_from_wire(parts: Iterable[wire.FetchReleaseResponse]) -> Iterator[ReleaseFile]:
    """Decode files; each is handed out when it is whole, and names are distinct.

    Raises:
        InvalidMessageError: A name is not a plain file name or comes twice, a file
            is too large, cut short or runs over, or there are too many.
    """
    names: set[str] = set()
    content = bytearray()
    opening: wire.ReleaseFileOpening | None = None
    for part in parts:
        if part.WhichOneof("part") == "opening":
            if opening is not None:
                raise InvalidMessageError("content", "the rest of the file", "another file")
            opening = _opening(part.opening.name, part.opening.total_bytes)
            if opening.name in names or len(names) == MAX_FILES:
                expected = f"at most {MAX_FILES} distinct names"
                raise InvalidMessageError("name", expected, "another one")
            names.add(opening.name)
        else:
            content += _piece(part.content, opening, len(content))
        if opening is not None and len(content) == opening.total_bytes:
            yield ReleaseFile(opening.name, bytes(content))
            content, opening = bytearray(), None
    if opening is not None:
        raise InvalidMessageError("content", f"{opening.total_bytes} bytes", f"{len(content)}")


def _opening(name: str, total_bytes: int) -> wire.ReleaseFileOpening:
    if not _FILE_NAME.fullmatch(name):
        expected = "a plain file name of 1 to 128 characters of A-Z a-z 0-9 . _ -"
        raise InvalidMessageError("name", expected, f"{len(name)} characters that are not")
    check_range("total_bytes", total_bytes, 0, MAX_FILE_BYTES)
    return wire.ReleaseFileOpening(name=name, total_bytes=total_bytes)


def _piece(content: bytes, opening: wire.ReleaseFileOpening | None, filled: int) -> bytes:
    room = 0 if opening is None else opening.total_bytes - filled
    if not 0 < len(content) <= min(room, PIECE_BYTES):
        expected = f"1 to {min(room, PIECE_BYTES)} bytes of an open file"
        raise InvalidMessageError("content", expected, f"{len(content)} bytes")
    return content
