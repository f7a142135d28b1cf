"""What a process computes once and keeps, apart for each party of a sum.

Rules: brands and server share the process of a measured sum but not what they have
computed before, as they would not in the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

from hanse_federation.secure_aggregation import context, secret_sharing, topology

_CACHES: tuple[tuple[ModuleType, str], ...] = (
    (context, "_encoded"),
    (secret_sharing, "_basis_at_zero"),
    (secret_sharing, "_powers"),
    (secret_sharing, "_weights"),
    (topology, "_derived"),
)
"""What a process computes once and keeps."""


class OwnCaches:
    """The caches of one party, empty at first; put in the place of the process's."""

    def __init__(self) -> None:
        """Begin with nothing computed."""
        self._own = [
            (module, name, lru_cache(maxsize=256)(getattr(module, name).__wrapped__))
            for module, name in _CACHES
        ]

    @contextmanager
    def used(self) -> Iterator[None]:
        """Compute with these caches."""
        kept: list[tuple[ModuleType, str, Any]] = []
        for module, name, own in self._own:
            kept.append((module, name, getattr(module, name)))
            setattr(module, name, own)
        try:
            yield
        finally:
            for module, name, others in kept:
                setattr(module, name, others)
