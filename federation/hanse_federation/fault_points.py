"""Named points of a process at which a fault can be made to happen.

Code that persists, sends or receives says where it stands, by `reach`. Nothing
happens there unless a hook was installed, and only the launcher of the fault
tests installs one: no setting, argument or environment of the product does. A
name reads `<party>.<what>.<before or after>`, for instance
`brand.persist-step.before`, and is written out where it is reached, so that the
fault tests find all of them in the source.
"""

from __future__ import annotations

from collections.abc import Callable

Hook = Callable[[str], None]
"""Is told the name of each point reached, on the thread that reached it; may not return."""

_installed: list[Hook] = []


def reach(name: str) -> None:
    """Tell the installed hook, if there is one, that this point was reached."""
    for hook in _installed:
        hook(name)


def install(hook: Hook | None) -> None:
    """Put a hook in the place of the one before; None takes it away."""
    _installed[:] = [] if hook is None else [hook]
