"""A short campaign of kills and disturbances; `make chaos` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.league import faulty_league
from tests.chaos.points import fault_points

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 6
MINUTES = 5.0
"""On a busy machine fewer kills have to do."""
SEED = 7


def test_no_invariant_breaks_under_kills_of_both_sides(tmp_path: Path) -> None:
    with faulty_league(tmp_path) as league:
        campaign = Campaign(league, fault_points(), KILLS, SEED)
        campaign.run(lambda _: None, MINUTES)
    assert campaign.violations == []
    assert campaign.killed > 0
    assert campaign.invariants.sums_checked > 0
    assert campaign.invariants.messages_checked > 0
