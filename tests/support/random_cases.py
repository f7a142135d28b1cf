"""Random documents and requests over a small world, where many things nearly fit."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hanse_policies.documents import (
    AllianceCharter,
    ApprovalMode,
    ApprovalRules,
    BinnedAxis,
    BrandPolicy,
    CategoricalFeature,
    ColumnType,
    ComputationKind,
    ConsentEndRule,
    ConsentField,
    ConsentRules,
    ConsentState,
    DataAsset,
    Floors,
    FlowLabel,
    Limits,
    ModelConsequence,
    Permit,
    Purpose,
    ReleaseForm,
    Sensitivity,
    Study,
    WithdrawalRules,
)
from hanse_policies.facts import ApprovalState, BudgetState
from tests.support.decisions import SIGNED, Case
from tests.support.documents import (
    BRANDS,
    COLUMNS,
    NOW,
    a_budget,
    a_charter,
    a_column,
    a_consent_mapping,
    a_histogram,
    a_histogram_study,
    a_member,
    a_permit,
    a_policy,
    a_privacy,
    a_shared_privacy,
    a_summed_training,
    a_training,
    a_training_study,
    an_asset,
    permitted,
)

NAMES = tuple(name for name, _, _ in COLUMNS)
RECIPIENTS = ("alliance-members", "operator", "press")
PURPOSES = (Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS)
T = TypeVar("T")


def some(draw: random.Random, words: tuple[T, ...]) -> tuple[T, ...]:
    """Draw most of some words, at least one."""
    kept = tuple(word for word in words if draw.random() < 0.9)
    return kept or (draw.choice(words),)


def a_random_permit(draw: random.Random) -> Permit:
    columns = tuple(permitted(name, sensitive=draw.random() < 0.5)[0] for name in some(draw, NAMES))
    permit = a_permit(
        purpose=draw.choice(PURPOSES),
        computations=some(draw, tuple(ComputationKind)),
        recipients=some(draw, RECIPIENTS),
        releases=some(draw, tuple(ReleaseForm)),
        least_protection=draw.choice(
            (FlowLabel.PLAIN_UPDATE, FlowLabel.MASKED_UPDATE, FlowLabel.DP_AGGREGATE)
        ),
        minimum_persons=draw.choice((50, 100, 150)),
        retention_days=draw.choice((90, 180, 365)),
    )
    return permit.model_copy(update={"columns": columns})


def a_random_policy(draw: random.Random) -> BrandPolicy:
    return a_policy(
        permits=tuple(a_random_permit(draw) for _ in range(draw.randint(1, 3))),
        budgets=tuple(
            a_budget(
                purpose,
                epsilon=draw.choice((2.0, 3.0, 6.0)),
                delta=draw.choice((1e-6, 1e-5)),
                starts=NOW - timedelta(days=draw.choice((-1, 1, 30))),
                period_days=draw.choice((30, 91)),
            )
            for purpose in some(draw, PURPOSES)
        ),
        consent=ConsentRules(max_age_hours=draw.choice((24, 48))),
        active_from=NOW + timedelta(hours=draw.choice((-3, -2, -1, 1))),
        approval=draw.choice(tuple(ApprovalMode)),
        approvals=ApprovalRules(loosen=0),
        withdrawal=WithdrawalRules(
            withdrawn=a_random_end_rule(draw),
            invalidated=a_random_end_rule(draw, is_kept_at_times=False),
        ),
    )


def a_random_end_rule(draw: random.Random, *, is_kept_at_times: bool = True) -> ConsentEndRule:
    purged = draw.choice((0, 15, 30))
    if is_kept_at_times and draw.random() < 0.3:
        return ConsentEndRule(
            consequence=ModelConsequence.KEEP_WITH_EVIDENCE,
            evidence=draw.choice(("report 1", "report 2")),
            purge_within_days=purged,
        )
    return ConsentEndRule(
        consequence=draw.choice((ModelConsequence.RETRAIN_BY, ModelConsequence.RETIRE)),
        within_days=draw.choice((0, 30, 90)),
        purge_within_days=purged,
    )


def a_random_asset(draw: random.Random) -> DataAsset:
    columns = tuple(
        a_column(
            name,
            sensitivity=draw.choice(tuple(Sensitivity)),
            retention_days=draw.choice((90, 730)),
            type=draw.choice(tuple(ColumnType)) if draw.random() < 0.2 else a_column(name).type,
        )
        for name in some(draw, NAMES)
    )
    words = {purpose: f"word of {purpose}" for purpose in some(draw, PURPOSES)}
    return an_asset(columns=columns, consent=a_consent_mapping(purposes=words))


def a_random_charter(draw: random.Random) -> AllianceCharter:
    members = [a_member("alder")] + [a_member(brand) for brand in some(draw, BRANDS[1:])]
    return a_charter(
        members=tuple(members),
        purposes=some(draw, PURPOSES),
        computations=some(draw, tuple(ComputationKind)),
        recipients=some(draw, RECIPIENTS),
        floors=Floors(
            minimum_brands=draw.choice((2, 3)),
            minimum_persons=draw.choice((50, 100)),
            tolerated_dropouts=draw.choice((0, 1)),
            assumed_colluders=draw.choice((0, 1)),
        ),
        limits=Limits(
            epsilon=draw.choice((2.0, 4.0)),
            delta=draw.choice((1e-6, 1e-5)),
            retention_days=draw.choice((180, 365)),
        ),
    )


def a_random_study(draw: random.Random) -> Study:
    shared = draw.random() < 0.3
    numbers = {
        "epsilon": draw.choice((1.0, 2.5, 3.5)),
        "delta": draw.choice((1e-7, 5e-6)),
    }
    terms: dict[str, object] = {
        "purpose": draw.choice(PURPOSES),
        "privacy": a_shared_privacy(**numbers) if shared else a_privacy(**numbers),
        "minimum_persons": draw.choice((60, 120, 200)),
        "recipients": some(draw, RECIPIENTS[:2]) if draw.random() < 0.8 else RECIPIENTS,
        "retention_days": draw.choice((60, 120, 300)),
    }
    if draw.random() < 0.4:
        training = a_summed_training() if shared else a_training()
        return a_training_study(computation=training, **terms)
    name = draw.choice(NAMES)
    words = CategoricalFeature(column=name, categories=("north",))
    axis = words if name == "region" else BinnedAxis(column=name, edges=(1.0,))
    return a_histogram_study(computation=a_histogram(axes=(axis,)), **terms)


def a_random_case(draw: random.Random) -> Case:
    spent = draw.choice((0.0, 1.0, 3.0))
    return Case(
        study=a_random_study(draw),
        policy=a_random_policy(draw),
        charter=a_random_charter(draw),
        asset=a_random_asset(draw),
        consent=ConsentState(
            synced=NOW - timedelta(hours=draw.choice((1, 30, 60))),
            purposes=frozenset(some(draw, PURPOSES)),
            fields=frozenset({ConsentField.BASIS} if draw.random() < 0.95 else ()),
        ),
        budget=BudgetState(spent, spent + draw.choice((0.0, 2.0)), draw.choice((1e-7, 1e-6))),
    )


def wide_case(draw: random.Random) -> Case:
    """Draw a request whose other documents allow most of it, so that the one varied decides."""
    case, usual = a_random_case(draw), Case()
    charter = a_charter(
        recipients=RECIPIENTS, limits=Limits(epsilon=4.0, delta=1e-5, retention_days=365)
    )
    wide = a_policy(
        permits=tuple(
            a_permit(
                NAMES,
                sensitive=True,
                purpose=purpose,
                computations=tuple(ComputationKind),
                recipients=RECIPIENTS,
                releases=tuple(ReleaseForm),
                minimum_persons=50,
                retention_days=365,
            )
            for purpose in PURPOSES
        ),
        budgets=tuple(a_budget(purpose, delta=1e-5) for purpose in PURPOSES),
        consent=ConsentRules(max_age_hours=72),
    )
    return replace(case, charter=charter, policy=wide, asset=usual.asset)


class World:
    """A stock of documents, drawn once, out of which requests are put together."""

    def __init__(self, draw: random.Random, size: int = 300) -> None:
        """Draw the stock."""
        self._draw = draw
        self._wide = [wide_case(draw) for _ in range(2 * size)]
        self._policies = [a_random_policy(draw) for _ in range(size)]
        self._charters = [a_random_charter(draw) for _ in range(size)]
        self._assets = [a_random_asset(draw) for _ in range(size)]

    def case(self) -> Case:
        """Draw a request of which each part is now wide, now drawn."""
        draw = self._draw
        case = draw.choice(self._wide)
        if draw.random() < 0.35:
            case = replace(case, policy=draw.choice(self._policies))
        if draw.random() < 0.35:
            case = replace(case, charter=draw.choice(self._charters))
        if draw.random() < 0.35:
            case = replace(case, asset=draw.choice(self._assets))
        if draw.random() < 0.1:
            missing = draw.choice(("study", "charter", "policy", "asset"))
            case = replace(case, signature=replace(SIGNED, **{missing: None}))
        if draw.random() < 0.1:
            states = (None, ApprovalState(1, ()), ApprovalState(1, ("data-owner",)))
            case = replace(case, approvals=draw.choice(states))
        return case


def without_consent(draw: random.Random, case: Case) -> Case:
    """Take the consent register away, in one of the ways that it can be missing."""
    oldest = timedelta(hours=case.policy.consent.max_age_hours, microseconds=1)
    held = case.consent
    return replace(
        case,
        consent=draw.choice(
            (
                replace(held, synced=None),
                replace(held, synced=NOW.replace(tzinfo=None)),
                replace(held, synced=NOW - oldest),
                replace(held, synced=NOW + timedelta(microseconds=1)),
                replace(held, purposes=held.purposes - {case.study.purpose}),
            )
        ),
    )
