from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_demo.report import Estimate, numerals


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3.00"), (2.991, "3.00"), (2.9900000001, "2.99"), (0.0341, "0.035"), (0, "0.00"),
     (float("inf"), "∞"), (12.345, "12.35")],
)  # fmt: skip
def test_epsilon_is_rounded_up(value: float, text: str) -> None:
    assert numerals.epsilon(value) == text


@given(st.floats(1e-9, 1e4))
def test_epsilon_is_never_understated(value: float) -> None:
    assert float(numerals.epsilon(value)) >= value * (1 - 1e-5)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (812, "812 B"), (1000, "1.00 kB"), (235_400, "235 kB"), (999_600, "1.00 MB"),
     (4_000_000, "4.00 MB"), (3_210_000_000, "3.21 GB")],
)  # fmt: skip
def test_sizes_have_three_digits(count: int, text: str) -> None:
    assert numerals.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "840 ms"), (8.43, "8.4 s"), (161, "2 min 41 s"), (3723, "1 h 2 min")],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert numerals.duration(seconds) == text


def test_small_probability_is_a_power_of_ten() -> None:
    assert numerals.delta(1e-6) == "1 × 10⁻⁶"
    assert numerals.delta(2.5e-7) == "2.5 × 10⁻⁷"


def test_half_width_of_a_count_is_rounded_up() -> None:
    assert numerals.persons(Estimate(1874, 1859.8, 1888.2)) == "1,874 ± 15"


def test_overhead_of_nothing_is_a_dash() -> None:
    assert numerals.overhead(0, 0) == "–"
    assert numerals.overhead(1000, 1002) == "1.002"
