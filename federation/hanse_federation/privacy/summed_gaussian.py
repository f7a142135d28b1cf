"""Renyi divergence of a sum of integers that several brands each made noisy.

The noise is a sum of m independent discrete Gaussians of parameter s, which is
not quite the discrete Gaussian of parameter s sqrt(m). With

    t = 10 (exp(-2 pi^2 s^2 1/2) + exp(-2 pi^2 s^2 2/3) + ... + exp(-2 pi^2 s^2 (m-1)/m))

the logarithms of the two probabilities differ by at most t / 2 in a coordinate.

Without sampling, the divergence of order a > 1 of two such sums at L2 distance
at most D is at most both a x^2 / 2 + t d and a (x + t sqrt(d))^2 / 2, where
x = D / (s sqrt(m)) and d is the number of coordinates. As a > 1, both are at most
a times the zCDP parameter that `summed_gaussian_rho` returns.

With sampling, let P be the noise's law, G the discrete Gaussian's, P' and G' the
same at the other data. E_P[(1 - q + q P'/P)^a] is at most exp(t d / 2)
E_G[(1 - q + q exp(t d) G'/G)^a], hence at most exp(t d (1 + 2 a) / 2) times the
moment for G and G', which is the sampled Gaussian's (see `GaussianGrid` for
discrete and continuous). So the divergence grows by t d (1 + 2 a) / (2 (a - 1));
exchanging the two roles gives the same. That discrete may stand for continuous
at orders that are no integers needs s of some size, so less than 4 is refused.

At s >= 8, which every mechanism here keeps, t < 2^-900: all this is to know that
the plain Gaussian's numbers may be used, and it is refused where they may not.

Source: Kairouz, Liu, Steinke, ICML 2021 (arXiv:2102.06387), Theorem 1 and
Proposition 14 (sigma at least 1/2).
"""

from __future__ import annotations

import math

from hanse_federation.errors import PrivacyEventError
from hanse_federation.privacy.sampled_gaussian import Floats, sampled_gaussian_divergence

LEAST_SIGMA = 0.5
"""The theorem's condition."""
LEAST_SAMPLED_SIGMA = 4.0


def sum_discrepancy(shares: int, share_sigma: float) -> float:
    """Return t of the module's docstring, rounded up.

    Args:
        shares: Discrete Gaussians summed, at least 1; one alone has none.
        share_sigma: Parameter of each, at least LEAST_SIGMA.

    Raises:
        PrivacyEventError: An argument is out of its range.
    """
    if shares < 1:
        raise PrivacyEventError(f"expected at least 1 share of noise, got {shares}")
    if not (LEAST_SIGMA <= share_sigma < math.inf):
        raise PrivacyEventError(
            f"expected a share of noise of parameter {LEAST_SIGMA} or more, got {share_sigma}; "
            "use a finer grid"
        )
    exponent = -2 * (math.pi * share_sigma) ** 2
    total = 10 * math.fsum(math.exp(exponent * k / (k + 1)) for k in range(1, shares))
    # exp turns a relative error of its argument into that many times the argument.
    return total * (1 - exponent * 2.0**-48)


def summed_gaussian_rho(
    noise_multiplier: float, shares: int, share_sigma: float, dimension: int
) -> float:
    """Return the zCDP parameter of one release of such a sum.

    Args:
        noise_multiplier: s sqrt(m) over the L2 sensitivity D, > 0.
        shares: m, at least 1.
        share_sigma: s, at least LEAST_SIGMA.
        dimension: d, at least 1.

    Raises:
        PrivacyEventError: An argument is out of its range.
    """
    discrepancy = _checked_discrepancy(shares, share_sigma, dimension)
    scale = 1 / noise_multiplier
    return min(
        scale**2 / 2 + discrepancy * dimension,
        (scale + discrepancy * math.sqrt(dimension)) ** 2 / 2,
    )


def sampled_summed_divergence(
    noise_multiplier: float,
    sampling_rate: float,
    orders: Floats,
    *,
    shares: int,
    share_sigma: float,
    dimension: int,
) -> Floats:
    """Bound the divergence of one release over a Poisson sample at each order.

    Args:
        noise_multiplier: See `summed_gaussian_rho`.
        sampling_rate: Chance of each person to be in the sample, in (0, 1].
        orders: Orders, each above 1, increasing, shape (n,).
        shares: See `summed_gaussian_rho`.
        share_sigma: At least LEAST_SAMPLED_SIGMA.
        dimension: See `summed_gaussian_rho`.

    Returns:
        An upper bound at each order, shape (n,).

    Raises:
        PrivacyEventError: An argument is out of its range.
    """
    if share_sigma < LEAST_SAMPLED_SIGMA:
        raise PrivacyEventError(
            f"expected a share of noise of parameter {LEAST_SAMPLED_SIGMA} or more under "
            f"sampling, got {share_sigma}; use a finer grid"
        )
    discrepancy = _checked_discrepancy(shares, share_sigma, dimension)
    exact = sampled_gaussian_divergence(noise_multiplier, sampling_rate, orders)
    widened: Floats = exact + discrepancy * dimension * (1 + 2 * orders) / (2 * (orders - 1))
    return widened


def _checked_discrepancy(shares: int, share_sigma: float, dimension: int) -> float:
    if dimension < 1:
        raise PrivacyEventError(f"expected a dimension of at least 1, got {dimension}")
    return sum_discrepancy(shares, share_sigma)
