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
    Approver,
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
    ImpactAssessment,
    Limits,
    Member,
    MinorsRule,
    ModelConsequence,
    Notice,
    Permit,
    Purpose,
    RecipientPlace,
    ReleaseForm,
    ResultUse,
    Sensitivity,
    SeparateConsent,
    Study,
    Threshold,
    ThresholdChange,
    WithdrawalRules,
)
from hanse_policies.facts import BudgetState
from hanse_policies.taxonomy import TaxonomyPin
from tests.support.decisions import Case
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
    a_key,
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
from tests.support.places import (
    COUNSEL_KEY,
    VERSION,
    a_joint_use,
    a_notice,
    an_export,
    an_operator,
    an_opinion,
)

NAMES = tuple(name for name, _, _ in COLUMNS)
RECIPIENTS = ("alliance-members", "operator", "press")
PURPOSES = (Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS)
USES = ((ResultUse.REPORTING,), (ResultUse.REPORTING, ResultUse.OFFER), tuple(ResultUse))
MINORS = tuple(
    MinorsRule.model_validate({"from_age": age, "is_guardian_enough": guardian})
    for age, guardian in ((14, True), (16, True), (14, False), (18, False))
)
REPORTS = tuple(
    ImpactAssessment(digest="ab" * 32, dated=NOW - timedelta(hours=hours)) for hours in (9, 4, 2)
)
OFFICERS = tuple(
    Approver(id=f"officer-{number}", role=f"role-{number}", key=a_key(50 + number).public_hex)
    for number in range(2)
)
A_PERSONS_LINE = Threshold(figure="persons", limit=1000, change=ThresholdChange.LEVEL)
A_LINE = (Threshold(figure="auc", limit=0.7, change=ThresholdChange.LEVEL),)
TOLD = (ConsentField.BASIS, ConsentField.NOTICE, ConsentField.JURISDICTION, ConsentField.AGE_BAND)
EXPORTS = tuple(
    an_export(mechanism=mechanism, persons_at_most=persons, sensitive_persons_at_most=sensitive)
    for mechanism in ("standard-contract", "adequacy", "exempt")
    for persons, sensitive in ((100, None), (500, 500), (500, 0), (None, None))
)
OPINIONS = (
    a_joint_use(),
    a_joint_use(an_opinion(brands=("birch",))),
    a_joint_use(an_opinion(least_protection="F4")),
    a_joint_use(an_opinion(expires=NOW)),
    a_joint_use(key=a_key(71)),
)
NOTICES = (a_notice(version="v1", separate_consents=()), a_notice(recipients=RECIPIENTS))
T = TypeVar("T")


def some(draw: random.Random, words: tuple[T, ...]) -> tuple[T, ...]:
    """Draw most of some words, at least one."""
    kept = tuple(word for word in words if draw.random() < 0.9)
    return kept or (draw.choice(words),)


def usually(draw: random.Random, word: T, others: tuple[T, ...]) -> T:
    """Draw a word nine times out of ten, else another."""
    return word if draw.random() < 0.9 else draw.choice(others)


def rarely(draw: random.Random, words: tuple[T, ...], chance: float = 0.3) -> T | None:
    """Draw one of some words now and then, else nothing."""
    return draw.choice(words) if draw.random() < chance else None


def a_random_notice(draw: random.Random, version: str) -> Notice:
    return a_notice(
        version=version,
        recipients=some(draw, RECIPIENTS),
        separate_consents=usually(draw, (SeparateConsent.ANOTHER_HANDLER,), ((),)),
    )


def a_random_member(draw: random.Random, brand: str) -> Member:
    return a_member(brand, jurisdiction=usually(draw, "DE", ("AT", "US", "CN-GD", None)))


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
        uses=rarely(draw, USES, chance=0.1),
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
                starts=NOW - timedelta(days=draw.choice((-1, 1, 20, 30, 60))),
                period_days=draw.choice((30, 91)),
            )
            for purpose in some(draw, PURPOSES)
        ),
        consent=ConsentRules(
            max_age_hours=draw.choice((24, 48)),
            notices=rarely(draw, ((VERSION,), (VERSION, "v1")), chance=0.15),
            jurisdictions=rarely(draw, (("DE", "AT"), ("DE",), ("CN", "DE")), chance=0.15),
            minors=rarely(draw, MINORS, chance=0.8),
        ),
        notices=usually(draw, NOTICES, (tuple(a_random_notice(draw, n) for n in ("v1", VERSION)),)),
        export=rarely(draw, EXPORTS),
        joint_use=rarely(draw, OPINIONS, chance=0.1),
        active_from=NOW + timedelta(hours=draw.choice((-5, -4, -3, -2, -1, 1))),
        approval=draw.choice(tuple(ApprovalMode)),
        approvers=OFFICERS,
        approvals=ApprovalRules(loosen=usually(draw, 2, (0, 1))),
        assessment=rarely(draw, REPORTS, chance=0.8),
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
    mapping = a_consent_mapping(
        purposes=words,
        notice=rarely(draw, ("notice",), chance=0.7),
        age_band=usually(draw, "age_band", ({"constant": "unknown"}, None)),
        jurisdiction=usually(draw, {"constant": "DE"}, ({"constant": "CN"}, "place", None)),
    )
    return an_asset(
        columns=columns,
        consent=mapping,
        author="writer",
        approvers=OFFICERS,
        approvals=ApprovalRules(loosen=usually(draw, 2, (0, 1))),
    )


def a_random_charter(draw: random.Random) -> AllianceCharter:
    members = [a_random_member(draw, brand) for brand in ("alder", *some(draw, BRANDS[1:]))]
    return a_charter(
        operator=an_operator(usually(draw, "DE", ("AT", "US", None))),
        places=tuple(
            RecipientPlace(recipient=name, jurisdiction=usually(draw, "DE", ("FR", "CN")))
            for name in some(draw, ("alliance-members", "press"))
        ),
        counsel_key=rarely(draw, (COUNSEL_KEY.public_hex, a_key(71).public_hex)),
        members=tuple(members),
        purposes=some(draw, PURPOSES),
        computations=some(draw, tuple(ComputationKind)),
        recipients=some(draw, RECIPIENTS),
        floors=Floors(
            minimum_brands=draw.choice((2, 3)),
            minimum_persons=draw.choice((50, 100)),
            tolerated_dropouts=draw.choice((0, 1)),
            assumed_colluders=draw.choice((0, 1)),
            approvals=usually(draw, 0, (1, 2)),
        ),
        minors=rarely(draw, MINORS, chance=0.1),
        uses=rarely(draw, USES, chance=0.1),
        assessment_required=draw.random() < 0.1,
        taxonomies=usually(draw, (), ((TaxonomyPin.FIDESLANG_3_1_4,),)),
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
        "uses": usually(draw, (ResultUse.REPORTING,), ((), (ResultUse.PRICE,))),
        "thresholds": usually(draw, (), (A_LINE, (*A_LINE, A_PERSONS_LINE))),
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
            synced=NOW - timedelta(hours=draw.choice((1, 1, 1, 30, 60))),
            purposes=frozenset(some(draw, PURPOSES)),
            fields=frozenset(some(draw, TOLD) if draw.random() < 0.95 else ()),
        ),
        budget=BudgetState(spent, spent + draw.choice((0.0, 2.0)), draw.choice((1e-7, 1e-6))),
    )


def wide_case(draw: random.Random) -> Case:
    """Draw a request whose other documents allow most of it, so that the one varied decides."""
    case, usual = a_random_case(draw), Case()
    charter = a_charter(
        recipients=RECIPIENTS,
        counsel_key=COUNSEL_KEY.public_hex,
        limits=Limits(epsilon=4.0, delta=1e-5, retention_days=365),
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
        export=an_export(sensitive_persons_at_most=100_000),
    )
    told = a_consent_mapping(notice="notice", age_band="age_band")
    approved = {"author": "writer", "approvers": OFFICERS, "approvals": ApprovalRules(loosen=2)}
    asset = usual.asset.model_copy(update={"consent": told, **approved})
    consent = replace(case.consent, fields=frozenset(TOLD))
    return replace(case, charter=charter, policy=wide, asset=asset, consent=consent)
