"""The brand's watches over the floor of persons: a secret noise for each study, and the stops.

Rules: the noise of a study's floor is on disk before the first look and is never drawn
again while it is there; a stop is on disk before the refusal leaves, and nothing takes it
back; rows are only ever added, which triggers enforce. The noise leaves no file but this
one: not in a message, a log or an error.

A watch is opened with the charge that pays for it, when the cohort is asked. Whoever
loses the file has no watch, and a study without one is refused: a lost file is no second
chance. So the file is made where there is none, as in the folder of an older version.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hanse_clients.errors import CohortNotAskedError
from hanse_clients.local_database import LocalDatabase
from hanse_federation import fault_points
from hanse_federation.privacy.floor_watch import FloorWatch, open_floor_watch
from hanse_federation.randomness import Randomness

SCHEMA_VERSION: Final = 1

FILE: Final = "floor.db"
"""Its name in the brand's folder."""

_TABLES: Final = (
    """CREATE TABLE watches (
        study TEXT PRIMARY KEY, noise_scale INTEGER NOT NULL, floor_noise INTEGER NOT NULL)""",
    """CREATE TABLE stops (
        study TEXT PRIMARY KEY REFERENCES watches (study), stopped_at TEXT NOT NULL)""",
    *(
        f"""CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END"""
        for table in ("watches", "stops")
        for action in ("UPDATE", "DELETE")
    ),
)


class FloorWatches:
    """One brand's watches, each for a study by its digest."""

    def __init__(self, path: Path) -> None:
        """Open the file, made empty where there is none.

        Raises:
            StateVersionError: Its layout is of another version.
            StateAccessError: It cannot be read or made.
        """
        self._file = LocalDatabase(path, _TABLES, SCHEMA_VERSION)

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

        Args:
            study: Its digest.
            persons: The true number of persons now.
            floor: The least number of persons, a public figure.
            now: When the look is taken.
            randomness: Where the count's noise comes from.

        Raises:
            CohortNotAskedError: No watch was opened, so none was paid for.
            StateAccessError: The file cannot be read or written; nothing was seen.
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
        if not watch.sees_fewer(persons, floor, randomness):
            return False
        self._stop(study, now)
        return True

    def is_stopped(self, study: str) -> bool:
        """Tell whether a study's watch has seen fewer than its floor.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        return self._file.one("SELECT 1 FROM stops WHERE study = ?", study) is not None

    def close(self) -> None:
        """Give back the connection."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _watch(self, study: str) -> FloorWatch | None:
        row = self._file.one("SELECT noise_scale, floor_noise FROM watches WHERE study = ?", study)
        return None if row is None else FloorWatch(row[0], row[1])

    def _stop(self, study: str, now: datetime) -> None:
        """Record for good what a watch saw, before anybody can hear of it."""
        fault_points.reach("brand.stop-study.before")
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO stops VALUES (?, ?)",
                (study, now.astimezone(UTC).isoformat()),
            )
        fault_points.reach("brand.stop-study.after")
