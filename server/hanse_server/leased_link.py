"""The link of a server that may be replaced: from then on nothing is asked through it.

Rules: every look for brands, every request and every wait checks first, so that a run
that is under way in a replaced server ends with the reason at its next step, instead of
waiting for brands that will not come.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from hanse_federation.link.interface import OperatorLink, TrafficCount
from hanse_federation.messages import Reply, Request
from hanse_policies.documents import BrandId


class LeasedLink:
    """An `OperatorLink` that is used only while its server is in charge."""

    def __init__(self, link: OperatorLink, check: Callable[[], None]) -> None:
        """Guard a link.

        Args:
            link: Where the brands are.
            check: Raises why this server is no longer in charge, if it is not.
        """
        self._link, self._check = link, check

    def brands(self) -> tuple[BrandId, ...]:
        """List the brands connected now; raises as `check` does."""
        self._check()
        return self._link.brands()

    def submit(self, brand: BrandId, request: Request) -> None:
        """Send a request; raises as `check` and the link do."""
        self._check()
        self._link.submit(brand, request)

    def collect(
        self, requests: Collection[str], timeout_seconds: float, *, first: bool = False
    ) -> tuple[Reply, ...]:
        """Wait for replies; raises as `check` does."""
        self._check()
        return self._link.collect(requests, timeout_seconds, first=first)

    def traffic(self) -> Sequence[TrafficCount]:
        """Count what crossed since the link was made."""
        return self._link.traffic()
