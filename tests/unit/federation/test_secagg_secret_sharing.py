"""Secret sharing: the field, the threshold, and that a wrong share never goes unnoticed."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation import secret_sharing
from hanse_federation.secure_aggregation.errors import (
    AggregationFormatError,
    SumUnrecoverableError,
)
from hanse_federation.secure_aggregation.secret_sharing import PRIME, join, split

SECRET = bytes(range(32))


class Scripted:
    """Hands out given bytes, then zeros."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def random_bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        now, self.data = self.data[:count], self.data[count:]
        return now.ljust(count, b"\0")

    def words(self, count: int) -> NDArray[np.uint64]:
        """Refuse; shares ask for bytes."""
        raise AssertionError(count)


def is_probable_prime(number: int, rounds: int = 64) -> bool:
    """Test by Miller and Rabin: a composite passes with probability at most 4^-rounds."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    source = random.Random(20)
    for _ in range(rounds):
        power = pow(source.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def shares_of(secret: bytes, threshold: int, count: int, seed: int = 1) -> dict[int, bytes]:
    return split(secret, threshold, range(1, count + 1), SeededRandomness(seed))


def test_the_field_is_the_integers_modulo_the_least_prime_above_2_to_the_256() -> None:
    assert PRIME == 2**256 + 297
    assert is_probable_prime(PRIME)
    assert not any(is_probable_prime(2**256 + k, rounds=8) for k in range(1, 297, 2))


@settings(max_examples=60)
@given(data=st.data())
def test_any_shares_of_the_threshold_give_the_secret_back(data: st.DataObject) -> None:
    secret = data.draw(st.binary(min_size=32, max_size=32))
    points = data.draw(st.lists(st.integers(1, 2**32), min_size=1, max_size=20, unique=True))
    threshold = data.draw(st.integers(1, len(points)))
    shares = split(secret, threshold, points, SeededRandomness(data.draw(st.integers(0, 999))))
    assert list(shares) == points
    chosen = data.draw(st.permutations(points))[: data.draw(st.integers(threshold, len(points)))]
    assert join({x: shares[x] for x in chosen}, threshold) == secret


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32])
def test_the_edges_of_the_secret_range_round_trip(secret: bytes) -> None:
    shares = shares_of(secret, 3, 5)
    for some in itertools.combinations(shares, 3):
        assert join({x: shares[x] for x in some}, 3) == secret


def test_two_thirds_of_a_hundred_shares_give_the_secret_back() -> None:
    shares = shares_of(SECRET, 67, 100)
    assert join(shares, 67) == SECRET
    assert join({x: shares[x] for x in range(34, 101)}, 67) == SECRET


def test_a_share_has_33_bytes_and_is_the_value_of_the_polynomial() -> None:
    coefficient = (5).to_bytes(33, "big")
    shares = split(bytes(31) + b"\x07", 2, [1, 3], Scripted(coefficient))
    assert shares == {1: (12).to_bytes(33, "big"), 3: (22).to_bytes(33, "big")}


def test_coefficients_at_or_above_the_prime_are_drawn_again() -> None:
    drawn = [PRIME, PRIME + 1, 2**257 - 1, PRIME - 1]
    shares = split(bytes(32), 2, [1, 2], Scripted(b"".join(x.to_bytes(33, "big") for x in drawn)))
    assert shares[1] == (PRIME - 1).to_bytes(33, "big")


def test_bits_above_the_257th_are_ignored() -> None:
    shares = split(bytes(32), 2, [1, 2], Scripted((2**260 + 9).to_bytes(33, "big")))
    assert shares[1] == (9).to_bytes(33, "big")


def test_fewer_shares_than_the_threshold_are_refused() -> None:
    shares = shares_of(SECRET, 4, 6)
    with pytest.raises(SumUnrecoverableError, match="expected at least 4 shares, got 3"):
        join({x: shares[x] for x in (1, 2, 3)}, 4)


def test_fewer_shares_than_the_threshold_fit_every_secret() -> None:
    # Two of three shares and any secret at all lie on one polynomial of degree two.
    shares = {x: int.from_bytes(share, "big") for x, share in shares_of(SECRET, 3, 3).items()}
    for other in (0, 1, 2**256 - 1):
        third = (shares[1] * -3 + shares[2] * 3 + other) % PRIME  # the value at 3 then
        guess = {1: shares[1], 2: shares[2], 3: third}
        joined = join({x: y.to_bytes(33, "big") for x, y in guess.items()}, 3)
        assert int.from_bytes(joined, "big") == other


def test_single_shares_of_two_secrets_are_distributed_alike() -> None:
    # A coarse look: the top bits of a share fall evenly whatever the secret is.
    for secret in (bytes(32), b"\xff" * 32):
        tops = [shares_of(secret, 2, 2, seed)[1][1] >> 5 for seed in range(1600)]
        assert all(abs(tops.count(value) - 200) < 5 * 14 for value in range(8))


@settings(max_examples=60)
@given(count=st.integers(2, 12), wrong=st.integers(1, 12), flip=st.integers(0, 255), data=st.data())
def test_a_wrong_share_among_more_than_the_threshold_is_always_noticed(
    count: int, wrong: int, flip: int, data: st.DataObject
) -> None:
    threshold = data.draw(st.integers(1, count - 1))
    shares = shares_of(SECRET, threshold, count)
    wrong = min(wrong, count)
    value = int.from_bytes(shares[wrong], "big") ^ (1 << flip)
    shares[wrong] = min(value, PRIME - 1).to_bytes(33, "big")
    with pytest.raises(SumUnrecoverableError, match="contradict each other"):
        join(shares, threshold)


@settings(max_examples=60)
@given(data=st.data())
def test_as_many_wrong_shares_as_there_are_to_spare_are_noticed(data: st.DataObject) -> None:
    threshold, surplus = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    shares = shares_of(SECRET, threshold, threshold + surplus)
    points = data.draw(st.permutations(sorted(shares)))[: data.draw(st.integers(1, surplus))]
    for x in points:
        shift = data.draw(st.integers(1, PRIME - 1))
        wrong = (int.from_bytes(shares[x], "big") + shift) % PRIME
        shares[x] = wrong.to_bytes(33, "big")
    with pytest.raises(SumUnrecoverableError, match="contradict each other"):
        join(shares, threshold)


def test_shares_of_two_secrets_do_not_mix() -> None:
    ours, theirs = shares_of(SECRET, 3, 5, seed=1), shares_of(SECRET, 3, 5, seed=2)
    with pytest.raises(SumUnrecoverableError, match="contradict each other"):
        join({1: ours[1], 2: ours[2], 3: theirs[3], 4: theirs[4]}, 3)


@pytest.mark.parametrize("size", [0, 32, 34, 66])
def test_a_share_of_a_wrong_size_is_refused(size: int) -> None:
    shares = shares_of(SECRET, 2, 3) | {2: bytes(size)}
    with pytest.raises(SumUnrecoverableError, match=f"at point 2 .* 33 bytes, got {size}"):
        join(shares, 2)


@pytest.mark.parametrize("value", [PRIME, PRIME + 1, 2**264 - 1])
def test_a_share_outside_the_field_is_refused(value: int) -> None:
    shares = shares_of(SECRET, 2, 3) | {2: value.to_bytes(33, "big")}
    with pytest.raises(SumUnrecoverableError, match="no element of the field"):
        join(shares, 2)


@pytest.mark.parametrize("point", [0, -1])
def test_a_share_at_the_secrets_own_place_is_refused(point: int) -> None:
    shares = shares_of(SECRET, 2, 3)
    with pytest.raises(SumUnrecoverableError, match="a point of at least 1"):
        join(shares | {point: shares[1]}, 2)


def test_shares_that_give_more_than_256_bits_are_refused() -> None:
    with pytest.raises(SumUnrecoverableError, match="expected a number of 256 bits"):
        join({1: (2**256).to_bytes(33, "big")}, 1)


@pytest.mark.parametrize(
    ("secret", "threshold", "points"),
    [
        (bytes(31), 2, [1, 2]),
        (bytes(33), 2, [1, 2]),
        (bytes(32), 0, [1, 2]),
        (bytes(32), 3, [1, 2]),
        (bytes(32), 1, [0, 1]),
        (bytes(32), 1, [1, 1]),
        (bytes(32), 1, [1, PRIME]),
    ],
)
def test_nonsense_is_not_split(secret: bytes, threshold: int, points: list[int]) -> None:
    with pytest.raises(AggregationFormatError):
        split(secret, threshold, points, SeededRandomness(1))


def test_a_threshold_of_none_is_not_joined() -> None:
    with pytest.raises(AggregationFormatError, match="at least 1, got 0"):
        join(shares_of(SECRET, 2, 3), 0)


def test_an_error_shows_no_share() -> None:
    share = (2**264 - 1).to_bytes(33, "big")
    with pytest.raises(SumUnrecoverableError) as refused:
        join({1: share}, 1)
    assert str(2**264 - 1) not in str(refused.value)
    assert share.hex() not in str(refused.value)


def test_the_basis_is_computed_once_for_many_secrets_with_the_same_holders() -> None:
    secret_sharing._basis_at_zero.cache_clear()
    for seed in range(5):
        join({x: y for x, y in shares_of(SECRET, 5, 9, seed).items() if x > 4}, 5)
    assert secret_sharing._basis_at_zero.cache_info().misses == 1
