"""The graph: symmetric, shuffled, and its safety bound checked against every small attack."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.errors import RosterRefusedError
from hanse_federation.secure_aggregation.graph import (
    COLLUDING_SHARE,
    COMPLETE_UP_TO,
    CORRECTNESS_BITS,
    DROPPING_SHARE,
    SECURITY_BITS,
    degree_for,
    hypergeometric_tail,
    neighbourhoods,
    neighbours,
    recovery_failure,
    safety_failure,
    share_threshold_for,
)
from hanse_policies.documents import BrandId

Bools = NDArray[np.bool_]


def roster(size: int) -> tuple[BrandId, ...]:
    return tuple(BrandId(f"brand-{number:04}") for number in range(size))


# The graph itself.


@pytest.mark.parametrize("size", [1, 3, 10])
def test_without_a_degree_everybody_is_everybodys_neighbour(size: int) -> None:
    brands = roster(size)
    for degree in (None, size - 1, size):
        graph = neighbours(brands, b"seed", degree)
        assert graph == {brand: tuple(b for b in brands if b != brand) for brand in brands}


@settings(max_examples=60)
@given(size=st.integers(4, 80), half=st.integers(1, 20), seed=st.binary(max_size=40))
def test_a_ring_is_regular_and_symmetric(size: int, half: int, seed: bytes) -> None:
    degree = min(2 * half, (size - 2) // 2 * 2)
    graph = neighbours(roster(size), seed, degree)
    assert set(graph) == set(roster(size))
    for brand, others in graph.items():
        assert len(set(others)) == len(others) == degree
        assert brand not in others
        assert list(others) == sorted(others)
        assert all(brand in graph[other] for other in others)


def test_the_order_of_the_roster_makes_no_difference() -> None:
    brands = roster(60)
    assert neighbours(brands, b"seed", 8) == neighbours(brands[::-1], b"seed", 8)


def test_another_seed_gives_another_ring() -> None:
    assert neighbours(roster(60), b"seed", 8) != neighbours(roster(60), b"other", 8)


def test_every_pair_is_equally_often_neighbours() -> None:
    # An unshuffled ring would always join brands of neighbouring names.
    brands, degree, rounds = roster(9), 2, 4000
    counts = dict.fromkeys(itertools.combinations(brands, 2), 0)
    for number in range(rounds):
        graph = neighbours(brands, number.to_bytes(4), degree)
        for pair in counts:
            counts[pair] += pair[1] in graph[pair[0]]
    share = degree / (len(brands) - 1)
    deviation = math.sqrt(rounds * share * (1 - share))
    assert all(abs(count - rounds * share) < 5 * deviation for count in counts.values())


def test_a_brand_that_stands_twice_in_the_roster_is_refused() -> None:
    with pytest.raises(RosterRefusedError, match="names a brand twice"):
        neighbours((*roster(5), BrandId("brand-0001")), b"seed", None)


@pytest.mark.parametrize("degree", [-2, 0, 1, 3])
def test_an_odd_or_empty_degree_is_refused(degree: int) -> None:
    with pytest.raises(RosterRefusedError, match="an even number from 2"):
        neighbours(roster(10), b"seed", degree)


@pytest.mark.parametrize("size", [3, COMPLETE_UP_TO])
def test_a_small_roster_has_the_complete_graph_and_the_rosters_threshold(size: int) -> None:
    graph = neighbourhoods(roster(size), b"seed")
    assert graph.share_threshold is None
    assert all(len(others) == size - 1 for others in graph.neighbours.values())


@pytest.mark.parametrize("size", [51, 100, 200])
def test_a_large_roster_has_a_ring_with_its_own_threshold(size: int) -> None:
    graph = neighbourhoods(roster(size), b"seed")
    degrees = {len(others) for others in graph.neighbours.values()}
    degree = degrees.pop()
    assert not degrees
    assert degree < size - 1
    assert graph.share_threshold is not None
    assert degree // 2 + 2 <= graph.share_threshold <= degree + 1


# The bounds.


@pytest.mark.parametrize(("population", "marked", "draws"), [(6, 2, 3), (7, 0, 4), (5, 5, 2)])
def test_the_tail_is_that_of_counting_all_draws(population: int, marked: int, draws: int) -> None:
    ways = list(itertools.combinations(range(population), draws))
    for least in range(-1, draws + 2):
        hits = sum(sum(one < marked for one in way) >= least for way in ways)
        tail = hypergeometric_tail(population, marked, draws, least)
        assert tail == Fraction(hits, len(ways))


@pytest.mark.parametrize("size", [51, 80, 100, 300])
def test_the_degree_is_the_least_that_meets_both_bounds(size: int) -> None:
    given_shares = (size, COLLUDING_SHARE, DROPPING_SHARE, SECURITY_BITS, CORRECTNESS_BITS)
    degree = degree_for(*given_shares)
    assert degree is not None
    colluders, dropped = math.ceil(size / 10), math.ceil(size / 10)

    def is_enough(candidate: int) -> bool:
        return any(
            safety_failure(size, candidate, s, colluders) <= Fraction(1, 2**SECURITY_BITS)
            and recovery_failure(size, candidate, s, dropped) <= Fraction(1, 2**CORRECTNESS_BITS)
            for s in range(candidate // 2 + 2, candidate + 2)
        )

    assert is_enough(degree)
    assert not any(is_enough(smaller) for smaller in range(2, degree, 2))


def test_the_threshold_is_the_least_that_is_safe() -> None:
    threshold = share_threshold_for(300, 120, 0.1, 100)
    assert threshold is not None
    assert safety_failure(300, 120, threshold, 30) <= Fraction(1, 2**100)
    assert safety_failure(300, 120, threshold - 1, 30) > Fraction(1, 2**100)


def test_no_threshold_is_safe_where_colluders_can_surround_a_brand() -> None:
    assert share_threshold_for(300, 10, 0.3, 100) is None


def test_more_of_what_can_go_wrong_takes_more_neighbours() -> None:
    base = degree_for(400, 0.05, 0.05, 40, 20)
    assert base is not None
    for harder in ((0.1, 0.05, 40, 20), (0.05, 0.1, 40, 20), (0.05, 0.05, 80, 20)):
        degree = degree_for(400, *harder)
        assert degree is not None
        assert degree > base


def test_where_no_ring_is_enough_the_graph_is_complete() -> None:
    assert degree_for(51, 0.3, 0.3, 40, 20) is None


@pytest.mark.parametrize(("colluding", "dropping"), [(1 / 3, 0.1), (-0.1, 0.1), (0.1, 1.0)])
def test_assumptions_out_of_range_are_refused(colluding: float, dropping: float) -> None:
    with pytest.raises(RosterRefusedError, match="share of a roster"):
        degree_for(100, colluding, dropping, 40, 20)


@pytest.mark.slow
def test_the_bounds_hold_in_simulation() -> None:
    # Bits so few that failures are seen: they are rarer than the bound, and not absent.
    size, degree, threshold, colluders, dropped, rounds = 60, 20, 15, 6, 12, 3000
    brands = roster(size)
    unsafe = unrecoverable = 0
    for number in range(rounds):
        graph = neighbours(brands, number.to_bytes(4), degree)
        bad, gone = set(brands[:colluders]), set(brands[-dropped:])
        unsafe += any(
            len(bad.intersection(graph[b])) > threshold - degree // 2 - 2
            for b in brands
            if b not in bad
        )
        unrecoverable += any(len({b, *graph[b]} - gone) < threshold for b in brands)
    for failures, bound in (
        (unsafe, safety_failure(size, degree, threshold, colluders)),
        (unrecoverable, recovery_failure(size, degree, threshold, dropped)),
    ):
        assert failures > 0
        likely = min(1.0, float(bound))
        assert failures <= rounds * likely + 5 * math.sqrt(rounds * likely)


# Safety against every choice of colluders, drop-outs and withheld shares.

COLLUDES, DROPPED, READ, OTHER = range(4)


def beside(at: Bools, degree: int) -> NDArray[np.int64]:
    """Count, for each place of each circle, how many of its neighbours are marked."""
    offsets = [o for o in range(-(degree // 2), degree // 2 + 1) if o]
    rolled = [np.roll(at, -o, axis=1) for o in offsets]
    return np.asarray(np.sum(rolled, axis=0, dtype=np.int64))


def is_attack(circles: NDArray[np.int64], degree: int, threshold: int) -> Bools:
    """Tell, for each labelled circle, whether the operator reads the sum over `READ` alone.

    `READ` and `OTHER` are the honest survivors. The operator withheld from each of `READ`
    all shares of its neighbours in `OTHER`, which is the best it can do: the two parts share
    no mask, and each member of `OTHER` holds all shares it can and masked with everybody.
    """
    marked = [circles == label for label in range(4)]
    near = [beside(at, degree) for at in marked]
    masked = near[COLLUDES] + near[DROPPED] + near[READ] + 1 >= threshold
    is_content = marked[OTHER] | (marked[READ] & (near[OTHER] == 0))
    revealing = near[COLLUDES] + beside(is_content, degree) + is_content >= threshold
    everyone_read = np.all((masked & revealing) | ~marked[READ], axis=1)
    split = marked[READ].any(axis=1) & marked[OTHER].any(axis=1)
    return np.asarray(split & everyone_read)


def all_circles(size: int) -> NDArray[np.int64]:
    """List every labelling of a circle whose first place is `READ`, for symmetry."""
    rest = np.indices((4,) * (size - 1)).reshape(size - 1, -1).T
    return np.column_stack([np.full(len(rest), READ), rest])


def most_colluders_beside_an_honest(circles: NDArray[np.int64], degree: int) -> NDArray[np.int64]:
    bad = circles == COLLUDES
    return np.asarray(np.where(bad, 0, beside(bad, degree)).max(axis=1))


@pytest.mark.parametrize(("size", "degree"), [(8, 4), (9, 4), (9, 6), (10, 4)])
def test_no_choice_of_the_operator_reads_a_part_while_safety_holds(size: int, degree: int) -> None:
    circles = all_circles(size)
    colluders = most_colluders_beside_an_honest(circles, degree)
    for threshold in range(degree // 2 + 2, degree + 2):
        safe = colluders <= threshold - degree // 2 - 2
        assert safe.any()
        assert not is_attack(circles[safe], degree, threshold).any()


@pytest.mark.parametrize(("size", "degree"), [(10, 4), (11, 4)])
def test_one_colluder_more_than_safe_lets_the_operator_read_a_part(size: int, degree: int) -> None:
    circles = all_circles(size)
    colluders = most_colluders_beside_an_honest(circles, degree)
    threshold = degree // 2 + 2
    one_more = colluders == threshold - degree // 2 - 1
    assert is_attack(circles[one_more], degree, threshold).any()


def test_below_the_least_threshold_drop_outs_alone_let_the_operator_read_a_part() -> None:
    circles = all_circles(9)
    honest = most_colluders_beside_an_honest(circles, 4) == 0
    assert is_attack(circles[honest], 4, threshold=3).any()


def test_as_many_colluders_as_assumed_make_the_graph_denser_and_a_third_complete() -> None:
    brands = roster(60)
    few = neighbourhoods(brands, b"seed", colluders=1)
    more = neighbourhoods(brands, b"seed", colluders=10)
    third = neighbourhoods(brands, b"seed", colluders=20)
    assert len(few.neighbours[brands[0]]) < len(more.neighbours[brands[0]])
    assert few.share_threshold is not None
    assert third.share_threshold is None
    assert len(third.neighbours[brands[0]]) == 59


def test_a_complete_graph_may_be_asked_for_at_any_size() -> None:
    graph = neighbourhoods(roster(60), b"seed", is_complete=True)
    assert graph.share_threshold is None
