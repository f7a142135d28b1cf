"""Events as the ledger writes them."""

from __future__ import annotations

import pytest

from hanse_federation.errors import PrivacyEventError
from hanse_federation.privacy import (
    ComposedEvent,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_federation.privacy.charges import event_from_json, event_to_json


def test_events_keep_every_digit_when_written() -> None:
    summed = SummedGaussianEvent(0.1 + 0.2, 5, 8 + 1e-9, 1 << 40)
    event = ComposedEvent(
        (
            PoissonSampledGaussianEvent(0.1 + 0.2, 1 / 3, 7),
            GaussianEvent(1e-3),
            summed,
            FloorWatchEvent(17),
            PoissonSampledSummedGaussianEvent(summed, 1 / 3, 9),
        )
    )
    assert event_from_json(event_to_json(event)) == event


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"kind":"laplace"}',
        '{"kind":"gaussian"}',
        '{"kind":"floor-watch"}',
        '{"kind":"summed-gaussian","noise_multiplier":1,"shares":2}',
        "1",
    ],
)
def test_text_that_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(PrivacyEventError, match="expected a privacy event"):
        event_from_json(text)
