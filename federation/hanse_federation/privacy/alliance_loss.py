"""The privacy loss of a person whom several brands hold, all their data changed at once.

In mode `local` every brand's part has noise of its own: the losses of the brands
compose. In mode `distributed` there is one sum with one noise, and the person
moves it at each of B brands: by at most B times the sensitivity, so the zCDP
parameter is B^2 times as large.

With sampling, the brands draw their samples apart. The person is in some sample
with chance 1 - (1 - q)^B; given that, the sum's law is a mixture of laws moved by
at most B times the sensitivity. Moments are convex in either law, so the loss is
at most that of one person of B times the sensitivity at that sampling rate.

The watch over the floor of persons is private by itself at each brand in either mode:
its losses at B brands compose.
"""

from __future__ import annotations

import math
from dataclasses import replace

from hanse_federation.privacy.accountant import (
    LEAST_EVENT_MULTIPLIER,
    Accountant,
    PrivacySpent,
    RenyiCurve,
)
from hanse_federation.privacy.events import (
    ComposedEvent,
    Event,
    FloorWatchEvent,
    PoissonSampledSummedGaussianEvent,
)
from hanse_federation.privacy.plan import PrivacyPlan, accounting_delta


def loss_across(plan: PrivacyPlan, brands: int) -> PrivacySpent:
    """State what the whole study costs a person whom `brands` brands hold.

    Args:
        plan: The study's plan.
        brands: Most brands that hold one person, at least 1.

    Returns:
        The loss; in mode `local` at `brands` times the plan's delta, as each of the
        brands errs by its own, in mode `distributed` at the plan's delta.
    """
    delta = plan.spent.delta
    if not plan.is_distributed:
        composed = Accountant().curve(plan.total()).times(brands)
        epsilon = composed.epsilon(brands * accounting_delta(delta))
        return PrivacySpent(epsilon, brands * delta, composed.rho)
    total = RenyiCurve.zero()
    for question, _ in plan.multipliers:
        asked = plan.times_asked(question)
        total += _curve_at(plan.event(question), brands).times(asked)
    return PrivacySpent(total.epsilon(accounting_delta(delta)), delta, total.rho)


def _curve_at(event: Event, brands: int) -> RenyiCurve:
    """Return the curve of an event for a person who moves its sum at `brands` brands."""
    if isinstance(event, ComposedEvent):
        parts = (_curve_at(part, brands) for part in event.events)
        return sum(parts, start=RenyiCurve.zero())
    if isinstance(event, FloorWatchEvent):
        return Accountant().curve(event).times(brands)
    if isinstance(event, PoissonSampledSummedGaussianEvent):
        multiplier = event.summed.noise_multiplier / brands
        rate = _rate_at(event.sampling_rate, brands)
        if multiplier >= LEAST_EVENT_MULTIPLIER and rate < 1:
            summed = replace(event.summed, noise_multiplier=multiplier)
            moved = PoissonSampledSummedGaussianEvent(summed, rate, event.steps)
            return Accountant().curve(moved)
    rho = Accountant().rho(event) * brands**2
    return replace(RenyiCurve.zero(), rho=rho, gaussian_rho=rho)


def _rate_at(sampling_rate: float, brands: int) -> float:
    """Return the chance to be in one of `brands` samples, rounded up."""
    if sampling_rate >= 1:
        return 1.0
    return min(1.0, -math.expm1(brands * math.log1p(-sampling_rate)) * (1 + 1e-12))
