"""Bound what one person can change: joint L2 clipping of per-person gradients.

Rules: one row of gradients is one person; the norm is over all parameters
together; the bound holds exactly, not up to rounding, because each clipped row
is truncated towards zero onto a binary grid, on which float64 adds without
rounding. So sums do not depend on the order of persons, and adding or removing
a person moves a sum by exactly that person's truncated row. No row can make a
sum fail: one that is not finite counts as zero, which keeps the bound.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hanse_clients.errors import GradientShapeError

MARGIN = 2.0**-26
"""Part of the clipping norm given up, to cover the rounding of the computed norm."""

_GRID_BITS = 30
"""A clipped value is below 2^30 grid units, so 2^23 persons add exactly in float64."""

MAX_ROWS = 2**23
"""Most persons in one call. Samples beyond it in all lean on `GaussianGrid`'s summation slack."""


def clipped_sum(gradients: NDArray[np.floating], clipping_norm: float) -> NDArray[np.float64]:
    """Clip each person's gradient to a norm and add them up.

    The norm of a row is computed in float64 with a relative error of at most
    about (d / 2 + 3) 2^-53, below `MARGIN` for any d < 2^27; scaling to
    (1 - MARGIN) C therefore gives a true norm of at most C, and truncating
    towards zero cannot lengthen a row.

    A row that is not finite cannot come of a study's model: features are at most
    1 in size, at most 500 of them are not zero, parameters are at most 1e4
    (`check_parameters`), and there are at most three hidden layers of 256. So
    activations are at most 5.1e6, 1.4e13, 3.4e19, the logit 8.6e25, the
    derivative by any activation 6.6e16 and by any parameter 3.4e19, all far below
    3.4e38, the largest float32. Should one come all the same, refusing would tell
    of one person without noise, so that person's row becomes zero instead.

    Args:
        gradients: Per-person gradients, shape (persons, d). Not modified.
        clipping_norm: Bound C > 0 on each row's Euclidean norm.

    Returns:
        The sum, shape (d,), a multiple of the grid in each coordinate; zeros for
        no persons.

    Raises:
        GradientShapeError: The array is not (persons, d), or holds too many persons.

    Source: Abadi et al., CCS 2016 (arXiv:1607.00133), Algorithm 1.
    """
    if gradients.ndim != 2 or len(gradients) > MAX_ROWS:
        raise GradientShapeError(
            f"expected one gradient row a person, at most {MAX_ROWS} of them, "
            f"got {gradients.ndim} dimensions"
        )
    rows = gradients.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", rows, rows)
    is_finite = np.isfinite(squares)
    rows[~is_finite], squares[~is_finite] = 0.0, 0.0
    norms = np.sqrt(squares)
    bound = clipping_norm * (1.0 - MARGIN)
    factors = np.where(norms > bound, bound / np.maximum(norms, bound), 1.0)
    # The unit is a power of two, so dividing by it and multiplying back are exact.
    unit = math.ldexp(1.0, math.frexp(clipping_norm)[1] - _GRID_BITS)
    rows *= (factors / unit)[:, np.newaxis]
    np.trunc(rows, out=rows)
    total: NDArray[np.float64] = rows.sum(axis=0) * unit
    return total
