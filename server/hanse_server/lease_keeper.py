"""Keeps the serving process's lease in force, and ends the serving when it is lost.

Rules: a store that cannot be reached for a while is no loss, because nothing can
be written to it meanwhile either; a newer token is, and so is a newer layout;
whoever was replaced stops serving at once and says so. What is to be looked after
while the lease is in force is looked after at each renewal, and never costs the lease.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final, Self

from hanse_policies.errors import HanseError
from hanse_server.errors import StoreAccessError, StoreError
from hanse_server.store import Lease, OperatorStore

_LOG = logging.getLogger(__name__)

LEASE_LIFETIME: Final = timedelta(seconds=30)
"""How long after its last renewal another holder may take over."""

RENEWALS: Final = 3
"""How often a lease is renewed in its lifetime."""


@contextmanager
def held_lease(
    store: OperatorStore, holder: str, clock: Callable[[], datetime], lifetime: timedelta
) -> Iterator[Lease]:
    """Hold the lease on a store for as long as the context lasts; it does not renew itself.

    Raises:
        StoreLeasedError: Another holder's lease is in force.
    """
    lease = store.leases.acquire(holder, clock(), lifetime)
    try:
        yield lease
    finally:
        # One that was lost, or that the store cannot be told of, is not ours to give up.
        with suppress(StoreError):
            store.leases.give_up(lease, clock())


class LeaseKeeper:
    """Renews a lease on a thread of its own; a context manager that starts and stops."""

    def __init__(
        self,
        store: OperatorStore,
        lease: Lease,
        clock: Callable[[], datetime],
        lifetime: timedelta,
        *,
        on_renewed: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Prepare; nothing is renewed yet.

        Args:
            store: Where the lease is recorded.
            lease: The lease.
            clock: Tells the time, with its zone.
            lifetime: How long each renewal lasts.
            on_renewed: Looks after what the lease is held for; called after each renewal,
                on the keeper's thread. What it raises is logged, and it is called again.
            on_lost: Ends the serving; called once, on the keeper's thread.
        """
        self._store = store
        self._lease = lease
        self._clock = clock
        self._lifetime = lifetime
        self._on_renewed = on_renewed
        self._on_lost = on_lost
        self._stop = threading.Event()
        self._lost: StoreError | None = None
        self._thread = threading.Thread(target=self._keep, name="hanse-lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raise what the lease was lost by, if it was.

        Raises:
            StoreFencedError: Another server took the store over.
            StoreVersionError: A newer program changed the store's layout.
        """
        if self._lost is not None:
            raise self._lost

    def _keep(self) -> None:
        while not self._stop.wait(self._lifetime.total_seconds() / RENEWALS):
            try:
                self._store.leases.renew(self._lease, self._clock(), self._lifetime)
            except StoreAccessError as error:
                _LOG.warning("lease not renewed this time: %s", error.code)
            except StoreError as error:
                _LOG.error("lease lost, serving ends: %s", error.code)
                self._lost = error
                self._on_lost()
                return
            else:
                self._look_after()

    def _look_after(self) -> None:
        try:
            self._on_renewed()
        except HanseError as error:
            _LOG.warning("not looked after this time: %s", error.code)
        except Exception:  # noqa: BLE001 - a defect there must not cost the lease
            _LOG.exception("not looked after: a defect")
