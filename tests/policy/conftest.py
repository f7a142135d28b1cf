"""A league of one brand, with a study that it answers, for whoever attacks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import BrandParts, SmallLeague, small_league


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


@pytest.fixture
def study(league: SmallLeague) -> str:
    """A study that the brand approved and whose questions it answers."""
    return league.approved(a_league_histogram(league.clock()))
