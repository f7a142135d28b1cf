"""Small legal packs, each beside its meaning: a plain condition that shares no code with packs.

A pack allows a request if its condition holds. What a check cannot know fails it, and so does
the opposite of what it cannot know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AgeBand,
    FlowLabel,
    LegalCheck,
    PackPin,
    Purpose,
    ReleaseForm,
    ResultUse,
    TrainModel,
)
from hanse_policies.documents.asset import StatedAgeBand
from hanse_policies.documents.legal_test import (
    AgeKnown,
    AllOf,
    AnyOf,
    AssessmentBefore,
    ConsentFreshWithin,
    FlowAtLeast,
    HandlerReceives,
    Not,
    PurposeIn,
    ReleaseIn,
    ResultUsedFor,
    RetentionAtMost,
)
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.signing import SigningKey
from tests.support.decisions import Case
from tests.support.documents import a_key
from tests.support.packs import a_check, a_pack, in_force
from tests.support.places import COUNSEL_KEY

TRAINING = PurposeIn(purposes=(Purpose.MODEL_TRAINING,))
UNKNOWN_AGES = (None, StatedAgeBand(constant=AgeBand.UNKNOWN))


@dataclass(frozen=True)
class KnownPack:
    """A pack, its pin, and whether a request meets all that it refuses by."""

    in_force: PackInForce
    pin: PackPin
    allows: Callable[[Case], bool]


def a_known_pack(
    number: int,
    checks: tuple[LegalCheck, ...],
    allows: Callable[[Case], bool],
    signed_with: SigningKey | None = None,
) -> KnownPack:
    pack = a_pack(id=f"act-{number}", checks=checks)
    return KnownPack(in_force(pack, signed_with), pack.pin(digest(pack)), allows)


def trains(case: Case) -> bool:
    return case.study.purpose == "model-training"


def prices(case: Case) -> bool:
    return ResultUse.PRICE in case.study.uses


def knows_ages(case: Case) -> bool:
    band = case.asset.consent.age_band
    return band not in UNKNOWN_AGES and case.policy.consent.minors is not None


def is_assessed_first(case: Case) -> bool:
    report = case.policy.assessment
    return report is not None and report.dated <= min(case.policy.active_from, case.now)


def keeps_for_at_most(days: int) -> Callable[[Case], bool]:
    """Hold to the days, and to charter and permit, which refuse by themselves otherwise."""
    return lambda case: case.study.retention_days <= days


KNOWN_PACKS = (
    a_known_pack(0, (a_check(TRAINING),), trains),
    a_known_pack(1, (a_check(TRAINING),), trains, COUNSEL_KEY),
    a_known_pack(
        2,
        # Nobody knows what a study is used for that does not say so: `not` refuses as well.
        (a_check(Not(test=ResultUsedFor(uses=(ResultUse.PRICE,)))),),
        lambda case: case.study.uses != () and not prices(case),
        a_key(71),
    ),
    a_known_pack(
        3,
        (
            a_check(ConsentFreshWithin(hours=24), when=TRAINING),
            a_check(FlowAtLeast(label=FlowLabel.DP_AGGREGATE), id="flow"),
        ),
        lambda case: (
            (case.policy.consent.max_age_hours <= 24 or not trains(case))
            and case.study.privacy.distributed is None
        ),
        COUNSEL_KEY,
    ),
    a_known_pack(4, (a_check(AgeKnown()),), knows_ages),
    a_known_pack(
        5,
        # What is unknown of one does not matter where the other holds.
        (a_check(AnyOf(tests=(AgeKnown(), ReleaseIn(forms=(ReleaseForm.MODEL,))))),),
        lambda case: knows_ages(case) or isinstance(case.study.computation, TrainModel),
    ),
    a_known_pack(
        6,
        (a_check(AllOf(tests=(AssessmentBefore(), RetentionAtMost(days=120)))),),
        lambda case: is_assessed_first(case) and keeps_for_at_most(120)(case),
    ),
    a_known_pack(
        7,
        # Nobody but the brand receives: never so here, which is advice and refuses if it counts.
        (a_check(Not(test=HandlerReceives()), severity="advise"),),
        lambda case: not case.policy.pack_rules.advice,
        COUNSEL_KEY,
    ),
)
BY_ID = {known.pin.id: known for known in KNOWN_PACKS}
SAYS_OTHERWISE = KNOWN_PACKS[0].pin.model_copy(update={"digest": "0" * 64})
"""The pin of a pack of a known name that says something else, which nobody has at hand."""


def the_packs_allow(case: Case) -> bool:
    """Tell whether each pack that is pinned is at hand, and each that is at hand allows."""
    at_hand = [BY_ID[pack.pack.id] for pack in case.packs]
    pinned = [*case.charter.packs, *case.policy.packs]
    signed = {COUNSEL_KEY.public_hex: (1, 3, 7), a_key(71).public_hex: (2,)}
    by_counsel = {f"act-{number}" for number in signed.get(case.charter.counsel_key or "", ())}
    return (
        all(pin in [known.pin for known in at_hand] for pin in pinned)
        and all(known.allows(case) for known in at_hand)
        and (
            not case.policy.pack_rules.counsel_signature
            or {known.pin.id for known in at_hand} <= by_counsel
        )
    )
