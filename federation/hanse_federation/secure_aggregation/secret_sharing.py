"""Shamir's secret sharing of 256-bit secrets, over the integers modulo 2^256 + 297.

Rules: the prime is above 2^256, so every 32-byte secret is an element as it is;
the coefficients are uniform in the field, so fewer shares than the threshold say
nothing at all about the secret. Whoever joins shares with more of them than the
threshold learns whether they fit together; with exactly as many, any shares give
*some* secret, so a caller compares it with what the owner signed (the public
mask key) or asks for one share more.

Source: Shamir 1979, "How to share a secret"; the check of surplus shares is the
parity check of the Reed-Solomon code that shares form (McEliece and Sarwate 1981).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, repeat
from math import prod
from operator import mul, sub

import numpy as np

from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.errors import (
    AggregationFormatError,
    SumUnrecoverableError,
)
from hanse_federation.secure_aggregation.messages import SHARE_BYTES

PRIME = 2**256 + 297
"""The least prime above 2^256 (tested by Miller-Rabin)."""
SECRET_BYTES = 32

_SPARE_BITS_MASK = (1 << 257) - 1
_WORD_BITS = 63
_ROWS_UNREDUCED = 16
"""After so many factors powers of points are reduced; before, they are small as they are."""


def split(
    secret: bytes, threshold: int, points: Sequence[int], randomness: Randomness
) -> dict[int, bytes]:
    """Split a secret into one share for each point.

    Args:
        secret: 32 bytes.
        threshold: How many shares give the secret back, 1 to the number of points.
        points: Where the holders stand, distinct, each at least 1.
        randomness: Where the coefficients come from.

    Returns:
        For each point its share, 33 bytes.

    Raises:
        AggregationFormatError: An argument is not as described.
    """
    if len(secret) != SECRET_BYTES:
        raise AggregationFormatError(
            f"a secret has another size: expected {SECRET_BYTES} bytes, got {len(secret)}; "
            "share 256-bit secrets only"
        )
    if len(set(points)) != len(points) or any(not 1 <= x < PRIME for x in points):
        raise AggregationFormatError(
            "shares have no place: expected distinct points of at least 1, got others; "
            "count the points of a roster from 1"
        )
    if not 1 <= threshold <= len(points):
        raise AggregationFormatError(
            f"a threshold makes no sense: expected 1 to {len(points)} shares, got {threshold}; "
            "compute it from the roster"
        )
    coefficients = [int.from_bytes(secret, "big"), *_field_elements(threshold - 1, randomness)]
    shares: dict[int, bytes] = {}
    for x, powers in zip(points, _powers(tuple(points), threshold), strict=True):
        value = sum(map(mul, coefficients, powers)) % PRIME
        shares[x] = value.to_bytes(SHARE_BYTES, "big")
    return shares


def join(shares: Mapping[int, bytes], threshold: int) -> bytes:
    """Recover a secret from at least `threshold` shares.

    With more shares than the threshold, all must lie on one polynomial of that
    degree; then a single wrong share among them is always noticed.

    Args:
        shares: For each holder's point its share, 33 bytes.
        threshold: The threshold that the secret was split with.

    Returns:
        The secret, 32 bytes.

    Raises:
        AggregationFormatError: The threshold is below 1.
        SumUnrecoverableError: There are too few shares, one is malformed, they do not fit
            together, or what they give is no 32-byte secret.
    """
    if threshold < 1:
        raise AggregationFormatError(
            f"a threshold makes no sense: expected at least 1, got {threshold}; "
            "compute it from the roster"
        )
    if len(shares) < threshold:
        raise SumUnrecoverableError(
            f"a secret cannot be recovered: expected at least {threshold} shares, "
            f"got {len(shares)}; ask the other holders or give up the attempt"
        )
    points = tuple(sorted(shares))
    values = [_value_at(x, shares[x]) for x in points]
    if not _fit_together(points, values, threshold):
        raise SumUnrecoverableError(
            f"shares contradict each other: expected {len(points)} shares of one secret with "
            f"threshold {threshold}, got a wrong one among them; give up the attempt"
        )
    # As they all lie on the one polynomial, its value at zero may be read from all of them.
    secret: int = sum(map(mul, _basis_at_zero(points), values)) % PRIME
    if secret >> (8 * SECRET_BYTES):
        raise SumUnrecoverableError(
            "shares give no secret: expected a number of 256 bits, got a larger one; "
            "a share is wrong, so give up the attempt"
        )
    return secret.to_bytes(SECRET_BYTES, "big")


def is_share(data: bytes) -> bool:
    """Tell whether bytes are an element of the field as `split` writes it."""
    return len(data) == SHARE_BYTES and int.from_bytes(data, "big") < PRIME


def _field_elements(count: int, randomness: Randomness) -> Iterator[int]:
    """Yield uniform elements of the field: 257 bits, drawn again when not below the prime."""
    found = 0
    while found < count:
        wanted = 2 * (count - found) + 8  # about half of all draws are below the prime
        raw = randomness.random_bytes(SHARE_BYTES * wanted)
        for start in range(0, len(raw), SHARE_BYTES):
            drawn = int.from_bytes(raw[start : start + SHARE_BYTES], "big") & _SPARE_BITS_MASK
            if drawn < PRIME:
                yield drawn
                found += 1
                if found == count:
                    return


@lru_cache(maxsize=8)
def _powers(points: tuple[int, ...], count: int) -> tuple[tuple[int, ...], ...]:
    """Return x^0 .. x^(count-1) modulo the prime, for each point."""
    rows = []
    for x in points:
        row = [1]
        for _ in range(count - 1):
            row.append(row[-1] * x % PRIME)
        rows.append(tuple(row))
    return tuple(rows)


def _value_at(x: int, data: bytes) -> int:
    """Read the value of the share at `x`.

    Raises:
        SumUnrecoverableError: The point, the length or the number is out of range.
    """
    if not 1 <= x < PRIME:
        raise SumUnrecoverableError(
            f"a share has no place: expected a point of at least 1, got {x}; "
            "count the points of a roster from 1"
        )
    if len(data) != SHARE_BYTES:
        raise SumUnrecoverableError(
            f"the share at point {x} has another size: expected {SHARE_BYTES} bytes, "
            f"got {len(data)}; leave it out"
        )
    value = int.from_bytes(data, "big")
    if value >= PRIME:
        raise SumUnrecoverableError(
            f"the share at point {x} is no element of the field: expected a number below "
            "2^256 + 297, got a larger one; leave it out"
        )
    return value


def _fit_together(points: tuple[int, ...], values: Sequence[int], threshold: int) -> bool:
    """Tell whether all shares lie on one polynomial of a degree below `threshold`.

    With w_i = 1 / prod_{j != i} (x_i - x_j), the sum of w_i * g(x_i) is the leading
    coefficient of the polynomial of degree m - 1 through all m points, so it is zero for
    every g of degree below m - 1. The sums of w_i * x_i^k * y_i, k = 0 .. m - threshold - 1,
    are therefore zero for shares y_i on a polynomial of degree below `threshold`, and as
    they are m - threshold checks, linearly independent, for nothing else.
    """
    surplus = len(points) - threshold
    if surplus == 0:
        return True
    weighted = [w * y % PRIME for w, y in zip(_weights(points), values, strict=True)]
    powers = [1] * len(points)
    for row in range(1, surplus + 1):
        if sum(map(mul, weighted, powers)) % PRIME != 0:
            return False
        powers = list(map(mul, powers, points))
        if row % _ROWS_UNREDUCED == 0:
            powers = [power % PRIME for power in powers]
    return True


@lru_cache(maxsize=256)
def _basis_at_zero(points: tuple[int, ...]) -> tuple[int, ...]:
    """Return what each point's share counts in the value at zero (Lagrange).

    It is w_i * prod_{j != i} (0 - x_j), with the weights of `_weights`.
    """
    product = prod(points)
    if len(points) % 2 == 0:
        product = -product
    return tuple(w * (product // x) % PRIME for w, x in zip(_weights(points), points, strict=True))


@lru_cache(maxsize=256)
def _weights(points: tuple[int, ...]) -> tuple[int, ...]:
    """Return 1 / prod_{j != i} (x_i - x_j) modulo the prime, for each point.

    The products are inverted together, with a single division (Montgomery's trick).
    """
    below = [product % PRIME for product in _products_of_differences(points)]
    *before, everything = accumulate(below, lambda a, b: a * b % PRIME, initial=1)
    inverse = pow(everything, -1, PRIME)
    weights = []
    for product, factor in zip(reversed(before), reversed(below), strict=True):
        weights.append(product * inverse % PRIME)
        inverse = inverse * factor % PRIME
    return tuple(reversed(weights))


def _products_of_differences(points: tuple[int, ...]) -> list[int]:
    """Return prod_{j != i} (x_i - x_j) for each of the points, which ascend."""
    together = _WORD_BITS // points[-1].bit_length()
    if together < 2:
        return [
            prod(map(sub, repeat(x), points[:i] + points[i + 1 :])) for i, x in enumerate(points)
        ]
    # Places in a roster are small: so many differences have a product that fits a word.
    places = np.array(points, dtype=np.int64)
    padding = -len(points) % together
    differences = np.ones((len(points), len(points) + padding), dtype=np.int64)
    differences[:, : len(points)] = places[:, np.newaxis] - places
    np.fill_diagonal(differences, 1)
    words = differences.reshape(len(points), -1, together).prod(axis=2)
    return [prod(row) for row in words.tolist()]
