"""Renyi divergence of the Poisson-sampled Gaussian mechanism, at any order above 1.

With sensitivity 1, noise deviation s and sampling rate q, the divergence of order
a is log(A) / (a - 1), A = E[f(X)^a], X ~ N(0, s^2) and
f(x) = 1 - q + q exp((2x - 1) / (2 s^2)); the other direction is never larger
(add or remove one person). A is an integral over the line, taken here by the
trapezoidal rule, which serves integer and fractional orders alike.

Error of the rule. f^a is analytic for |Im x| < pi s^2, and |f(x + iy)| <= f(x)
there, so the integrand at x + iy is at most exp(y^2 / 2s^2) times its value at
x. With step h the rule then errs by a factor of at most
2 exp(y^2 / 2s^2) / (exp(2 pi y / h) - 1) for any such y (Trefethen, Weideman 2014,
Theorem 5.1). `_step` makes that less than 2 exp(-36). What lies more than 13 s
left of 0 or right of a is less than exp(-72) of the whole: the logarithm's slope
is at most (a - x) / s^2. Both, and the rounding of floats, are covered by
ALLOWANCE, added so that a divergence is never stated too low.

Source: Mironov, Talwar, Zhang 2019 (arXiv:1908.10530), section 3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RELATIVE_ALLOWANCE = 1e-12
ALLOWANCE = 1e-13
_REACH = 13.0
_GROUP = 16
_MOST_POINTS = 20_000


def sampled_gaussian_divergence(
    noise_multiplier: float, sampling_rate: float, orders: Floats
) -> Floats:
    """Compute the Renyi divergence of one release at each order.

    Args:
        noise_multiplier: Deviation over sensitivity, > 0.
        sampling_rate: Chance of each person to be in the sample, in (0, 1].
        orders: Orders, each above 1, increasing, shape (n,).

    Returns:
        An upper bound at each order, tight to about 1e-12, shape (n,). Where the
        integral would take too long (orders far above the noise's square) it is
        the divergence without sampling, which is always a bound.
    """
    unsampled = orders / (2 * noise_multiplier**2)
    if sampling_rate == 1:
        return unsampled
    divergence = unsampled.copy()
    for start in range(0, len(orders), _GROUP):
        part = slice(start, start + _GROUP)
        group = orders[part]
        if float(group[-1]) / _step(noise_multiplier) > _MOST_POINTS:
            break
        logarithms = _log_moments(noise_multiplier, sampling_rate, group)
        bounds = (logarithms * (1 + RELATIVE_ALLOWANCE) + ALLOWANCE) / (group - 1)
        divergence[part] = np.minimum(unsampled[part], bounds)
    return divergence


def _log_moments(sigma: float, rate: float, orders: Floats) -> Floats:
    """Compute log A for orders of similar size; they share one set of points."""
    step = _step(sigma)
    first = math.floor(-_REACH * sigma / step)
    last = math.ceil((float(orders[-1]) + _REACH * sigma) / step)
    points = np.arange(first, last + 1) * step
    log_density_ratio = (2 * points - 1) / (2 * sigma**2)
    log_mixture = np.logaddexp(math.log1p(-rate), math.log(rate) + log_density_ratio)
    exponents = np.multiply.outer(orders, log_mixture) - points**2 / (2 * sigma**2)
    highest = exponents.max(axis=1, keepdims=True)
    sums = np.log(np.exp(exponents - highest).sum(axis=1)) + highest[:, 0]
    logarithms: Floats = sums + math.log(step / (sigma * math.sqrt(2 * math.pi)))
    return np.maximum(logarithms, 0.0)


def _step(sigma: float) -> float:
    """Choose the step for which the module's bound is less than 2 exp(-36).

    For steps above 2 the best y is 2 pi s^2 / h, below pi s^2, and the bound
    2 exp(-2 (pi s / h)^2); else y goes to pi s^2 and the bound is
    2 exp(-2 pi^2 s^2 (1/h - 1/4)).
    """
    coarse = math.pi * sigma / math.sqrt(18)
    return coarse if coarse > 2 else 1 / (0.25 + 18 / (math.pi * sigma) ** 2)
