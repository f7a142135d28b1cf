"""The brand's watches over the floor of persons: a secret noise for each study, and the looks.

Rules: the noise of a study's floor is on disk before the first look, that of a look before
it compares; neither is drawn again while it is there, so a look that was cut short is
repeated with the noise it had. Either outcome of a look is one row of one size, on disk
before it is told: a disk that cannot be written refuses with one code whatever the count
is, and then nothing was told. Nothing takes a stop back; rows are only ever added, which
triggers enforce. The noise leaves no file but this one: not in a message, a log or an error.

A watch is opened with the charge that pays for it, when the cohort is asked. Whoever
loses the file has no watch, and a study without one is refused: a lost file is no second
chance. So the file is made where there is none, as in the folder of an older version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from hanse_clients.errors import CohortNotAskedError
from hanse_clients.local_database import KeptFile, LocalDatabase
from hanse_federation import fault_points
from hanse_federation.privacy.floor_watch import FloorWatch, open_floor_watch
from hanse_federation.randomness import Randomness

SCHEMA_VERSION: Final = 2

FILE: Final = "floor.db"
"""Its name in the brand's folder."""


def _only_added(*tables: str) -> tuple[str, ...]:
    return tuple(
        f"""CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END"""
        for table in tables
        for action in ("UPDATE", "DELETE")
    )


_LOOKS: Final = (
    """CREATE TABLE looks (
        look INTEGER PRIMARY KEY AUTOINCREMENT, study TEXT NOT NULL REFERENCES watches (study),
        count_noise INTEGER NOT NULL, looked_at TEXT NOT NULL)""",
    "CREATE INDEX looks_of_study ON looks (study)",
    """CREATE TABLE outcomes (
        look INTEGER PRIMARY KEY REFERENCES looks (look),
        is_below INTEGER NOT NULL CHECK (is_below IN (0, 1)))""",
    *_only_added("looks", "outcomes"),
)
_TABLES: Final = (
    """CREATE TABLE watches (
        study TEXT PRIMARY KEY, noise_scale INTEGER NOT NULL, floor_noise INTEGER NOT NULL)""",
    *_only_added("watches"),
    *_LOOKS,
)
_UPGRADES: Final = {
    1: (
        *_LOOKS,
        "INSERT INTO looks (study, count_noise, looked_at) SELECT study, 0, stopped_at FROM stops",
        "INSERT INTO outcomes SELECT look, 1 FROM looks",
        "DROP TABLE stops",
    )
}
"""Layout 1 kept the stops alone; each is a look that saw fewer, whose noise is not known."""

_IS_STOPPED: Final = """SELECT EXISTS (
    SELECT 1 FROM looks JOIN outcomes USING (look) WHERE study = ? AND is_below)"""
_BEGUN: Final = """SELECT look, count_noise FROM looks LEFT JOIN outcomes USING (look)
    WHERE study = ? AND is_below IS NULL ORDER BY look LIMIT 1"""


@dataclass(frozen=True, slots=True, repr=False)
class _Look:
    """A look that was begun: its row, and the noise that is its own."""

    row: int
    count_noise: int


class FloorWatches(KeptFile):
    """One brand's watches, each for a study by its digest."""

    def __init__(self, path: Path) -> None:
        """Open the file, made empty where there is none.

        Raises:
            StateVersionError: Its layout is of another version.
            StateAccessError: It cannot be read or made.
        """
        self._file = LocalDatabase(path, _TABLES, SCHEMA_VERSION, _UPGRADES)
        self._below = set[int]()  # Looks that saw fewer, though the disk did not take it yet.

    @classmethod
    def of_brand(cls, folder: Path) -> Self:
        """Open the watches of the brand whose folder this is; raises as the constructor does."""
        return cls(folder / FILE)

    def open(self, study: str, noise_scale: int, randomness: Randomness) -> None:
        """Draw and keep the noise of a study's floor; one that is kept already stays.

        Args:
            study: Its digest; the ledger was charged for the watch.
            noise_scale: Scale of all noise of the watch, in persons.
            randomness: Where the noise comes from.

        Raises:
            StateAccessError: The disk is full or broken; no watch is open.
        """
        fault_points.reach("brand.open-watch.before")
        watch, _ = open_floor_watch(noise_scale, randomness)
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO watches VALUES (?, ?, ?)",
                (study, watch.noise_scale, watch.floor_noise),
            )
        fault_points.reach("brand.open-watch.after")

    def sees_fewer(
        self, study: str, persons: int, floor: int, *, now: datetime, randomness: Randomness
    ) -> bool:
        """Look once; after the first True every look says True, whatever the count.

        A look that failed is the one that is looked again: with the same noise, and with what
        it saw while this process lasts.

        Args:
            study: Its digest.
            persons: The true number of persons now.
            floor: The least number of persons, a public figure.
            now: When the look is taken.
            randomness: Where the count's noise comes from.

        Raises:
            CohortNotAskedError: No watch was opened, so none was paid for.
            StateAccessError: The file cannot be read or written; nothing is told.
        """
        if self.is_stopped(study):
            return True
        watch = self._watch(study)
        if watch is None:
            raise CohortNotAskedError(
                f"expected the floor of study {study[:12]} to be watched since its cohort was "
                "asked, got no watch; floor.db was lost or the study began under an older "
                "version, so propose it anew"
            )
        look = self._begin(study, watch, now, randomness)
        if watch.sees_fewer(persons, floor, look.count_noise):
            self._below.add(look.row)
        return self._end(study, look)

    def is_stopped(self, study: str) -> bool:
        """Tell whether a study's watch has seen fewer than its floor.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        row = self._file.one(_IS_STOPPED, study)
        return row is not None and bool(row[0])

    def _watch(self, study: str) -> FloorWatch | None:
        row = self._file.one("SELECT noise_scale, floor_noise FROM watches WHERE study = ?", study)
        return None if row is None else FloorWatch(row[0], row[1])

    def _begin(self, study: str, watch: FloorWatch, now: datetime, randomness: Randomness) -> _Look:
        """Take up the look that was begun and has no outcome, or begin one with a new noise."""
        fault_points.reach("brand.begin-look.before")
        with self._file.writing() as connection:
            row = connection.execute(_BEGUN, (study,)).fetchone()
            if row is None:
                connection.execute(
                    "INSERT INTO looks (study, count_noise, looked_at) VALUES (?, ?, ?)",
                    (study, watch.draw_count_noise(randomness), now.astimezone(UTC).isoformat()),
                )
                row = connection.execute(_BEGUN, (study,)).fetchone()
        fault_points.reach("brand.begin-look.after")
        return _Look(row["look"], row["count_noise"])

    def _end(self, study: str, look: _Look) -> bool:
        """Record what a look saw, before anybody can hear of it; tell what is recorded."""
        fault_points.reach("brand.end-look.before")
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO outcomes VALUES (?, ?)",
                (look.row, int(look.row in self._below)),
            )
            (is_stopped,) = connection.execute(_IS_STOPPED, (study,)).fetchone()
        fault_points.reach("brand.end-look.after")
        return bool(is_stopped)
