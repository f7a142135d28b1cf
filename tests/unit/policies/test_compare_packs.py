"""What a change does to the answers of legal packs is part of what it is called."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from hanse_policies.compare.comparison import Comparable, compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.compare.fields import opaque
from hanse_policies.compare.pack_effects import PacksInPlay
from hanse_policies.compare.pack_probes import PROBED
from hanse_policies.compare.pack_reading import FIELDS, READS, SETTLED, differing
from hanse_policies.compare.permits import PERMIT, PERMITTED_COLUMN
from hanse_policies.compare.tables import (
    ALLIANCE_CHARTER,
    ASSET_COLUMN,
    BRAND_POLICY,
    CONSENT_MAPPING,
    CONSENT_RULES,
    DATA_ASSET,
    LIMITS,
    MEMBER,
    OPERATOR,
)
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentRules,
    DataAsset,
    ImpactAssessment,
    LegalPack,
    MinorsRule,
    Operator,
    PackRules,
    Sensitivity,
)
from hanse_policies.documents.legal_test import (
    AgeKnown,
    AllOf,
    AnyOf,
    AssessmentBefore,
    BasisIn,
    ConsentFreshWithin,
    LegalTest,
    Not,
    PurposeIn,
    RecipientsAtHome,
    RetentionAtMost,
    SensitivePermitted,
    SensitivityStated,
)
from hanse_policies.facts import Facts
from hanse_policies.packs.compiling import compiler_of_tests
from hanse_policies.packs.legal_facts import LegalFacts
from hanse_policies.packs.shipped import shipped_packs
from hanse_policies.rules.packs import legal_facts
from hanse_policies.source import Sources
from tests.support.decisions import SIGNED, Case
from tests.support.documents import (
    OPERATOR_KEY,
    a_charter,
    a_column,
    a_member,
    a_permit,
    a_policy,
    an_asset,
)
from tests.support.packs import a_check, a_pack, a_pin, in_force
from tests.support.random_packs import QUESTIONS, a_read_case

TIGHTENS, LOOSENS, MIXED, TEXT = (
    Direction.TIGHTENS,
    Direction.LOOSENS,
    Direction.MIXED,
    Direction.TEXT,
)
FRESH = ConsentFreshWithin(hours=24)
KINDS = frozenset(get_args(get_args(LegalTest)[0]))


def asking(test: LegalTest, *, known: bool = True, **changes: object) -> PacksInPlay:
    """Have the documents beside the compared versions pin a pack of one check."""
    pack = a_pack(checks=(a_check(test, **changes),))
    return PacksInPlay((a_pin(pack),), (in_force(pack),) if known else ())


def aged(hours: int, **changes: object) -> BrandPolicy:
    return a_policy(consent=ConsentRules(max_age_hours=hours), **changes)


def direction(before: Comparable, after: Comparable, packs: PacksInPlay) -> Direction:
    return compare_versions(before, after, packs).direction


def test_the_table_names_every_kind_of_question() -> None:
    joiners: set[object] = {AllOf, AnyOf, Not}
    assert READS.keys() == KINDS - joiners
    assert {type(make(random.Random(1))) for make in QUESTIONS} == READS.keys()
    assert set().union(*READS.values()) == FIELDS.keys()
    assert FIELDS.keys() >= SETTLED


def some_facts(draw: random.Random) -> LegalFacts:
    """Draw the facts of a decision, of alder's policy or of another brand's."""
    case = a_read_case(draw)
    brand = draw.choice(("alder", "birch", "elsewhere"))
    policy = case.policy.model_copy(update={"brand": brand})
    return facts_of(replace(case, policy=policy), draw.choice((None, 0, 1)))


def facts_of(case: Case, index: int | None) -> LegalFacts:
    facts = Facts(
        study=case.study,
        charter=case.charter,
        policy=case.policy,
        asset=case.asset,
        consent=case.consent,
        budget=case.budget,
        signature=replace(SIGNED, charter=SIGNED.charter if index else None),
        approvals=case.approvals,
        asset_approvals=case.asset_approvals,
        now=case.now,
        sources=Sources(),
    )
    return legal_facts(facts, index)


@pytest.mark.parametrize("make", QUESTIONS)
def test_what_a_question_does_not_read_never_changes_its_answer(
    make: Callable[[random.Random], LegalTest],
) -> None:
    draw = random.Random(7)
    names = LegalFacts._fields
    drawn = [some_facts(draw) for _ in range(100)]
    compiled, answers, pairs = compiler_of_tests(a_pack()), set(), 0
    for _ in range(600):
        question = make(draw)
        ask = compiled(question)
        one, other = draw.sample(drawn, 2)
        taken = draw.sample(names, draw.randint(1, len(names)))
        mixed = one._replace(**{name: getattr(other, name) for name in taken})
        answers.add(ask(one))
        if not differing(READS[type(question)], one, mixed):
            pairs += one != mixed
            assert ask(one) == ask(mixed)
    assert pairs > 20
    assert len(answers) > 1  # The question is one that the facts answer now so, now otherwise.


COMPARERS: dict[str, dict[str, object]] = {
    "policy": {
        **BRAND_POLICY,
        "permits": {**PERMIT, "columns": dict(PERMITTED_COLUMN)},
        "consent": dict(CONSENT_RULES),
    },
    "asset": {
        **DATA_ASSET,
        "columns": dict(ASSET_COLUMN),
        "consent": dict(CONSENT_MAPPING),
    },
    "charter": {
        **ALLIANCE_CHARTER,
        "members": dict(MEMBER),
        "operator": dict(OPERATOR),
        "limits": dict(LIMITS),
    },
}


def comparer_of(name: str) -> object:
    """Find how a field that questions read compares."""
    found: object = COMPARERS
    for part in name.split("."):
        assert isinstance(found, dict)
        found = found[part]
    return found


def compared(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in COMPARERS}


def test_a_field_that_is_read_is_probed_or_settled_or_never_called_tighter() -> None:
    """So that no field whose change is called tightening moves an answer unseen."""
    # Members are told apart by brand, and what a member that comes or goes does is probed.
    left = compared(FIELDS) - SETTLED - PROBED
    assert all(comparer_of(name) is opaque for name in left), left
    assert FIELDS.keys() >= PROBED


@pytest.mark.parametrize(
    ("before", "after", "test", "expected"),
    [
        (72, 24, FRESH, MIXED),
        (72, 48, FRESH, TIGHTENS),
        (24, 12, FRESH, TIGHTENS),
        (24, 72, FRESH, MIXED),
        (72, 24, Not(test=FRESH), TIGHTENS),
        (24, 72, Not(test=FRESH), LOOSENS),
        (72, 24, AllOf(tests=(FRESH, AgeKnown())), MIXED),
        (72, 24, AnyOf(tests=(PurposeIn(purposes=("model-training",)), FRESH)), MIXED),
        (72, 24, Not(test=AllOf(tests=(Not(test=FRESH), AgeKnown()))), MIXED),
        (72, 24, RetentionAtMost(), TIGHTENS),
    ],
)
def test_an_age_that_a_pack_asks_for_is_classed_by_what_its_answer_does(
    before: int, after: int, test: LegalTest, expected: Direction
) -> None:
    assert direction(aged(before), aged(after), asking(test)) is expected
    assert direction(aged(before), aged(after), PacksInPlay()) is (
        TIGHTENS if after < before else LOOSENS
    )


def test_a_condition_that_no_longer_holds_meets_its_check() -> None:
    packs = asking(PurposeIn(purposes=("model-training",)), when=Not(test=FRESH))
    assert direction(aged(72), aged(24), packs) is MIXED
    packs = asking(PurposeIn(purposes=("model-training",)), when=FRESH)
    assert direction(aged(72), aged(24), packs) is TIGHTENS


def test_the_change_names_the_check_that_reads_it() -> None:
    (change,) = compare_versions(aged(72), aged(24), asking(FRESH)).changes
    assert change.read_by == ("example-act@1.0.0:consent",)


def test_advice_counts_where_a_version_asks_for_it() -> None:
    packs = asking(FRESH, severity="advise")
    assert direction(aged(72), aged(24), packs) is TIGHTENS
    rules = PackRules(advice=True)
    assert direction(aged(72, pack_rules=rules), aged(24, pack_rules=rules), packs) is MIXED


def test_a_pack_that_is_not_at_hand_may_read_everything() -> None:
    packs = asking(RetentionAtMost(), known=False)
    comparison = compare_versions(aged(72), aged(24), packs)
    assert comparison.direction is MIXED
    assert comparison.changes[0].read_by == ("example-act@1.0.0 (not at hand)",)
    fewer = a_policy(permits=(a_permit(retention_days=30),))
    assert direction(a_policy(permits=(a_permit(),)), fewer, packs) is TIGHTENS


def test_a_pack_that_both_versions_pin_is_in_play() -> None:
    pack = a_pack(checks=(a_check(FRESH),))
    pins = (a_pin(pack),)
    known = PacksInPlay(at_hand=(in_force(pack),))
    assert direction(aged(72, packs=pins), aged(24, packs=pins), known) is MIXED
    assert direction(aged(72, packs=pins), aged(48, packs=pins), known) is TIGHTENS


def pins_of(*packs: LegalPack) -> tuple[object, ...]:
    return tuple(a_pin(pack) for pack in packs)


@pytest.mark.parametrize("make", [a_policy, a_charter])
def test_a_pin_that_comes_tightens_and_one_that_goes_loosens(
    make: Callable[..., Comparable],
) -> None:
    one, other = a_pack(), a_pack(version="1.1.0")
    none, first, both = make(packs=()), make(packs=pins_of(one)), make(packs=pins_of(one, other))
    turned, second = make(packs=pins_of(other, one)), make(packs=pins_of(other))
    nothing = PacksInPlay()
    assert direction(none, first, nothing) is direction(first, both, nothing) is TIGHTENS
    assert direction(first, none, nothing) is direction(both, first, nothing) is LOOSENS
    assert direction(both, turned, nothing) is TEXT
    assert direction(first, second, nothing) is MIXED


def test_a_pin_that_comes_with_a_tightening_tightens() -> None:
    pack = a_pack(checks=(a_check(FRESH),))
    known = PacksInPlay(at_hand=(in_force(pack),))
    assert direction(aged(72), aged(24, packs=pins_of(pack)), known) is TIGHTENS


def test_fewer_grounds_can_meet_what_a_pack_asks() -> None:
    wide = a_policy(consent=ConsentRules(max_age_hours=48))
    narrow = a_policy(consent=ConsentRules(max_age_hours=48, bases=("separate-consent",)))
    assert direction(wide, narrow, asking(BasisIn(bases=("separate-consent",)))) is MIXED
    assert direction(wide, narrow, asking(BasisIn(bases=("consent",)))) is TIGHTENS


def test_a_rule_on_minors_that_comes_meets_what_a_pack_asks() -> None:
    rule = MinorsRule(from_age=14, is_guardian_enough=True)
    guarded = a_policy(consent=ConsentRules(max_age_hours=48, minors=rule))
    other = rule.model_copy(update={"from_age": 16})
    older = a_policy(consent=ConsentRules(max_age_hours=48, minors=other))
    # Of either kind a change is mixed, as it can be just what the charter asks of a policy.
    comes = compare_versions(a_policy(), guarded, asking(AgeKnown()))
    rises = compare_versions(guarded, older, asking(AgeKnown()))
    assert (comes.direction, rises.direction) == (MIXED, MIXED)
    assert any(change.read_by for change in comes.changes)
    assert not any(change.read_by for change in rises.changes)


def test_a_later_start_can_come_after_the_assessment() -> None:
    start = a_policy().active_from
    late = ImpactAssessment(digest="00" * 32, dated=start + timedelta(days=1))
    early = ImpactAssessment(digest="00" * 32, dated=start - timedelta(days=1))

    def starting(days: int, assessment: ImpactAssessment) -> BrandPolicy:
        return a_policy(active_from=start + timedelta(days=days), assessment=assessment)

    packs = asking(AssessmentBefore())
    assert direction(starting(0, late), starting(2, late), packs) is MIXED
    assert direction(starting(0, early), starting(2, early), packs) is TIGHTENS


def test_which_of_two_permits_judges_is_no_matter_of_words_to_a_pack_that_reads_it() -> None:
    bare, excused = a_permit(), a_permit(sensitive=True)
    packs = asking(SensitivePermitted(lists=("act-list",)))
    there, back = a_policy(permits=(bare, excused)), a_policy(permits=(excused, bare))
    assert direction(there, back, PacksInPlay()) is TEXT
    assert direction(there, back, packs) is MIXED
    (change,) = compare_versions(there, back, packs).changes
    assert change.name == "permits"
    assert direction(there, a_policy(permits=(excused,)), packs) is not TIGHTENS
    assert direction(a_policy(permits=(excused,)), a_policy(permits=(bare,)), packs) is TIGHTENS


def test_a_column_that_is_now_called_sensitive_can_meet_what_a_pack_asks() -> None:
    def listing(category: str, sensitivity: Sensitivity) -> DataAsset:
        return an_asset(columns=(a_column(category=category, sensitivity=sensitivity),))

    packs = asking(SensitivityStated(lists=("act-list",)))
    for category, expected in (("user.financial", MIXED), ("user.behavior", TIGHTENS)):
        before = listing(category, Sensitivity.ORDINARY)
        after = listing(category, Sensitivity.SENSITIVE)
        assert direction(before, after, packs) is expected


def test_a_member_abroad_who_leaves_can_bring_all_recipients_home() -> None:
    home = Operator(name="Coast Office", signing_key=OPERATOR_KEY.public_hex, jurisdiction="CN")
    alder, birch = a_member("alder", jurisdiction="CN"), a_member("birch", jurisdiction="DE")
    packs = asking(RecipientsAtHome())

    def of(*members: object, **changes: object) -> AllianceCharter:
        return a_charter(operator=home, members=members, recipients=("members",), **changes)

    # Who leaves may also take the last border away, so that it is mixed in any case.
    abroad = compare_versions(of(alder, birch), of(alder), packs)
    at_home = compare_versions(of(alder, a_member("birch", jurisdiction="CN")), of(alder), packs)
    assert (abroad.direction, at_home.direction) == (MIXED, MIXED)
    assert any(change.read_by for change in abroad.changes)
    assert not any(change.read_by for change in at_home.changes)


def test_a_pack_that_nothing_pins_is_not_in_play() -> None:
    known = PacksInPlay(at_hand=tuple(in_force(pack.document) for pack in shipped_packs()))
    assert direction(aged(72), aged(24), known) is TIGHTENS
