"""Random legal packs, and random documents in which what packs read differs, too."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from hanse_policies.documents import (
    AgeBand,
    AllianceCharter,
    AssetColumn,
    BinnedAxis,
    BrandPolicy,
    CategoricalFeature,
    ComputationKind,
    ConsentBasis,
    ConsentField,
    ConsentRules,
    ConsentState,
    DataAsset,
    Export,
    ExportMechanism,
    Floors,
    FlowLabel,
    ImpactAssessment,
    Limits,
    LocationPrecision,
    MinorsRule,
    Notice,
    Operator,
    PackRules,
    Permit,
    Pseudonym,
    Purpose,
    ReleaseForm,
    ResultUse,
    Sensitivity,
    SeparateConsent,
    StrictModel,
)
from hanse_policies.documents.asset import StatedAgeBand
from hanse_policies.documents.legal_pack import SensitivityList
from hanse_policies.documents.legal_test import (
    AgeKnown,
    AllOf,
    AnyOf,
    AssessmentBefore,
    BasisIn,
    CategoryRead,
    CharterAgreed,
    ColumnsPermitted,
    ConsentFreshWithin,
    ExportBelow,
    ExportMechanismIn,
    FlowAtLeast,
    HandlerReceives,
    LegalTest,
    Not,
    NoticeCovers,
    NoticePart,
    ObjectionOffered,
    PrecisionAtMost,
    PseudonymIn,
    PurposeIn,
    RecipientsAtHome,
    ReleaseIn,
    ResultUsedFor,
    RetentionAtMost,
    SensitivePermitted,
    SensitiveRead,
    SensitivityStated,
    SeparateConsentAsked,
)
from hanse_policies.facts import BudgetState
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.shipped import shipped_packs
from tests.support.decisions import Case
from tests.support.documents import (
    BRANDS,
    NOW,
    OPERATOR_KEY,
    a_budget,
    a_charter,
    a_column,
    a_consent_mapping,
    a_histogram,
    a_histogram_study,
    a_member,
    a_permit,
    a_policy,
    a_training_study,
    an_asset,
    permitted,
)
from tests.support.packs import a_check, a_pack
from tests.support.places import COUNSEL_KEY, a_joint_use
from tests.support.random_cases import NAMES, PURPOSES, some

CATEGORIES = (
    "user.behavior",
    "user.behavior.purchase_history",
    "user.demographic.age_range",
    "user.financial",
    "user.location.imprecise",
)
RECIPIENTS = ("members", "operator", "birch", "cedar")
PLACES = ("CN", "DE", None)
LISTS = ("act-list",)
OPINION = a_joint_use()
QUESTIONS: tuple[Callable[[random.Random], LegalTest], ...] = (
    lambda draw: PurposeIn(purposes=some(draw, PURPOSES)),
    lambda draw: CategoryRead(categories=(draw.choice(CATEGORIES),)),
    lambda _: SensitivityStated(lists=LISTS),
    lambda _: SensitiveRead(lists=LISTS),
    lambda _: SensitivePermitted(lists=LISTS),
    lambda _: ColumnsPermitted(),
    lambda draw: PseudonymIn(
        categories=(draw.choice(CATEGORIES),), pseudonyms=some(draw, tuple(Pseudonym))
    ),
    lambda draw: PrecisionAtMost(
        categories=(draw.choice(CATEGORIES),), precision=draw.choice(tuple(LocationPrecision))
    ),
    lambda _: HandlerReceives(),
    lambda _: RecipientsAtHome(),
    lambda draw: ExportMechanismIn(mechanisms=some(draw, tuple(ExportMechanism))),
    lambda draw: ExportBelow(persons=draw.choice((100, 1000)), sensitive_persons=100),
    lambda draw: BasisIn(bases=some(draw, tuple(ConsentBasis)[:3])),
    lambda draw: NoticeCovers(part=draw.choice(tuple(NoticePart))),
    lambda draw: SeparateConsentAsked(consent=draw.choice(tuple(SeparateConsent))),
    lambda _: ObjectionOffered(),
    lambda _: AgeKnown(),
    lambda draw: ConsentFreshWithin(hours=draw.choice((24, 48))),
    lambda _: AssessmentBefore(),
    lambda draw: RetentionAtMost(days=draw.choice((None, 100, 200))),
    lambda draw: ReleaseIn(forms=(draw.choice(tuple(ReleaseForm)),)),
    lambda draw: FlowAtLeast(label=draw.choice(tuple(FlowLabel))),
    lambda draw: ResultUsedFor(uses=some(draw, tuple(ResultUse))),
    lambda _: CharterAgreed(),
)
"""One of each kind of question."""
Questions = tuple[Callable[[random.Random], LegalTest], ...]
MOVED_BY: Mapping[type[StrictModel], Questions] = {
    BrandPolicy: (
        lambda _: SensitivePermitted(lists=LISTS),
        lambda draw: BasisIn(bases=(draw.choice(tuple(ConsentBasis)[:3]),)),
        lambda _: AgeKnown(),
        lambda draw: ConsentFreshWithin(hours=draw.choice((24, 48))),
        lambda _: AssessmentBefore(),
    ),
    DataAsset: (
        lambda _: SensitivityStated(lists=LISTS),
        lambda _: SensitivityStated(lists=LISTS),
        lambda _: SensitivePermitted(lists=LISTS),
        lambda draw: Not(
            test=PrecisionAtMost(
                categories=(draw.choice(CATEGORIES),), precision=LocationPrecision.DISTRICT
            )
        ),
    ),
    AllianceCharter: (lambda _: RecipientsAtHome(),),
}
"""Those whose answer an edit of such a document that tightens may move."""


def a_random_test(draw: random.Random, often: Questions, levels: int = 2) -> LegalTest:
    kind = draw.random()
    if levels and kind < 0.15:
        return Not(test=a_random_test(draw, often, levels - 1))
    if levels and kind < 0.3:
        joiner = draw.choice((AllOf, AnyOf))
        return joiner(tests=tuple(a_random_test(draw, often, levels - 1) for _ in range(2)))
    return draw.choice(often if draw.random() < 0.6 else QUESTIONS)(draw)


def a_random_pack(draw: random.Random, number: int, often: Questions) -> PackInForce:
    """Draw a pack of one check or two."""
    checks = tuple(
        a_check(
            a_random_test(draw, often),
            id=f"check-{place}",
            severity=draw.choice(("deny", "deny", "advise")),
            when=a_random_test(draw, often, 1) if draw.random() < 0.2 else None,
        )
        for place in range(draw.choice((1, 1, 1, 2)))
    )
    listed = SensitivityList(
        id="act-list",
        standard="act",
        categories=("user.financial", "user.behavior.purchase_history"),
    )
    return PackInForce.unsigned(a_pack(id=f"act-{number}", checks=checks, sensitivity=(listed,)))


def a_library(
    draw: random.Random, size: int, compared: type[StrictModel]
) -> tuple[PackInForce, ...]:
    """Draw packs, beside those that ship and each of their checks as a pack of its own.

    A shipped pack as a whole refuses nearly all random requests.
    """
    shipped = [loaded.document for loaded in shipped_packs()]
    single = [
        pack.model_copy(update={"id": f"{pack.id}-{index}", "checks": (check,)})
        for pack in shipped
        for index, check in enumerate(pack.checks)
    ]
    own = [a_random_pack(draw, number, MOVED_BY[compared]) for number in range(size)]
    return (*map(PackInForce.unsigned, (*shipped, *single)), *own)


def a_read_permit(draw: random.Random, purpose: Purpose) -> Permit:
    """Draw a permit that is wide but for which columns it excuses, and now and then for more."""
    permit = a_permit(
        NAMES,
        purpose=purpose,
        computations=tuple(ComputationKind),
        recipients=some(draw, RECIPIENTS) if draw.random() < 0.2 else RECIPIENTS,
        releases=tuple(ReleaseForm),
        minimum_persons=50,
        retention_days=draw.choice((120, 365)),
    )
    columns = (permitted(name, sensitive=draw.random() < 0.5)[0] for name in NAMES)
    return permit.model_copy(update={"columns": tuple(columns)})


def a_read_policy(draw: random.Random) -> BrandPolicy:
    """Draw a policy that allows most, and whose fields that packs read differ."""
    notice = Notice(
        version="1",
        digest="00" * 32,
        purposes=some(draw, PURPOSES),
        recipients=some(draw, RECIPIENTS),
        separate_consents=some(draw, tuple(SeparateConsent)),
        objection="in the app" if draw.random() < 0.7 else None,
    )
    minors = MinorsRule(from_age=draw.choice((14, 16)), is_guardian_enough=True)
    return a_policy(
        permits=tuple(
            a_read_permit(draw, purpose)
            for purpose in PURPOSES
            for _ in range(draw.choice((1, 1, 2)))
        ),
        budgets=tuple(a_budget(purpose, delta=1e-5) for purpose in PURPOSES),
        consent=ConsentRules(
            max_age_hours=draw.choice((12, 24, 48, 72)),
            bases=some(draw, tuple(ConsentBasis)[:3]),
            minors=minors if draw.random() < 0.3 else None,
            notices=draw.choice((None, ("1",), ("1", "0"))),
        ),
        active_from=NOW - timedelta(minutes=draw.choice((60, 120, 180))),
        notices=(notice,) if draw.random() < 0.8 else (),
        assessment=an_assessment(draw),
        export=an_export(draw),
        # Else nearly every request to others is refused before a pack is asked.
        joint_use=OPINION if draw.random() < 0.9 else None,
        pack_rules=PackRules(advice=draw.random() < 0.5),
    )


def an_assessment(draw: random.Random) -> ImpactAssessment | None:
    if draw.random() < 0.2:
        return None
    dated: datetime = NOW - timedelta(minutes=draw.choice((90, 150, 600)))
    return ImpactAssessment(digest="00" * 32, dated=dated)


def an_export(draw: random.Random) -> Export | None:
    if draw.random() < 0.05:
        return None
    usual = (ExportMechanism.STANDARD_CONTRACT, ExportMechanism.CERTIFICATION) * 10
    return Export(
        mechanism=draw.choice((*usual, *ExportMechanism)),
        persons_at_most=draw.choice((50, *(400, 500, 600) * 5)),
        sensitive_persons_at_most=draw.choice((50, *(60, 400, 500) * 5)),
    )


def a_read_asset(draw: random.Random) -> DataAsset:
    """Draw an asset that lists nearly all columns, each with some category and claims."""
    band = StatedAgeBand(constant=draw.choice((AgeBand.ADULT, AgeBand.UNKNOWN)))
    return an_asset(
        columns=tuple(a_read_column(draw, name) for name in NAMES),
        consent=a_consent_mapping(
            age_band=band if draw.random() < 0.9 else None, notice={"constant": "1"}
        ),
    )


def a_read_column(draw: random.Random, name: str) -> AssetColumn:
    return a_column(
        name,
        category=draw.choice(CATEGORIES) if draw.random() < 0.5 else a_column(name).category,
        sensitivity=draw.choice((Sensitivity.ORDINARY, *Sensitivity)),
        pseudonym=draw.choice((None, *Pseudonym)),
        precision=draw.choice((None, *LocationPrecision)),
    )


def a_read_charter(draw: random.Random) -> AllianceCharter:
    """Draw a charter whose parties stand here and there."""
    names = ("alder", *(brand for brand in BRANDS[1:] if draw.random() < 0.8))
    home = "CN" if draw.random() < 0.9 else draw.choice(PLACES)
    return a_charter(
        operator=Operator(
            name="Coast Office", signing_key=OPERATOR_KEY.public_hex, jurisdiction=home
        ),
        members=tuple(a_member(name, jurisdiction=draw.choice(("CN", *PLACES))) for name in names),
        recipients=some(draw, RECIPIENTS),
        counsel_key=COUNSEL_KEY.public_hex,
        floors=Floors(minimum_brands=2, minimum_persons=50),
        limits=Limits(epsilon=4.0, delta=1e-5, retention_days=draw.choice((120, 365))),
    )


def a_read_case(draw: random.Random) -> Case:
    """Draw a request that passes most of what is no pack."""
    columns = draw.sample(NAMES, draw.choice((1, 1, 2)))
    axes = tuple(
        CategoricalFeature(column=name, categories=("north",))
        if name == "region"
        else BinnedAxis(column=name, edges=(1.0,))
        for name in columns
    )
    study = a_histogram_study(
        computation=a_histogram(axes=axes),
        purpose=draw.choice(PURPOSES),
        recipients=(draw.choice(RECIPIENTS),) if draw.random() < 0.7 else RECIPIENTS[:2],
        uses=some(draw, tuple(ResultUse)) if draw.random() < 0.8 else (),
        minimum_brands=2 if draw.random() < 0.5 else 3,
        retention_days=draw.choice((60, 120, 300)),
        minimum_persons=60,
    )
    if draw.random() < 0.3:
        study = a_training_study(minimum_brands=2, recipients=(draw.choice(RECIPIENTS),))
    return Case(
        study=study,
        policy=a_read_policy(draw),
        charter=a_read_charter(draw),
        asset=a_read_asset(draw),
        consent=ConsentState(
            NOW - timedelta(hours=draw.choice((1, 30))), frozenset(Purpose), frozenset(ConsentField)
        ),
        budget=BudgetState(0.0, 1.0, 1e-7),
    )
