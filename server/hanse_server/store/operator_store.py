"""The store as one object: a part for each concept, all over one database."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from hanse_server.store.database import Database
from hanse_server.store.membership import MembershipStore
from hanse_server.store.runs import RunStore
from hanse_server.store.studies import StudyStore
from hanse_server.store.traffic import TrafficStore


class OperatorStore:
    """Everything the operator keeps; safe to share between threads.

    Attributes:
        membership: Certificates and charters.
        studies: Studies and verdicts.
        runs: Runs, rounds and releases.
        traffic: What crossed the link.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.membership = MembershipStore(database)
        self.studies = StudyStore(database)
        self.runs = RunStore(database)
        self.traffic = TrafficStore(database)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new, empty store, readable by its owner alone.

        Raises:
            StoreExistsError: A file lies there already.
            StoreAccessError: The file cannot be made.
        """
        return cls(Database.create(path))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store made before.

        Raises:
            StoreMissingError: No file lies there.
            StoreVersionError: Its layout is of another version.
            StoreAccessError: The file is not a store or cannot be read.
        """
        return cls(Database.open(path))

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
