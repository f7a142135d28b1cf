"""A brand's watches: noise drawn once, a stop for good, whatever is killed in between."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
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
    f"brand.{what}.{when}"
    for what in ("open-watch", "begin-look", "end-look")
    for when in ("before", "after")
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
        (count,) = connection.execute("SELECT count(*) FROM outcomes WHERE is_below").fetchone()
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


@pytest.mark.parametrize("table", ["watches", "looks", "outcomes"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET rowid = 7"])
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


def looks(path: Path) -> list[tuple[int, int]]:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT look, count_noise FROM looks ORDER BY look").fetchall()


@contextmanager
def full_disk(path: Path, table: str) -> Iterator[None]:
    """While this lasts, rows of a table cannot be written."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    try:
        yield
    finally:
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TRIGGER full")


@pytest.mark.parametrize("table", ["looks", "outcomes"])
@pytest.mark.parametrize("persons", [0, 50, 10_000])
def test_a_disk_that_cannot_be_written_says_the_same_whatever_the_count_is(
    floors: FloorWatches, tmp_path: Path, table: str, persons: int
) -> None:
    """Asked again and again it tells one code, and no look has a second noise."""
    path = tmp_path / "floor.db"
    floors.open(STUDY, 30, SeededRandomness(1))
    with full_disk(path, table):
        for seed in range(2, 30):
            with pytest.raises(StateAccessError) as refusal:
                sees_fewer(floors, persons, seed=seed)
            assert refusal.value.code == StateAccessError.code
            assert str(persons) not in str(refusal.value).split()
            assert not floors.is_stopped(STUDY)
    assert len(looks(path)) == (1 if table == "outcomes" else 0)


@given(
    scale=st.sampled_from([1, 5, 30]),
    persons=st.integers(20, 80),
    seed=st.integers(0, 10**6),
    is_restarted=st.booleans(),
    tries=st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_a_look_that_failed_is_repeated_with_its_own_noise(
    scale: int, persons: int, seed: int, is_restarted: bool, tries: int
) -> None:
    """The outcome that is told at last is the one of the noise that was drawn at first."""
    randomness = SeededRandomness(seed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "floor.db"
        floors = FloorWatches(path)
        floors.open(STUDY, scale, randomness)
        with full_disk(path, "outcomes"):
            for _ in range(tries):
                with pytest.raises(StateAccessError):
                    floors.sees_fewer(STUDY, persons, 50, now=NOW, randomness=randomness)
        ((_, noise),) = looks(path)
        if is_restarted:
            floors.close()
            floors = FloorWatches(path)
        told = floors.sees_fewer(STUDY, persons, 50, now=NOW, randomness=randomness)
        floors.close()
        assert len(looks(path)) == 1
        assert told is (persons + noise < 50 + noises(path)[STUDY])


def test_what_a_failed_look_saw_is_not_forgotten_once_there_are_more_persons(
    floors: FloorWatches, tmp_path: Path
) -> None:
    floors.open(STUDY, 1, SeededRandomness(1))
    with full_disk(tmp_path / "floor.db", "outcomes"), pytest.raises(StateAccessError):
        sees_fewer(floors, 0)
    assert sees_fewer(floors, 10_000)
    assert floors.is_stopped(STUDY)


def test_either_outcome_is_a_row_of_the_same_size(tmp_path: Path) -> None:
    """Else a disk with room for the shorter one alone would tell them apart."""
    sizes = set()
    for persons in (0, 10_000):
        path = tmp_path / f"{persons}.db"
        with FloorWatches(path) as floors:
            floors.open(STUDY, 1, SeededRandomness(1))
            sees_fewer(floors, persons)
            sizes.add((path.stat().st_size, Path(f"{path}-wal").stat().st_size))
    assert len(sizes) == 1


def test_a_stop_that_an_older_version_kept_stands(tmp_path: Path) -> None:
    path = tmp_path / "floor.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """CREATE TABLE watches (
                study TEXT PRIMARY KEY, noise_scale INTEGER NOT NULL, floor_noise INTEGER NOT NULL);
            CREATE TABLE stops (
                study TEXT PRIMARY KEY REFERENCES watches (study), stopped_at TEXT NOT NULL);
            CREATE TRIGGER stops_no_delete BEFORE DELETE ON stops
                BEGIN SELECT RAISE(ABORT, 'stops are only ever added'); END;
            PRAGMA user_version = 1;"""
        )
        connection.executemany("INSERT INTO watches VALUES (?, 1, 0)", [(STUDY,), (OTHER,)])
        connection.execute("INSERT INTO stops VALUES (?, ?)", (STUDY, NOW.isoformat()))
    with FloorWatches(path) as floors:
        assert floors.is_stopped(STUDY)
        assert sees_fewer(floors, 10_000)
        assert not floors.is_stopped(OTHER)
        assert not sees_fewer(floors, 10_000, OTHER)


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
