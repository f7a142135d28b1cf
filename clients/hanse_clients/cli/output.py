"""How `hanse brand` prints standings, charges and messages."""

from __future__ import annotations

from datetime import UTC, datetime

from hanse_clients.brand_views import BudgetStanding
from hanse_clients.study_gate import Judgement
from hanse_clients.verdicts import APPROVAL_AWAITED, StudyStanding
from hanse_federation.audit import EgressEntry
from hanse_federation.privacy import LedgerEntry
from hanse_policies.documents import ReleaseConsequence, StudyVerdict, Verdict
from hanse_policies.language import Language

Facts = dict[str, object]


def standing_facts(standing: StudyStanding) -> Facts:
    """Describe a study's standing for programs."""
    study = standing.judgement.opened.study
    return {
        "study": standing.digest,
        "id": study.id,
        "version": study.version,
        "title": study.title,
        "purpose": study.purpose.value,
        "state": standing.state.value,
        "verdict": verdict_word(standing.verdict),
        "codes": list(standing.verdict.codes) if standing.verdict else [],
        "decision": decision_facts(standing.judgement),
    }


def decision_facts(judgement: Judgement) -> Facts:
    """Describe a decision for programs, in both languages."""
    english = judgement.decision.report(Language.EN).model_dump(mode="json")
    chinese = judgement.decision.report(Language.ZH).model_dump(mode="json")
    return english | {"findings_zh": chinese["findings"]}


def verdict_word(verdict: StudyVerdict | None) -> str:
    """Say where a study stands here: permit, deny, or waiting for a person."""
    if verdict is None or verdict.codes == (APPROVAL_AWAITED,):
        return "waiting"
    return "permit" if verdict.verdict is Verdict.PERMIT else "deny"


def budget_facts(standing: BudgetStanding) -> Facts:
    """Describe a budget for programs."""
    spent = standing.spent
    return {
        "purpose": standing.budget.purpose.value,
        "epsilon": standing.budget.epsilon,
        "delta": standing.budget.delta,
        "spent_epsilon": 0.0 if spent is None else spent.epsilon,
        "spent_rho": 0.0 if spent is None else spent.rho,
        "period_end": standing.period_end.isoformat() if standing.period_end else None,
    }


def entry_facts(entry: LedgerEntry) -> Facts:
    """Describe a charge for programs."""
    charge = entry.charge
    return {
        "number": entry.number,
        "charged_at": entry.charged_at.isoformat(),
        "study": charge.study_digest,
        "study_id": charge.study_id,
        "purpose": charge.purpose.value,
        "round": charge.round_number,
        "question": charge.question.value,
        "answered": entry.answered,
    }


def message_facts(entry: EgressEntry) -> Facts:
    """Describe a message that left, for programs."""
    record = entry.record
    return {
        "index": entry.index,
        "time": record.time.isoformat(),
        "study": record.study,
        "run": record.run,
        "round": record.round_number,
        "message_type": record.message_type,
        "bytes": record.byte_count,
        "sha256": record.sha256,
        "decision": record.decision,
        "chain": entry.chain,
    }


def told(one: ReleaseConsequence) -> str:
    """Say until when a release may be used, once consents have ended that went into it."""
    if one.due is None:
        return f"it stays in use by evidence: {one.evidence}"
    return f"{one.consequence}, in use until {minute(one.due)}"


def minute(instant: datetime) -> str:
    """Write an instant for people, in UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
