"""The rings that masked vectors live in: integers modulo 2^16, 2^32 or 2^64.

Rules: a ring's element is an unsigned little-endian integer, on every platform;
a signed number is read back as the representative nearest to zero. Nothing here
checks a range: whoever puts numbers in has checked that no sum of them wraps
around (see `quantisation.py`).
"""

from __future__ import annotations

from enum import Enum
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.messages import RingVector


class Ring(Enum):
    """Integers modulo 2^bits; the value is the number of bits."""

    Z16 = 16
    Z32 = 32
    Z64 = 64

    @property
    def bits(self) -> int:
        """How many bits an element has."""
        return self.value

    @property
    def bytes(self) -> int:
        """How many bytes an element takes on the wire."""
        return self.value // 8

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger]:
        """The unsigned little-endian type of an element."""
        return np.dtype(f"<u{self.bytes}")

    @property
    def half(self) -> int:
        """Half the modulus: signed numbers run from -half to half - 1."""
        return 1 << (self.value - 1)

    def zeros(self, length: int) -> RingVector:
        """Return the neutral element of addition, shape (length,)."""
        return cast("RingVector", np.zeros(length, dtype=self.dtype))

    def empty(self, length: int) -> RingVector:
        """Return room for a vector, shape (length,), with anything in it."""
        return cast("RingVector", np.empty(length, dtype=self.dtype))

    def from_signed(self, values: NDArray[np.int64] | NDArray[np.int32]) -> RingVector:
        """Reduce signed numbers modulo 2^bits.

        Args:
            values: Shape (length,), contiguous; the caller has checked their range.

        Returns:
            A vector of this ring; where an element is as wide as before, over the same memory.
        """
        signed = values.astype(f"<i{self.bytes}", copy=False)
        return cast("RingVector", signed.view(self.dtype))

    def signed_view(self, vector: RingVector) -> NDArray[np.signedinteger]:
        """Return the representatives in [-half, half - 1], over the same memory.

        Args:
            vector: A vector of this ring, contiguous.
        """
        return cast("NDArray[np.signedinteger]", vector.view(f"<i{self.bytes}"))
