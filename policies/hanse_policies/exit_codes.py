"""The exit codes of the `hanse` command; scripts may rely on them.

Each error class names the code that the process ends with when the error
reaches the command line. A new meaning gets a new number; none is ever reused.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a `hanse` process ended."""

    OK = 0
    REFUSED = 1
    """A decision, a brand or the operator said no."""
    USAGE = 2
    """Wrong arguments, or a part of Hanse that is not installed."""
    BAD_INPUT = 3
    """A document, a file or data that does not have the form it must have."""
    SECURITY = 4
    """A signature, a key, a certificate or an identity that is not good."""
    BUDGET = 5
    """A privacy budget that does not suffice."""
    UNAVAILABLE = 6
    """A port, a connection, a disk or another party that is not there."""
    INTERNAL = 70
    """A defect in Hanse itself."""
    INTERRUPTED = 130
    """A person stopped it (128 + SIGINT, as shells count)."""
