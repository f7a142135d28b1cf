"""Bound what one person can change: joint L2 clipping of per-person gradients.

Rules: one row of gradients is one person; the norm is over all parameters
together; the bound holds exactly, not up to rounding, because each clipped row
is truncated towards zero onto a binary grid, on which float64 adds without
rounding. So sums do not depend on the order of persons, and adding or removing
a person moves a sum by exactly that person's truncated row.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hanse_clients.errors import GradientShapeError, NonFiniteGradientError

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

    Args:
        gradients: Per-person gradients, shape (persons, d). Not modified.
        clipping_norm: Bound C > 0 on each row's Euclidean norm.

    Returns:
        The sum, shape (d,), a multiple of the grid in each coordinate; zeros for
        no persons.

    Raises:
        GradientShapeError: The array is not (persons, d), or holds too many persons.
        NonFiniteGradientError: A gradient is NaN or infinite.

    Source: Abadi et al., CCS 2016 (arXiv:1607.00133), Algorithm 1.
    """
    if gradients.ndim != 2 or len(gradients) > MAX_ROWS:
        raise GradientShapeError(
            f"expected one gradient row a person, at most {MAX_ROWS} of them, "
            f"got {gradients.ndim} dimensions"
        )
    rows = gradients.astype(np.float64)
    squares = np.einsum("ij,ij->i", rows, rows)
    if not np.all(np.isfinite(squares)):
        raise NonFiniteGradientError(
            "expected finite gradients from every person, got NaN or infinity; "
            "nothing was added up and nothing left"
        )
    norms = np.sqrt(squares)
    bound = clipping_norm * (1.0 - MARGIN)
    factors = np.where(norms > bound, bound / np.maximum(norms, bound), 1.0)
    # The unit is a power of two, so dividing by it and multiplying back are exact.
    unit = math.ldexp(1.0, math.frexp(clipping_norm)[1] - _GRID_BITS)
    rows *= (factors / unit)[:, np.newaxis]
    np.trunc(rows, out=rows)
    total: NDArray[np.float64] = rows.sum(axis=0) * unit
    return total
