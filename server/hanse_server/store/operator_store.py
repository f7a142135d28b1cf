"""The store as one object: a part for each concept, all over one database."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from hanse_server.store.database import Database
from hanse_server.store.lease import Lease, LeaseStore
from hanse_server.store.location import StoreLocation
from hanse_server.store.membership import MembershipStore
from hanse_server.store.rounds import RoundStore
from hanse_server.store.runs import RunStore
from hanse_server.store.studies import StudyStore
from hanse_server.store.traffic import TrafficStore


class OperatorStore:
    """Everything the operator keeps; safe to share between threads.

    Attributes:
        membership: Certificates and charters.
        studies: Studies and verdicts.
        runs: Runs, ended rounds and releases.
        rounds: Secure aggregation within rounds.
        leases: Who may act on the store.
        traffic: What crossed the link.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.membership = MembershipStore(database)
        self.studies = StudyStore(database)
        self.runs = RunStore(database)
        self.rounds = RoundStore(database)
        self.leases = LeaseStore(database.writing)
        self.traffic = TrafficStore(database)

    @classmethod
    def create(cls, location: StoreLocation) -> Self:
        """Make a new, empty store; a file is readable by its owner alone.

        Raises:
            StoreExistsError: One lies there already.
            StoreAccessError: It cannot be made.
        """
        return cls(Database.create(location))

    @classmethod
    def open(cls, location: StoreLocation) -> Self:
        """Open a store made before; an older layout is brought to the newest first.

        Raises:
            StoreMissingError: None lies there.
            StoreVersionError: Its layout is newer than this program.
            StoreAccessError: It is not a store or cannot be read.
        """
        return cls(Database.open(location))

    def under(self, lease: Lease) -> Self:
        """Return the same store, written to only while `lease` is the newest.

        Every writing transaction checks it within itself; reading needs no lease. Both
        stores share connections, so closing one closes the other.
        """
        return type(self)(self._database.under(lease))

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
