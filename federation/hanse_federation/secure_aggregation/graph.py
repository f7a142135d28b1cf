"""Who masks with whom and shares with whom: everybody, or a shuffled ring.

Rules: up to 50 brands, and wherever it is asked for, everybody is everybody's
neighbour. Beyond, the roster is
shuffled by a stream of a seed that no party chose alone, laid on a circle, and
each brand's neighbours are the k/2 before it and the k/2 after it. On an
unshuffled circle, drop-outs of a kind stand side by side and make a sum
unrecoverable; and colluders could choose whom to surround.

*What has to hold* (the good graphs of Bell et al. 2020: few corrupt neighbours,
enough surviving ones, and honest survivors that stay connected, or the operator
could read the sum of a part of them). Let N(i) be the k neighbours of brand i, and
s the number of shares that rebuild a secret of i, of which i itself holds one.

*Safety*: every honest i has at most s - k/2 - 2 colluders in N(i). Then, whoever the
operator declares dropped and whichever sealed shares it withholds, the only sum that
it can read is the one over all honest survivors of the endorsed list. Three rules of
the protocol are used: two survivor lists are never both endorsed (fewer than a third
collude); a brand masks only with shares from s - 1 neighbours or more; and it endorses
and reveals only if it masked with every neighbour on the list ("is content").

    Secrets: s <= k + 1, so the colluders beside i hold at most s - k/2 - 2 < s shares.

    Parts: let S be honest survivors whose masks are all gone, T the other honest
    survivors, and suppose T is not empty. Masks of S with honest survivors cancel within
    S only, so i in S masked with nobody in T. Rebuilding i's self mask takes s shares, so
    at least k/2 + 2 from content honest brands in N(i) or i.

    (a) Some i in S has a neighbour in T. Then i is not content, and a content j in S
    has no neighbour in T. If all the k/2 + 2 are in T, then with the s - 1 that i masked
    with, which are not, N(i) has s + k/2 + 1 > k members. So some are in S; say one
    stands before i, x places away (or mirror all). No member of T in N(i) is its
    neighbour, so all of them come after i, the first g places away with x + g > k/2; as
    this holds for each such j, they are at most g, and those in T at most k/2 - g + 1:
    k/2 + 1 in all, too few.

    (b) No member of S has a neighbour in T. Walk the circle from S clockwise to the
    first member of T; let i be the last member of S before it. In the k/2 places after i
    stands no honest survivor. So i and those before it hold at most k/2 + 1 shares, again
    too few.

For colluders chosen without regard to the shuffle, the number in N(i) is
hypergeometric: k draws of n - 1 brands, c of which collude. The union bound over
the n - c honest brands gives the probability that safety fails.

*Recovery*: at least s holders of each secret survive. For a survivor the k + 1
holders are it and N(i), for a dropped brand they are N(i) alone; drop-outs that do
not look at the shuffle are hypergeometric too, and a union bound over all n
gives the probability that an honest attempt has to be repeated. (Colluders may
refuse to reveal and so spoil an attempt; that is no loss of privacy.)

Bell et al. bound the same events, but for drop-outs that do not depend on the graph,
whereas here connectivity follows from the threshold. The shuffle comes from the
transcript, in which a colluder that advertises last can try keys; each try is one more
chance for it. `security_bits` therefore counts 40 bits that are to remain after 2^60
tries.

Source: Bell, Bonawitz, Gascon, Lepoint, Raykova, CCS 2020 (ePrint 2020/704).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, comb

from hanse_federation.secure_aggregation.context import encode_parts
from hanse_federation.secure_aggregation.errors import RosterRefusedError
from hanse_policies.documents import BrandId

COMPLETE_UP_TO = 50
"""Most brands with a complete graph."""
COLLUDING_SHARE = 0.1
DROPPING_SHARE = 0.1
SECURITY_BITS = 100
CORRECTNESS_BITS = 20

_SHUFFLE_LABEL = "shuffled-ring"
_WORD_BITS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhoods:
    """The graph of one roster.

    Attributes:
        neighbours: For each brand its neighbours, without itself, ordered by id.
        share_threshold: Shares of the k + 1 holders that rebuild a secret; None on a
            complete graph, where the threshold of the whole roster applies.
    """

    neighbours: Mapping[BrandId, tuple[BrandId, ...]]
    share_threshold: int | None


def neighbourhoods(
    roster: Sequence[BrandId], seed: bytes, colluders: int = 0, *, is_complete: bool = False
) -> Neighbourhoods:
    """Lay out the graph of a roster, with the security and drop-outs stated in this module.

    Args:
        roster: The brands, ordered and distinct.
        seed: What every brand had a part in, such as a digest of all advertisements.
        colluders: How many brands are assumed to collude; a tenth of them if that is more.
        is_complete: Whether everybody is everybody's neighbour, however many they are.

    Raises:
        RosterRefusedError: A brand stands in the roster twice.
    """
    size = len(roster)
    share = max(COLLUDING_SHARE, colluders / max(1, size))
    # Where a third may collude no sparse graph is safe.
    degree = (
        None
        if is_complete or share >= 1 / 3
        else degree_for(size, share, DROPPING_SHARE, SECURITY_BITS, CORRECTNESS_BITS)
    )
    threshold = None if degree is None else share_threshold_for(size, degree, share, SECURITY_BITS)
    return Neighbourhoods(neighbours(roster, seed, degree), threshold)


def neighbours(
    roster: Sequence[BrandId], seed: bytes, degree: int | None
) -> dict[BrandId, tuple[BrandId, ...]]:
    """Give each brand its neighbours; if j is one of i's, i is one of j's.

    Args:
        roster: The brands, distinct; the order counts for nothing but `seed`'s effect.
        seed: What shuffles the ring.
        degree: How many neighbours each brand has, even; None or at least n - 1: all.

    Returns:
        For each brand its neighbours, without itself, ordered by id.

    Raises:
        RosterRefusedError: A brand stands in the roster twice, or the degree is odd or
            below 2 where it matters.
    """
    size = len(roster)
    if len(set(roster)) != size:
        raise RosterRefusedError(
            f"a roster names a brand twice: expected {size} distinct brands, "
            f"got {len(set(roster))}; do not go on with this attempt"
        )
    if degree is None or degree >= size - 1:
        ordered = sorted(roster)
        return {brand: tuple(other for other in ordered if other != brand) for brand in roster}
    if degree < 2 or degree % 2:
        raise RosterRefusedError(
            f"a number of neighbours makes no sense: expected an even number from 2, got {degree}; "
            "compute it from the size of the roster"
        )
    ring = _shuffled(roster, seed)
    steps = [step for offset in range(1, degree // 2 + 1) for step in (-offset, offset)]
    return {
        brand: tuple(sorted(ring[(place + step) % size] for step in steps))
        for place, brand in enumerate(ring)
    }


@lru_cache(maxsize=128)
def degree_for(
    n: int,
    colluding_share: float,
    dropping_share: float,
    security_bits: int,
    correctness_bits: int,
) -> int | None:
    """Compute the least number of neighbours that is safe and recoverable.

    Args:
        n: Size of the roster.
        colluding_share: Most brands that collude with the operator, as a share of n; below 1/3.
        dropping_share: Most brands that drop out during the attempt, as a share of n.
        security_bits: The probability that safety fails is at most 2^-security_bits.
        correctness_bits: The probability that recovery fails is at most 2^-correctness_bits.

    Returns:
        The least even degree below n - 1; None where the complete graph is used, because
        the roster is small or no smaller degree is enough.

    Raises:
        RosterRefusedError: A share is out of range.
    """
    if n <= COMPLETE_UP_TO:
        return None
    dropped = _at_most(n, dropping_share, Fraction(1, 1))
    for degree in range(2, n - 1, 2):
        threshold = share_threshold_for(n, degree, colluding_share, security_bits)
        if threshold is None:
            continue
        failures = recovery_failure(n, degree, threshold, dropped)
        if failures * 2**correctness_bits <= 1:
            return degree
    return None


def share_threshold_for(
    n: int, degree: int, colluding_share: float, security_bits: int
) -> int | None:
    """Compute the least share threshold that is safe, or None where not even k + 1 is.

    Args:
        n: Size of the roster.
        degree: Neighbours of each brand, even.
        colluding_share: Most brands that collude with the operator, as a share of n; below 1/3.
        security_bits: The probability that safety fails is at most 2^-security_bits.

    Raises:
        RosterRefusedError: The share is out of range.
    """
    colluders = _at_most(n, colluding_share, Fraction(1, 3))
    candidates = range(degree // 2 + 2, degree + 2)
    at = bisect_left(
        candidates,
        True,
        key=lambda s: safety_failure(n, degree, s, colluders) * 2**security_bits <= 1,
    )
    return candidates[at] if at < len(candidates) else None


def safety_failure(n: int, degree: int, threshold: int, colluders: int) -> Fraction:
    """Bound the probability that some honest brand has too many colluders beside it."""
    most = threshold - degree // 2 - 2
    return (n - colluders) * hypergeometric_tail(n - 1, colluders, degree, most + 1)


def recovery_failure(n: int, degree: int, threshold: int, dropped: int) -> Fraction:
    """Bound the probability that fewer than `threshold` holders of some secret survive."""
    survivors_fail = hypergeometric_tail(n - 1, dropped, degree, degree + 2 - threshold)
    if dropped == 0:
        return n * survivors_fail
    dropped_fail = hypergeometric_tail(n - 1, dropped - 1, degree, degree + 1 - threshold)
    return (n - dropped) * survivors_fail + dropped * dropped_fail


def hypergeometric_tail(population: int, marked: int, draws: int, least: int) -> Fraction:
    """Compute the probability of at least `least` marked ones among `draws` of `population`."""
    ways = sum(
        comb(marked, hits) * comb(population - marked, draws - hits)
        for hits in range(max(least, 0), min(marked, draws) + 1)
    )
    return Fraction(ways, comb(population, draws))


def _at_most(n: int, share: float, below: Fraction) -> int:
    """Count a share of the roster, rounded up."""
    exact = Fraction(share).limit_denominator(10**6)
    if not 0 <= exact < below:
        raise RosterRefusedError(
            f"a share of a roster makes no sense: expected at least 0 and below {below}, "
            f"got {share}; state what the alliance assumes"
        )
    return ceil(n * exact)


def _shuffled(roster: Sequence[BrandId], seed: bytes) -> list[BrandId]:
    """Permute uniformly (Fisher and Yates), without the bias of a remainder."""
    ring = sorted(roster)
    words = _words(seed)
    for last in range(len(ring) - 1, 0, -1):
        limit = (1 << _WORD_BITS) // (last + 1) * (last + 1)
        word = next(word for word in words if word < limit)
        chosen = word % (last + 1)
        ring[last], ring[chosen] = ring[chosen], ring[last]
    return ring


def _words(seed: bytes) -> Iterator[int]:
    """Yield 64-bit numbers from SHA-256 over the seed and a counter."""
    counter = 0
    while True:
        block = encode_parts(_SHUFFLE_LABEL, seed, counter.to_bytes(8, "big"))
        digest = hashlib.sha256(block).digest()
        yield from (int.from_bytes(digest[at : at + 8], "big") for at in range(0, 32, 8))
        counter += 1
