"""A brand's watches: noise drawn once, a stop for good, whatever is killed in between."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_clients.errors import CohortNotAskedError, StateAccessError
from hanse_clients.floor_watches import FloorWatches
from hanse_federation import fault_points
from hanse_federation.randomness import SeededRandomness

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STUDY, OTHER = "a" * 64, "b" * 64
POINTS = tuple(
    f"brand.{what}.{when}" for what in ("open-watch", "stop-study") for when in ("before", "after")
)


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def floors(tmp_path: Path) -> Iterator[FloorWatches]:
    with FloorWatches(tmp_path / "floor.db") as opened:
        yield opened


def sees_fewer(floors: FloorWatches, persons: int, study: str = STUDY, seed: int = 1) -> bool:
    randomness = SeededRandomness(seed)
    return floors.sees_fewer(study, persons, 50, now=NOW, randomness=randomness)


def noises(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        return dict(connection.execute("SELECT study, floor_noise FROM watches"))


def stops(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (count,) = connection.execute("SELECT count(*) FROM stops").fetchone()
    return int(count)


def test_a_study_without_a_watch_is_not_looked_at(floors: FloorWatches) -> None:
    floors.open(OTHER, 5, SeededRandomness(1))
    with pytest.raises(CohortNotAskedError, match="propose it anew"):
        sees_fewer(floors, 10_000)
    assert not floors.is_stopped(STUDY)


def test_opening_again_keeps_the_noise_that_was_drawn(floors: FloorWatches, tmp_path: Path) -> None:
    floors.open(STUDY, 1000, SeededRandomness(1))
    drawn = noises(tmp_path / "floor.db")
    for seed in range(2, 20):
        floors.open(STUDY, 1000, SeededRandomness(seed))
        floors.open(STUDY, 7, SeededRandomness(seed))
    assert noises(tmp_path / "floor.db") == drawn


def test_a_stop_is_for_good_and_for_its_study_alone(floors: FloorWatches) -> None:
    for study in (STUDY, OTHER):
        floors.open(study, 1, SeededRandomness(1))
    assert not sees_fewer(floors, 10_000)
    assert sees_fewer(floors, 0)
    assert sees_fewer(floors, 10_000)
    assert floors.is_stopped(STUDY)
    assert not floors.is_stopped(OTHER)
    assert not sees_fewer(floors, 10_000, OTHER)


def test_the_file_is_its_owner_s_alone(floors: FloorWatches, tmp_path: Path) -> None:
    floors.open(STUDY, 1, SeededRandomness(1))
    assert stat.S_IMODE((tmp_path / "floor.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("table", ["watches", "stops"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET study = 'c'"])
def test_what_is_kept_cannot_be_changed(
    floors: FloorWatches, tmp_path: Path, table: str, change: str
) -> None:
    floors.open(STUDY, 1, SeededRandomness(1))
    assert sees_fewer(floors, 0)
    with (
        sqlite3.connect(tmp_path / "floor.db") as connection,
        pytest.raises(sqlite3.IntegrityError, match="only ever added"),
    ):
        connection.execute(change.format(table))


def test_a_stop_that_cannot_be_written_is_not_told(floors: FloorWatches, tmp_path: Path) -> None:
    """Whoever asks hears of a failed disk, which any count may meet, and not of the count."""
    floors.open(STUDY, 1, SeededRandomness(1))
    with sqlite3.connect(tmp_path / "floor.db") as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON stops BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(StateAccessError):
        sees_fewer(floors, 0)
    assert not floors.is_stopped(STUDY)


@given(
    counts=st.lists(st.integers(0, 100), min_size=1, max_size=25),
    scale=st.sampled_from([1, 5, 30]),
    kills=st.lists(st.sampled_from([None, *POINTS]), min_size=1, max_size=25),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=150, deadline=None)
def test_kills_between_any_two_steps_give_no_second_chance(
    counts: list[int], scale: int, kills: list[str | None], seed: int
) -> None:
    """Each count is asked in a process of its own, which one of the points may kill.

    Whatever is killed: the noise of the floor is one number for good, one stop is kept, and
    nobody hears "goes on" after "fewer".
    """
    randomness, heard, drawn = SeededRandomness(seed), list[bool](), set[int]()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "floor.db"
        for turn, persons in enumerate(counts):
            kill = kills[turn % len(kills)]
            fault_points.install(lambda point, kill=kill: _die(point, kill))  # type: ignore[misc]
            try:
                with FloorWatches(path) as floors:
                    floors.open(STUDY, scale, randomness)
                    heard.append(
                        floors.sees_fewer(STUDY, persons, 50, now=NOW, randomness=randomness)
                    )
            except KilledError:
                pass
            finally:
                fault_points.install(None)
            drawn.update(noises(path).values())
            assert len(drawn) <= 1
            assert stops(path) <= 1
            assert not any(heard) or stops(path) == 1
    assert heard == sorted(heard)


def _die(point: str, kill: str | None) -> None:
    if point == kill:
        raise KilledError
