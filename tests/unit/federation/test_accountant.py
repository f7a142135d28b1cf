"""The accountant: adds up, converts, refuses what it cannot judge."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.errors import NoiseParameterError, PrivacyEventError
from hanse_federation.privacy.accountant import (
    ORDERS,
    Accountant,
    PrivacyLimit,
    RenyiCurve,
    rho_within,
    zcdp_epsilon,
)
from hanse_federation.privacy.events import (
    ComposedEvent,
    Event,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
)

ACCOUNTANT = Accountant()


def test_nothing_released_costs_nothing() -> None:
    assert ACCOUNTANT.epsilon([], 1e-6) == 0
    assert ACCOUNTANT.epsilon([ComposedEvent(())], 1e-6) == 0


def test_gaussian_rho_is_half_the_inverse_square() -> None:
    assert ACCOUNTANT.rho(GaussianEvent(2.0)) == 0.125


def test_a_watch_has_half_the_square_of_its_epsilon() -> None:
    """Bun, Steinke 2016, Proposition 1.4."""
    assert FloorWatchEvent(17).epsilon == 2 / 17
    assert ACCOUNTANT.rho(FloorWatchEvent(17)) == pytest.approx(2 / 17**2)
    assert ACCOUNTANT.rho(FloorWatchEvent(1)) == 2


def test_sampled_rho_claims_nothing_for_sampling() -> None:
    assert ACCOUNTANT.rho(PoissonSampledGaussianEvent(2.0, 0.01, 40)) == pytest.approx(5.0)


def test_sampling_every_person_is_not_sampling() -> None:
    sampled = ACCOUNTANT.epsilon([PoissonSampledGaussianEvent(3.0, 1.0, 5)], 1e-6)
    plain = ACCOUNTANT.epsilon([GaussianEvent(3.0)] * 5, 1e-6)
    assert sampled == pytest.approx(plain, rel=1e-12)


def test_sampling_costs_less_than_not_sampling() -> None:
    sampled = ACCOUNTANT.epsilon([PoissonSampledGaussianEvent(1.0, 0.05, 20)], 1e-6)
    assert sampled < ACCOUNTANT.epsilon([GaussianEvent(1.0)] * 20, 1e-6) / 3


@given(st.floats(1e-6, 50), st.floats(1e-12, 1e-3))
def test_conversion_is_the_best_over_all_orders(rho: float, delta: float) -> None:
    above_one = np.logspace(-6, 8, 20_001)
    orders = 1 + above_one
    losses = orders * rho + np.log(above_one / orders) - np.log(delta * orders) / above_one
    epsilon = zcdp_epsilon(rho, delta)
    assert epsilon <= max(0.0, float(losses.min())) * (1 + 1e-9) + 1e-12
    assert epsilon >= float(losses.min()) * (1 - 1e-5) - 1e-9


@given(st.floats(0.01, 50), st.floats(1e-12, 1e-3))
def test_rho_within_is_the_inverse_of_the_conversion(epsilon: float, delta: float) -> None:
    rho = rho_within(PrivacyLimit(epsilon, delta))
    assert zcdp_epsilon(rho, delta) <= epsilon
    assert zcdp_epsilon(rho * (1 + 1e-9), delta) >= epsilon * (1 - 1e-9)


def test_a_composition_of_plain_gaussians_uses_the_continuous_optimum() -> None:
    events: list[Event] = [GaussianEvent(4.0), ComposedEvent((GaussianEvent(7.0),) * 3)]
    rho = 1 / 32 + 3 / 98
    assert ACCOUNTANT.epsilon(events, 1e-7) == pytest.approx(zcdp_epsilon(rho, 1e-7), rel=1e-12)


def test_a_mixed_composition_costs_less_than_its_parts_and_more_than_each() -> None:
    sampled, plain = PoissonSampledGaussianEvent(1.1, 0.02, 100), GaussianEvent(5.0)
    one, other = (ACCOUNTANT.epsilon([event], 1e-6) for event in (sampled, plain))
    both = ACCOUNTANT.epsilon([sampled, plain], 1e-6)
    assert max(one, other) < both < one + other


@given(st.lists(st.sampled_from([0.7, 2.0, 9.0]), max_size=6), st.sampled_from([0.5, 3.0]))
def test_epsilon_never_falls_when_an_event_is_added(multipliers: list[float], new: float) -> None:
    events = [PoissonSampledGaussianEvent(value, 0.1, 3) for value in multipliers]
    before = ACCOUNTANT.epsilon(events, 1e-6)
    assert ACCOUNTANT.epsilon([*events, GaussianEvent(new)], 1e-6) >= before


def test_curves_survive_being_written_and_read() -> None:
    curve = ACCOUNTANT.curve(PoissonSampledGaussianEvent(0.9, 0.03, 7))
    read = RenyiCurve.from_bytes((curve + ACCOUNTANT.curve(GaussianEvent(2.0))).to_bytes())
    assert read.epsilon(1e-6) == ACCOUNTANT.epsilon(
        [PoissonSampledGaussianEvent(0.9, 0.03, 7), GaussianEvent(2.0)], 1e-6
    )


@pytest.mark.parametrize("data", [b"", b"\0" * 8, b"\xff" * 8 * (len(ORDERS) + 2)])
def test_bytes_that_are_no_curve_are_refused(data: bytes) -> None:
    with pytest.raises(PrivacyEventError, match="expected a curve"):
        RenyiCurve.from_bytes(data)


@pytest.mark.parametrize(
    "event",
    [
        GaussianEvent(0.0),
        GaussianEvent(-1.0),
        GaussianEvent(math.nan),
        GaussianEvent(math.inf),
        PoissonSampledGaussianEvent(1.0, 0.0, 1),
        PoissonSampledGaussianEvent(1.0, 1.1, 1),
        PoissonSampledGaussianEvent(1.0, math.nan, 1),
        PoissonSampledGaussianEvent(1.0, 0.5, 0),
        ComposedEvent((GaussianEvent(1.0), GaussianEvent(0.0))),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(event: Event) -> None:
    with pytest.raises(PrivacyEventError, match="expected"):
        ACCOUNTANT.epsilon([event], 1e-6)


def test_an_unknown_kind_of_event_is_refused() -> None:
    with pytest.raises(PrivacyEventError, match="expected a known privacy event, got str"):
        ACCOUNTANT.rho("laplace")  # type: ignore[arg-type]


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-6, math.nan])
def test_a_delta_that_makes_no_sense_is_refused(delta: float) -> None:
    with pytest.raises(NoiseParameterError, match="expected delta above 0"):
        ACCOUNTANT.epsilon([GaussianEvent(1.0)], delta)
