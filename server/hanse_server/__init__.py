"""The operator's side of an alliance.

`Alliance` is what a notebook needs. It is loaded when it is first used (PEP
562), so that a command that needs one module here pays for no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanse_server.alliance import Alliance

__all__ = ["Alliance"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from hanse_server import alliance  # noqa: PLC0415

        return getattr(alliance, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
