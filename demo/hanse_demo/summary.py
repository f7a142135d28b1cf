"""How a demo ended, as plain facts: for the last screen, for `--json`, for the exit code.

Rules: only what the operator may see, and what the demo alone can know of its
own run; no true count of a brand is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from hanse_demo.door import DoorCheck
from hanse_demo.errors import DemoOutcomeError
from hanse_demo.league import DemoStudy
from hanse_demo.report import Estimate
from hanse_federation.desk import StudyState
from hanse_policies.documents import TrustMode

PLANNED: Mapping[DemoStudy, StudyState] = {
    DemoStudy.REPURCHASE_PROPENSITY: StudyState.RELEASED,
    DemoStudy.SPEND_BY_AGE: StudyState.RELEASED,
    DemoStudy.HOUSEHOLD_INCOME_PROFILE: StudyState.REFUSED,
}
"""How each study is meant to end."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A step of the demo and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StudyLine:
    """One study in the summary.

    Attributes:
        study: Which.
        outcome: How it ended.
        seconds: How long the run took, as the operator's command saw it.
        epsilon: What it cost a person at a brand; None where nothing was spent.
        delta: Of that epsilon.
        auc: The noised AUC of a released model, with its interval.
    """

    study: DemoStudy
    outcome: StudyState
    seconds: float
    epsilon: float | None = None
    delta: float | None = None
    auc: Estimate | None = None


@dataclass(frozen=True, slots=True)
class SocketSummary:
    """Which sockets the processes had.

    Attributes:
        listening: `address:port` of every socket that could be dialled.
        connections: Ends of connections seen.
        beyond_loopback: Those that reach another machine; none, or something is wrong.
        elsewhere: Those on loopback that do not lead to the operator's port.
        door: How the operator's port answers strangers.
    """

    listening: tuple[str, ...]
    connections: int
    beyond_loopback: tuple[str, ...]
    elsewhere: tuple[str, ...]
    door: DoorCheck


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """The whole run in short.

    Attributes:
        mode: Where the noise of the studies was added.
        report: The league's report.
        brand_pages: Each brand's own page, in its home.
        studies: In the order proposed.
        exact_auc: Demo only: the released model without noise.
        pooled_auc: Demo only: a non-private model on everybody's rows.
        seconds: From the first step to the last page.
        peak_memory_bytes: Most that all processes held at once.
        peak_processes: Most processes at once.
        killed: Parties that did not end when asked to.
        sockets: Which sockets there were.
        phases: Each step and its time.
    """

    mode: TrustMode
    report: Path
    brand_pages: tuple[Path, ...]
    studies: tuple[StudyLine, ...]
    exact_auc: float | None
    pooled_auc: float | None
    seconds: float
    peak_memory_bytes: int
    peak_processes: int
    killed: tuple[str, ...]
    sockets: SocketSummary
    phases: tuple[Phase, ...]

    def check(self) -> None:
        """Make sure that the studies ended as they are meant to.

        Raises:
            DemoOutcomeError: One ended otherwise.
        """
        for line in self.studies:
            planned = PLANNED[line.study]
            if line.outcome is not planned:
                raise DemoOutcomeError(line.study, planned, line.outcome, self.report)

    def facts(self) -> dict[str, object]:
        """Describe the run for programs."""
        facts = asdict(self)
        facts["report"] = str(self.report)
        facts["brand_pages"] = [str(page) for page in self.brand_pages]
        return facts
