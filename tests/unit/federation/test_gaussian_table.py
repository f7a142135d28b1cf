"""Tables of the discrete Gaussian against arbitrary-precision sums."""

from __future__ import annotations

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest

from hanse_federation.privacy.gaussian_table import REST_BYTES, GaussianTable, gaussian_table


def threshold(table: GaussianTable, index: int) -> int:
    """Put a threshold of 255 bits together again."""
    return (int(table.heads[index]) << (8 * REST_BYTES)) | int.from_bytes(table.rest(index), "big")


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0, 7.25, 123.456])
def test_every_threshold_is_within_two_units_of_the_exact_probability(sigma: float) -> None:
    table = gaussian_table(sigma)
    with mpmath.workdps(110):
        weights = [
            mpmath.exp(-(mpmath.mpf(k) ** 2) / (2 * mpmath.mpf(sigma) ** 2)) * (2 if k else 1)
            for k in range(int(30 * sigma) + 40)
        ]
        total, partial = mpmath.fsum(weights), mpmath.mpf(0)
        for index in range(len(table.heads) - 1):
            partial += weights[index]
            exact = partial / total * mpmath.mpf(2) ** 255
            assert abs(exact - threshold(table, index)) < 2


def test_thresholds_never_fall_and_end_at_the_stop() -> None:
    table = gaussian_table(50.0)
    values = [threshold(table, index) for index in range(len(table.heads) - 1)]
    assert values == sorted(values)
    assert values[-1] < 1 << 255
    assert int(table.heads[-1]) == 1 << 63


def test_guide_points_at_or_before_the_right_threshold() -> None:
    table = gaussian_table(300.0)
    starts = np.arange(1 << 16, dtype=np.uint64) << np.uint64(47)
    assert (table.guide == np.searchsorted(table.heads, starts, side="left")).all()


def test_tables_are_built_once() -> None:
    assert gaussian_table(12.5) is gaussian_table(12.5)
