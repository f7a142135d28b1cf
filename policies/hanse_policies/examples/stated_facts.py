"""The facts of a decision, as an example states them; what it does not state is unknown."""

from __future__ import annotations

from datetime import datetime

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentState,
    ExampleApprovals,
    ExampleBudget,
    ExampleConsent,
    ExampleFacts,
    ExampleSignatures,
    SignatureWord,
)
from hanse_policies.facts import ApprovalState, BudgetState, SignatureState

NO_CLOCK = datetime(1970, 1, 1)  # noqa: DTZ001 - an instant without time zone is what is meant
KEY_OF_NOBODY = "f" * 64


def now_of(facts: ExampleFacts) -> datetime:
    """Return the instant to decide for; one without time zone where it is unknown."""
    return facts.now if isinstance(facts.now, datetime) else NO_CLOCK


def consent_of(facts: ExampleFacts) -> ConsentState:
    """Return the state of the consent register."""
    if not isinstance(facts.consent, ExampleConsent):
        return ConsentState(None, frozenset())
    told = facts.consent
    return ConsentState(told.synced, frozenset(told.purposes or ()), frozenset(told.fields or ()))


def approvals_of(told: ExampleApprovals | str | None) -> ApprovalState | None:
    """Return how far a version is approved; None where it is unknown."""
    if told == "enough":
        return ApprovalState(0, ())
    if not isinstance(told, ExampleApprovals):
        return None
    return ApprovalState(told.needed, told.roles, told.refused_by)


def budget_of(facts: ExampleFacts) -> BudgetState | None:
    """Return what the ledger says; None where any part of it is unknown."""
    told = facts.budget
    if not isinstance(told, ExampleBudget):
        return None
    if told.epsilon_spent is None or told.epsilon_if_run is None or told.delta is None:
        return None
    return BudgetState(told.epsilon_spent, told.epsilon_if_run, told.delta)


def signature_of(
    facts: ExampleFacts, charter: AllianceCharter, policy: BrandPolicy
) -> SignatureState:
    """Return the keys that the documents were verified with."""
    if facts.signatures is None:
        return SignatureState()
    told = facts.signatures
    words = told if isinstance(told, ExampleSignatures) else ExampleSignatures()
    valid = SignatureState.unsafe_assumed(charter, policy)
    return SignatureState(
        study=_key(words.study, valid.study),
        charter=_key(words.charter, valid.charter),
        policy=_key(words.policy, valid.policy),
        asset=_key(words.asset, valid.asset),
        is_charter_newest=words.is_charter_newest,
    )


def _key(word: SignatureWord, valid: str | None) -> str | None:
    return {
        SignatureWord.VALID: valid,
        SignatureWord.MISSING: None,
        SignatureWord.OTHER: KEY_OF_NOBODY,
    }[word]
