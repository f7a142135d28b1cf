"""A message as one block of bytes: header length, header, padding, body.

The block is kept as parts so that a tensor's memory is sent as it lies; it is
read as views for the same reason. Layout: protos/hanse_wire/v1/messages.proto.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from hanse_federation.codec.checks import Buffer
from hanse_federation.errors import InvalidMessageError

LENGTH_BYTES = 4
ALIGNMENT = 8
MAX_HEADER_BYTES = 16 << 20
"""Room for 2^20 cells of the widest integers."""


@dataclass(frozen=True, slots=True)
class WireMessage:
    """An encoded message; `bytes(message)` joins it.

    Attributes:
        message_type: Name of the payload's type, as traffic is counted.
        parts: Views of bytes that follow one another. The memory behind them
            must not change before the message has been sent.
        size: Bytes in all.
    """

    message_type: str
    parts: tuple[Buffer, ...]
    size: int

    def digest(self) -> bytes:
        """Hash the whole message with SHA-256."""
        state = hashlib.sha256()
        for part in self.parts:
            state.update(part)
        return state.digest()

    def __bytes__(self) -> bytes:
        return b"".join(self.parts)


def join_block(message_type: str, header: bytes, body: Sequence[memoryview]) -> WireMessage:
    """Put length, header, padding and body one after another, without copying the body.

    Raises:
        InvalidMessageError: The header is over 16 MiB.
    """
    if len(header) > MAX_HEADER_BYTES:
        expected = f"at most {MAX_HEADER_BYTES} bytes"
        raise InvalidMessageError("header", expected, f"{len(header)} bytes")
    padding = -(LENGTH_BYTES + len(header)) % ALIGNMENT
    head = len(header).to_bytes(LENGTH_BYTES, "little") + header + bytes(padding)
    size = len(head) + sum(part.nbytes for part in body)
    return WireMessage(message_type, (head, *body), size)


def split_block(data: Buffer) -> tuple[memoryview, memoryview]:
    """Take a block apart into views of its header and of its body.

    Raises:
        InvalidMessageError: The block is cut short, or its padding is not zero.
    """
    view = memoryview(data).cast("B").toreadonly()
    if len(view) < LENGTH_BYTES:
        expected = f"at least {LENGTH_BYTES} bytes"
        raise InvalidMessageError("header length", expected, f"{len(view)}")
    length = int.from_bytes(view[:LENGTH_BYTES], "little")
    end = LENGTH_BYTES + length
    start = end + -end % ALIGNMENT
    if length > MAX_HEADER_BYTES or start > len(view):
        expected = f"at most {min(MAX_HEADER_BYTES, len(view) - LENGTH_BYTES)} bytes"
        raise InvalidMessageError("header", expected, f"{length} bytes")
    if any(view[end:start]):
        raise InvalidMessageError("padding", "zero bytes", "others")
    return view[LENGTH_BYTES:end], view[start:]
