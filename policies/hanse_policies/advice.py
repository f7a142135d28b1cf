"""What the operator's server can say of a study before any brand decides: advice, no verdict.

Rules: advice looks at the study and the charter alone, for nobody but a brand knows the
brand's policy, data, consents and ledger. It is bound to nothing: no brand reads it, the
server hands out the study whatever it says, and a study that it finds nothing against may
be refused by every brand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hanse_policies.decision import Findings, ask_all, refusals
from hanse_policies.documents import AllianceCharter, Study, Verdict
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.verdict import RuleCode
from hanse_policies.engine import NO_SOURCES, SHARED_FAMILIES
from hanse_policies.facts import SharedFacts
from hanse_policies.rules import expiry
from hanse_policies.source import Sources

ADVISORY = "advisory"
"""What advice is called wherever it is printed."""


class AdviceReport(StrictModel):
    """Advice as it is printed."""

    standing: str = ADVISORY
    verdict: Verdict
    codes: tuple[RuleCode, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What charter and study say together.

    Attributes:
        findings: Of every rule that both decide alone.
    """

    findings: Findings

    @property
    def verdict(self) -> Verdict:
        """What every brand would find, as far as the charter goes."""
        return Verdict.DENY if refusals(self.findings) else Verdict.PERMIT

    def report(self) -> AdviceReport:
        """Write the advice as a record for printing."""
        refused = refusals(self.findings)
        return AdviceReport(
            verdict=self.verdict,
            codes=tuple(finding.rule for finding in refused),
            reasons=tuple(f"{finding.message}; {finding.fix}" for finding in refused),
        )


def advise(
    study: Study, *, charter: AllianceCharter, now: datetime, sources: Sources = NO_SOURCES
) -> Advice:
    """Say what the charter lets every brand find about a study.

    Args:
        study: What is to be proposed.
        charter: The charter in force.
        now: The instant to advise for, with time zone.
        sources: Where the documents are written, so that findings can point there.
    """
    facts = SharedFacts(study, charter, now, sources)
    clock = expiry.check_clock(facts)
    return Advice(clock if refusals(clock) else ask_all(SHARED_FAMILIES, facts))
