"""Integer noise: the discrete Laplace, drawn exactly from whole numbers and random bytes.

Rules: no float takes part, so the law is exact, not near; every bit comes from the
`Randomness` handed in. How long a draw takes depends on the draw, not on any data.

Source: Canonne, Kamath, Steinke, NeurIPS 2020 (arXiv:2004.00010), Algorithms 1 and 2.
"""

from __future__ import annotations

from hanse_federation.errors import NoiseParameterError
from hanse_federation.randomness import Randomness

LARGEST_SCALE = 1 << 40


def discrete_laplace(scale: int, randomness: Randomness) -> int:
    """Draw one integer x with a chance in proportion to exp(-|x| / scale).

    Args:
        scale: From 1 to 2^40.
        randomness: Where the bits come from.

    Raises:
        NoiseParameterError: `scale` is outside that range or not a whole number.
    """
    check_scale(scale)
    while True:
        below = _below(scale, randomness)
        if not _falls_exponentially(below, scale, randomness):
            continue
        whole = 0
        while _falls_exponentially(1, 1, randomness):
            whole += 1
        magnitude = below + scale * whole
        is_negative = _below(2, randomness) == 1
        if magnitude or not is_negative:  # zero has one sign only
            return -magnitude if is_negative else magnitude


def check_scale(scale: int) -> None:
    """Refuse a scale of noise that is not a whole number from 1 to 2^40.

    Raises:
        NoiseParameterError: It is not.
    """
    if type(scale) is not int or not 1 <= scale <= LARGEST_SCALE:
        raise NoiseParameterError(
            f"expected a discrete Laplace's scale as a whole number from 1 to {LARGEST_SCALE}, "
            f"got {scale}"
        )


def _falls_exponentially(numerator: int, denominator: int, randomness: Randomness) -> bool:
    """Return True with the chance exp(-numerator / denominator), a fraction in [0, 1].

    The chance that the first k of a row of coins all show heads, coin k with the chance
    x / k, is x^k / k!; so the first tail comes at an odd place with the chance exp(-x).
    """
    place = 1
    while _below(denominator * place, randomness) < numerator:
        place += 1
    return place % 2 == 1


def _below(bound: int, randomness: Randomness) -> int:
    """Draw a uniform whole number from 0 to before `bound`."""
    bits = (bound - 1).bit_length()
    size = (bits + 7) // 8
    while True:
        drawn = int.from_bytes(randomness.random_bytes(size), "big") >> (8 * size - bits)
        if drawn < bound:
            return drawn
