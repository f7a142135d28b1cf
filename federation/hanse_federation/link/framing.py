"""Messages to chunks and back: a state machine without I/O.

Rules the reassembler keeps, each broken one an error with a code:

- messages of one direction are numbered 1, 2, 3, ... and never interleave;
- the first chunk states size and digest; the size is checked against the cap
  before any memory is taken, and memory is taken once, for one message;
- chunks come in order, without gaps or overlaps, none over 1 MiB, none past the end;
- the digest of the whole message is checked before the message is handed out.

A broken rule ends the stream: the reassembler must not be used after an error.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from hanse_federation.codec.block import WireMessage
from hanse_federation.errors import MessageTooLargeError
from hanse_federation.link.errors import (
    ChunkInvalidError,
    ChunkOutOfOrderError,
    ChunkRepeatedError,
    DigestMismatchError,
    MessageInterleavedError,
)
from hanse_federation.link.frames import Abandon, Chunk, Opening

CHUNK_BYTES = 1 << 20
DEFAULT_MESSAGE_CAP_BYTES = 128 << 20


def chunk(
    number: int, message: WireMessage, digest: bytes, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[Chunk]:
    """Cut a message into chunks, copying each byte once.

    Args:
        number: Number of the message in its direction, from 1.
        message: The message.
        digest: Its SHA-256, 32 bytes.
        chunk_bytes: Size of all chunks but the last.
    """
    offset = 0
    opening: Opening | None = Opening(message.size, digest)
    for data in _pieces(message, chunk_bytes):
        yield Chunk(number, offset, data, opening)
        opening = None
        offset += len(data)


def _pieces(message: WireMessage, size: int) -> Iterator[bytes]:
    piece: list[memoryview] = []
    room = size
    for part in message.parts:
        view = memoryview(part)
        while view:
            taken, view = view[:room], view[room:]
            piece.append(taken)
            room -= len(taken)
            if not room:
                yield b"".join(piece)
                piece, room = [], size
    if piece:
        yield b"".join(piece)


class _Partial:
    """A message of which not all chunks have come."""

    __slots__ = ("buffer", "digest", "filled", "state")

    def __init__(self, opening: Opening) -> None:
        self.buffer = memoryview(bytearray(opening.total_bytes))
        self.digest = opening.digest
        self.filled = 0
        self.state = hashlib.sha256()

    def add(self, data: bytes) -> None:
        end = self.filled + len(data)
        self.buffer[self.filled : end] = data
        self.state.update(data)
        self.filled = end


class Reassembler:
    """Puts the chunks of one direction of one stream together again."""

    def __init__(
        self,
        message_cap_bytes: int = DEFAULT_MESSAGE_CAP_BYTES,
        chunk_cap_bytes: int = CHUNK_BYTES,
    ) -> None:
        self._message_cap = message_cap_bytes
        self._chunk_cap = chunk_cap_bytes
        self._number = 0
        self._partial: _Partial | None = None

    @property
    def number(self) -> int:
        """Number of the message that came last, whole or in part; 0 before the first."""
        return self._number

    def accept(self, piece: Chunk) -> memoryview | None:
        """Take the next chunk; return the message, read-only, once it is whole.

        Raises:
            ChunkInvalidError: The chunk is empty, too long, or runs past the end.
            ChunkOutOfOrderError: Bytes or messages were skipped.
            ChunkRepeatedError: The bytes or the message already came.
            MessageInterleavedError: Another message is under way.
            MessageTooLargeError: The stated size is over the cap.
            DigestMismatchError: The whole message has another digest.
        """
        if not 0 < len(piece.data) <= self._chunk_cap:
            raise ChunkInvalidError(
                f"chunk of message {piece.message} is not valid: "
                f"expected 1 to {self._chunk_cap} bytes, got {len(piece.data)}"
            )
        partial = self._open(piece) if self._partial is None else self._continue(piece)
        if len(piece.data) > len(partial.buffer) - partial.filled:
            raise ChunkInvalidError(
                f"chunk of message {piece.message} runs past its end: expected at most "
                f"{len(partial.buffer) - partial.filled} bytes, got {len(piece.data)}"
            )
        partial.add(piece.data)
        if partial.filled < len(partial.buffer):
            return None
        self._partial = None
        if not hmac.compare_digest(partial.state.digest(), partial.digest):
            raise DigestMismatchError(
                f"message {piece.message} has another digest than its first chunk states"
            )
        return partial.buffer.toreadonly()

    def abandon(self, frame: Abandon) -> None:
        """Drop the message under way, as its sender asks.

        Raises:
            ChunkOutOfOrderError: That message is not under way.
        """
        if self._partial is None or frame.message != self._number:
            raise ChunkOutOfOrderError(
                f"cannot abandon message {frame.message}: expected the one under way"
            )
        self._partial = None

    def _open(self, piece: Chunk) -> _Partial:
        expected = self._number + 1
        if piece.message < expected:
            raise ChunkRepeatedError(
                f"a message came again: expected number {expected}, got {piece.message}"
            )
        if piece.message > expected or piece.offset != 0:
            raise ChunkOutOfOrderError(
                f"chunks were skipped: expected message {expected} at offset 0, "
                f"got message {piece.message} at offset {piece.offset}"
            )
        opening = piece.opening
        if opening is None or opening.total_bytes < 1 or len(opening.digest) != 32:
            raise ChunkInvalidError(
                f"first chunk of message {piece.message} is not valid: "
                "expected a size of at least 1 and a digest of 32 bytes"
            )
        if opening.total_bytes > self._message_cap:
            raise MessageTooLargeError(
                f"message {piece.message} is too large: expected at most "
                f"{self._message_cap} bytes, got {opening.total_bytes}"
            )
        self._number = expected
        self._partial = _Partial(opening)
        return self._partial

    def _continue(self, piece: Chunk) -> _Partial:
        partial = self._partial
        if partial is None or piece.message != self._number:
            raise MessageInterleavedError(
                f"message {piece.message} began while message {self._number} was under way"
            )
        if piece.offset < partial.filled:
            raise ChunkRepeatedError(
                f"chunk of message {piece.message} came again: "
                f"expected offset {partial.filled}, got {piece.offset}"
            )
        if piece.offset > partial.filled:
            raise ChunkOutOfOrderError(
                f"bytes of message {piece.message} were skipped: "
                f"expected offset {partial.filled}, got {piece.offset}"
            )
        if piece.opening is not None:
            raise ChunkInvalidError(f"message {piece.message} was opened a second time")
        return partial
