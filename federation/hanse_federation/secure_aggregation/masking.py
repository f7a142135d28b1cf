"""Masks: AES-256-CTR key streams, read as ring elements and added or subtracted.

Rules: every key is used for exactly one stream and every stream starts at
counter zero, so two streams are never alike; a key is 256 bits derived by HKDF
for one attempt and one pair (or one brand alone) and never folded to fewer.
A mask is made and added block by block, in buffers that stay in a core's cache.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.errors import AggregationFormatError
from hanse_federation.secure_aggregation.messages import KEY_BYTES, RingVector

BLOCK_BYTES = 1 << 17

_COUNTER_ZERO = bytes(16)
_ZEROS = bytes(BLOCK_BYTES)


class MaskStream:
    """The bytes of one mask, in order.

    Args:
        key: 32 bytes that no other stream uses.

    Raises:
        AggregationFormatError: The key has another length.

    Source: NIST SP 800-38A, section 6.5, with the initial counter block zero.
    """

    __slots__ = ("encrypt_into",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise AggregationFormatError(
                f"a mask key has another size: expected {KEY_BYTES} bytes, got {len(key)}; "
                "derive it anew"
            )
        encryptor = Cipher(algorithms.AES256(key), modes.CTR(_COUNTER_ZERO)).encryptor()
        self.encrypt_into = encryptor.update_into

    def fill(self, out: NDArray[np.uint8]) -> None:
        """Overwrite `out`, at most `BLOCK_BYTES` bytes, with the next bytes of the stream."""
        self.encrypt_into(memoryview(_ZEROS)[: len(out)], out.data)


def apply_masks(
    vector: RingVector,
    signed_keys: Iterable[tuple[int, bytes]],
    *,
    source: RingVector | None = None,
) -> None:
    """Add the masks of some keys to a vector, in place, and subtract those of others.

    Args:
        vector: A ring vector, contiguous and writable; it is overwritten.
        signed_keys: Pairs of +1 (add) or -1 (subtract) and a 32-byte key.
        source: What to mask, if it is not what `vector` holds; left as it is.

    Raises:
        AggregationFormatError: A sign or a key is not as described.
    """
    streams = []
    for sign, key in signed_keys:
        if sign not in (1, -1):
            raise AggregationFormatError(
                f"a mask has no direction: expected +1 or -1, got {sign}; "
                "order the pair by brand id"
            )
        streams.append((np.add if sign == 1 else np.subtract, MaskStream(key).encrypt_into))
    raw = np.empty(BLOCK_BYTES, dtype=np.uint8)
    elements = BLOCK_BYTES // vector.itemsize
    for start in range(0, len(vector), elements):
        block = vector[start : start + elements]
        if source is not None:
            np.copyto(block, source[start : start + elements])
        room = raw[: block.nbytes]
        mask, zeros, data = room.view(vector.dtype), memoryview(_ZEROS)[: block.nbytes], room.data
        for combine, encrypt_into in streams:
            encrypt_into(zeros, data)
            combine(block, mask, out=block)
