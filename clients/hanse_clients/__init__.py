"""The brand's side of an alliance.

`BrandClient` is what a notebook needs. It is loaded when it is first used (PEP
562), so that a process that needs one module here pays for no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse_clients.client import BrandClient

__all__ = ["BrandClient"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from hanse_clients import client  # noqa: PLC0415

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
