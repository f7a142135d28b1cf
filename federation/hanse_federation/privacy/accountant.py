"""Turns events into privacy loss. The only place that knows epsilon.

Rules: accounting is by Renyi divergence for add-or-remove-one-person
neighbours; divergences of one order add up over events, so a whole history is
one curve; whatever is not known to be private is refused; every rounding is
upward. Gaussians without sampling are kept as their zCDP rho, for which all
orders are known, and their epsilon is the best over all real orders.

Source: Mironov 2017 (arXiv:1702.07476), composition; Bun, Steinke 2016
(arXiv:1605.02065), zCDP; Canonne, Kamath, Steinke 2020 (arXiv:2004.00010),
Proposition 12, conversion to (epsilon, delta).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import NoiseParameterError, PrivacyEventError
from hanse_federation.privacy.events import (
    ComposedEvent,
    Event,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_federation.privacy.sampled_gaussian import Floats, sampled_gaussian_divergence
from hanse_federation.privacy.summed_gaussian import (
    sampled_summed_divergence,
    summed_gaussian_rho,
)

ORDERS: Floats = 1 + 2.0 ** np.concatenate(
    [np.arange(-40, 0) / 8, np.arange(224) / 32, 7 + np.arange(61) / 12]
)
"""Renyi orders for sampled events: a - 1 from 2^-5 to 2^12, closest from 1 to 128,
where the best order of a sampled training lies and its divergence bends sharply."""
ORDERS.setflags(write=False)

LEAST_EVENT_MULTIPLIER = 1e-3
"""Least noise, over the sensitivity, that an event may state."""

_NO_DIVERGENCE: Floats = np.zeros(len(ORDERS))
_NO_DIVERGENCE.setflags(write=False)
_CONVERSION: Floats = np.log1p(-1 / ORDERS) - np.log(ORDERS) / (ORDERS - 1)


@dataclass(frozen=True, slots=True)
class PrivacyLimit:
    """The most privacy loss allowed: (epsilon, delta)-differential privacy."""

    epsilon: float
    delta: float


@dataclass(frozen=True, slots=True)
class PrivacySpent:
    """Privacy loss as it is reported, for one person at one brand, add or remove one person.

    Attributes:
        epsilon: Loss at `delta`, by the Renyi accountant.
        delta: The delta that epsilon goes with.
        rho: zCDP parameter without amplification by sampling; always valid.
    """

    epsilon: float
    delta: float
    rho: float


@dataclass(frozen=True, slots=True, eq=False)
class RenyiCurve:
    """Renyi divergence of a composition as a function of the order; curves add up.

    Attributes:
        rho: zCDP parameter of everything, without amplification by sampling.
        gaussian_rho: zCDP parameter of the events without sampling.
        sampled: Divergence of the sampled events at each of `ORDERS`.
    """

    rho: float
    gaussian_rho: float
    sampled: Floats

    @classmethod
    def zero(cls) -> Self:
        """Return the curve of nothing released."""
        return cls(0.0, 0.0, _NO_DIVERGENCE)

    def __add__(self, other: RenyiCurve) -> RenyiCurve:
        return RenyiCurve(
            self.rho + other.rho,
            self.gaussian_rho + other.gaussian_rho,
            self.sampled + other.sampled,
        )

    def times(self, count: int) -> RenyiCurve:
        """Return the curve of `count` such compositions, one after the other."""
        return RenyiCurve(count * self.rho, count * self.gaussian_rho, count * self.sampled)

    def less(self, other: RenyiCurve) -> RenyiCurve:
        """Return what is left of this composition after `other`, never below nothing."""
        return RenyiCurve(
            max(0.0, self.rho - other.rho),
            max(0.0, self.gaussian_rho - other.gaussian_rho),
            np.maximum(0.0, self.sampled - other.sampled),
        )

    def epsilon(self, delta: float) -> float:
        """Return the least epsilon that goes with `delta`.

        Args:
            delta: In (0, 1).

        Returns:
            Epsilon, at least 0.

        Raises:
            NoiseParameterError: `delta` is not in (0, 1).
        """
        if not 0 < delta < 1:
            raise NoiseParameterError(f"expected delta above 0 and below 1, got {delta}")
        unamplified = zcdp_epsilon(self.rho, delta)
        if not self.sampled.any():
            return unamplified
        return max(0.0, min(unamplified, float(self.losses(delta).min())))

    def losses(self, delta: float) -> Floats:
        """Return the epsilon that each of `ORDERS` proves for `delta` in (0, 1)."""
        divergence = self.gaussian_rho * ORDERS + self.sampled
        losses: Floats = divergence + _CONVERSION - math.log(delta) / (ORDERS - 1)
        return losses

    def spent(self, delta: float) -> PrivacySpent:
        """State the loss at `delta`."""
        return PrivacySpent(self.epsilon(delta), delta, self.rho)

    def to_bytes(self) -> bytes:
        """Encode as little-endian float64: rho, gaussian_rho, then `sampled`."""
        return np.concatenate(([self.rho, self.gaussian_rho], self.sampled)).astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Decode what `to_bytes` made.

        Raises:
            PrivacyEventError: `data` is not a curve over `ORDERS`.
        """
        if len(data) != 8 * (len(ORDERS) + 2):
            raise PrivacyEventError(
                f"expected a curve of {8 * (len(ORDERS) + 2)} bytes, got {len(data)}"
            )
        numbers: NDArray[np.float64] = np.frombuffer(data, dtype="<f8").astype(np.float64)
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise PrivacyEventError("expected a curve of finite numbers of at least 0, got others")
        return cls(float(numbers[0]), float(numbers[1]), numbers[2:])


class Accountant:
    """Judges events; holds no state."""

    def curve(self, event: Event) -> RenyiCurve:
        """Return the Renyi curve of an event.

        Raises:
            PrivacyEventError: A number of the event is out of its range, or the
                event is of a kind not known.
        """
        if isinstance(event, GaussianEvent):
            rho = _rho_of_one(event.noise_multiplier)
            return RenyiCurve(rho, rho, _NO_DIVERGENCE)
        if isinstance(event, PoissonSampledGaussianEvent):
            return _sampled_curve(event)
        if isinstance(event, SummedGaussianEvent):
            rho = _rho_of_sum(event)
            return RenyiCurve(rho, rho, _NO_DIVERGENCE)
        if isinstance(event, PoissonSampledSummedGaussianEvent):
            return _sampled_sum_curve(event)
        if isinstance(event, FloorWatchEvent):
            rho = _rho_of_watch(event)
            return RenyiCurve(rho, rho, _NO_DIVERGENCE)
        if isinstance(event, ComposedEvent):
            return self.compose(event.events)
        raise PrivacyEventError(f"expected a known privacy event, got {type(event).__name__}")

    def compose(self, events: Iterable[Event]) -> RenyiCurve:
        """Return the Renyi curve of all `events` on the same persons."""
        total = RenyiCurve.zero()
        for event in events:
            total = total + self.curve(event)
        return total

    def rho(self, event: Event) -> float:
        """Return the zCDP parameter of an event, claiming nothing for sampling.

        Raises:
            PrivacyEventError: See `curve`.
        """
        return self.curve(event).rho

    def epsilon(self, events: Iterable[Event], delta: float) -> float:
        """Return the least epsilon that goes with `delta` for all `events` together.

        Raises:
            PrivacyEventError: See `curve`.
            NoiseParameterError: `delta` is not in (0, 1).
        """
        return self.compose(events).epsilon(delta)


def zcdp_epsilon(rho: float, delta: float) -> float:
    """Convert rho-zCDP to epsilon at `delta`, best over all real orders.

    The loss at order a is a rho + log(1 - 1/a) - log(a delta) / (a - 1); its
    derivative is rho + log(a delta) / (a - 1)^2, with a single zero. Any order
    gives a bound, so where the search stops does not matter for safety.

    Args:
        rho: At least 0.
        delta: In (0, 1).

    Returns:
        Epsilon, at least 0.
    """
    if rho == 0:
        return 0.0
    low, high = math.log(1e-9), math.log(1 / delta)
    for _ in range(60):
        middle = (low + high) / 2
        above_one = math.exp(middle)
        if rho * above_one**2 + math.log(delta) + math.log1p(above_one) < 0:
            low = middle
        else:
            high = middle
    above_one = math.exp(high)
    order = 1 + above_one
    loss = order * rho + math.log(above_one / order)
    return max(0.0, loss - (math.log(delta) + math.log(order)) / above_one)


def rho_within(limit: PrivacyLimit) -> float:
    """Return the largest zCDP rho, to 50 bits, whose epsilon stays within `limit`.

    Raises:
        NoiseParameterError: Epsilon is not above 0 and finite, or delta not in (0, 1).
    """
    if not (0 < limit.epsilon < math.inf and 0 < limit.delta < 1):
        raise NoiseParameterError(
            f"expected epsilon above 0 and delta in (0, 1), got {limit.epsilon} and {limit.delta}"
        )
    low, high = 0.0, 1.0
    while zcdp_epsilon(high, limit.delta) <= limit.epsilon:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        if zcdp_epsilon(middle, limit.delta) <= limit.epsilon:
            low = middle
        else:
            high = middle
    return low


def check_event_numbers(noise_multiplier: float, sampling_rate: float, steps: int) -> None:
    """Refuse a noise multiplier, sampling rate or step count that makes no sense.

    Raises:
        PrivacyEventError: One of them is out of its range.
    """
    if not (math.isfinite(noise_multiplier) and noise_multiplier >= LEAST_EVENT_MULTIPLIER):
        raise PrivacyEventError(
            f"expected a noise multiplier of at least {LEAST_EVENT_MULTIPLIER} and finite, "
            f"got {noise_multiplier}"
        )
    if not 0 < sampling_rate <= 1:
        raise PrivacyEventError(
            f"expected a sampling rate above 0 and at most 1, got {sampling_rate}"
        )
    if steps < 1:
        raise PrivacyEventError(f"expected at least 1 step, got {steps}")


def _rho_of_one(noise_multiplier: float) -> float:
    check_event_numbers(noise_multiplier, 1.0, 1)
    return 1 / (2 * noise_multiplier**2)


def _sampled_curve(event: PoissonSampledGaussianEvent) -> RenyiCurve:
    check_event_numbers(event.noise_multiplier, event.sampling_rate, event.steps)
    rho = _rho_of_one(event.noise_multiplier)
    if event.sampling_rate == 1:
        return RenyiCurve(rho, rho, _NO_DIVERGENCE).times(event.steps)
    divergence = _one_sampled_step(event.noise_multiplier, event.sampling_rate)
    return RenyiCurve(rho, 0.0, divergence).times(event.steps)


def _rho_of_sum(event: SummedGaussianEvent) -> float:
    check_event_numbers(event.noise_multiplier, 1.0, 1)
    return summed_gaussian_rho(
        event.noise_multiplier, event.shares, event.share_sigma, event.dimension
    )


def _rho_of_watch(event: FloorWatchEvent) -> float:
    """Return the zCDP parameter of a mechanism that is private with delta 0.

    Source: Bun, Steinke 2016 (arXiv:1605.02065), Proposition 1.4: epsilon^2 / 2.
    """
    check_event_numbers(float(event.noise_scale), 1.0, 1)
    if event.noise_scale != int(event.noise_scale) or event.noise_scale < 1:
        raise PrivacyEventError(
            f"expected a watch's noise scale as a whole number of at least 1, got "
            f"{event.noise_scale}"
        )
    return event.epsilon**2 / 2


def _sampled_sum_curve(event: PoissonSampledSummedGaussianEvent) -> RenyiCurve:
    summed = event.summed
    check_event_numbers(summed.noise_multiplier, event.sampling_rate, event.steps)
    rho = _rho_of_sum(summed)
    if event.sampling_rate == 1:
        return RenyiCurve(rho, rho, _NO_DIVERGENCE).times(event.steps)
    divergence = _one_sampled_sum(summed, event.sampling_rate)
    return RenyiCurve(rho, 0.0, divergence).times(event.steps)


@lru_cache(maxsize=256)
def _one_sampled_sum(summed: SummedGaussianEvent, sampling_rate: float) -> Floats:
    divergence = sampled_summed_divergence(
        summed.noise_multiplier,
        sampling_rate,
        ORDERS,
        shares=summed.shares,
        share_sigma=summed.share_sigma,
        dimension=summed.dimension,
    )
    divergence.setflags(write=False)
    return divergence


@lru_cache(maxsize=256)
def _one_sampled_step(noise_multiplier: float, sampling_rate: float) -> Floats:
    divergence = sampled_gaussian_divergence(noise_multiplier, sampling_rate, ORDERS)
    divergence.setflags(write=False)
    return divergence
