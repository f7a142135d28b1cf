from __future__ import annotations

from typing import get_args

import pytest
from pydantic import JsonValue, TypeAdapter

from hanse_policies.documents.legal_pack import Change
from hanse_policies.documents.legal_test import LegalTest
from hanse_policies.packs.compiling import compile_pack
from hanse_policies.packs.examples import example_facts
from hanse_policies.packs.lists import Answer
from hanse_policies.packs.shipped import example_documents
from hanse_policies.rules import permits
from hanse_policies.rules.packs import legal_facts
from tests.support.packs import a_check, a_pack

READ: TypeAdapter[LegalTest] = TypeAdapter(LegalTest)
Changes = dict[str, JsonValue]
FINANCIAL: Changes = {"asset.columns.0.category": "user.financial"}
WIDER: Changes = {"asset.columns.0.category": "user"}
INVENTED: Changes = {"asset.columns.0.category": "user.invented"}
UNLISTED: Changes = {"asset.columns.0.name": "renamed"}
NO_PERMIT: Changes = {"policy.permits": []}
NO_NOTICE: Changes = {"policy.notices": []}
ABROAD: Changes = {"charter.members.1.jurisdiction": "DE"}
NOWHERE: Changes = {"charter.members.1.jurisdiction": None}
LISTS: JsonValue = ["act-list"]
YES = {"kind": "purpose-in", "purposes": ["model-training"]}
NO = {"kind": "purpose-in", "purposes": ["audience-analytics"]}
UNKNOWN = {"kind": "category-read", "categories": ["user.location.precise"]}
BELOW = {"kind": "export-below", "persons": 100, "sensitive_persons": 10}


def exported(persons: JsonValue, sensitive: JsonValue) -> Changes:
    return {
        "policy.export": {
            "mechanism": "exempt",
            "persons_at_most": persons,
            "sensitive_persons_at_most": sensitive,
        }
    }


def a_notice(version: str, **changes: JsonValue) -> JsonValue:
    """A notice that tells and asks all, unless told otherwise."""
    told: dict[str, JsonValue] = {
        "version": version,
        "digest": "a" * 64,
        "purposes": ["model-training"],
        "recipients": ["members", "operator", "agency"],
        "separate_consents": ["sensitive-data"],
        "objection": "by a click in the account",
    }
    return told | changes


def noticed(*notices: JsonValue, counting: list[JsonValue] | None = None) -> Changes:
    """The notices of a policy, and the versions whose consents count."""
    return {"policy.notices": list(notices), "policy.consent.notices": counting}


FULL = a_notice("new")
SILENT: dict[str, JsonValue] = {
    "notice-covers purpose": a_notice("old", purposes=["audience-analytics"]),
    "notice-covers recipients": a_notice("old", recipients=["agency"]),
    "separate-consent-asked": a_notice("old", separate_consents=[]),
    "objection-offered": a_notice("old", objection=None),
}
"""For each question about notices, an older one that does not say what is asked."""
ASKED: dict[str, JsonValue] = {
    "notice-covers purpose": {"kind": "notice-covers", "part": "purpose"},
    "notice-covers recipients": {"kind": "notice-covers", "part": "recipients"},
    "separate-consent-asked": {"kind": "separate-consent-asked", "consent": "sensitive-data"},
    "objection-offered": {"kind": "objection-offered"},
}


TABLE: list[tuple[JsonValue, Changes, Answer]] = [
    (YES, {}, True),
    (NO, {}, False),
    ({"kind": "category-read", "categories": ["user.financial"]}, {}, False),
    ({"kind": "category-read", "categories": ["user.financial"]}, FINANCIAL, True),
    ({"kind": "category-read", "categories": ["user.financial"]}, WIDER, None),
    ({"kind": "category-read", "categories": ["user.financial"]}, INVENTED, None),
    ({"kind": "category-read", "categories": ["user.financial"]}, UNLISTED, None),
    ({"kind": "sensitivity-stated", "lists": LISTS}, {}, True),
    ({"kind": "sensitivity-stated", "lists": LISTS}, FINANCIAL, False),
    (
        {"kind": "sensitivity-stated", "lists": LISTS},
        FINANCIAL | {"asset.columns.0.sensitivity": "sensitive"},
        True,
    ),
    ({"kind": "sensitivity-stated", "lists": LISTS}, WIDER, None),
    ({"kind": "sensitivity-stated", "lists": LISTS}, UNLISTED, None),
    ({"kind": "sensitive-read", "lists": LISTS}, {}, True),
    (
        {"kind": "sensitive-read", "lists": LISTS},
        {"asset.columns.2.sensitivity": "ordinary"},
        False,
    ),
    (
        {"kind": "sensitive-read", "lists": LISTS},
        FINANCIAL | {"asset.columns.2.sensitivity": "ordinary"},
        True,
    ),
    (
        {"kind": "sensitive-read", "lists": LISTS},
        WIDER | {"asset.columns.2.sensitivity": "ordinary"},
        None,
    ),
    ({"kind": "sensitive-permitted", "lists": LISTS}, {}, True),
    ({"kind": "sensitive-permitted", "lists": LISTS}, FINANCIAL, False),
    ({"kind": "sensitive-permitted", "lists": LISTS}, WIDER, None),
    (
        {"kind": "sensitive-permitted", "lists": LISTS},
        WIDER | {"policy.permits.0.columns.0.sensitive": True},
        True,
    ),
    ({"kind": "sensitive-permitted", "lists": LISTS}, NO_PERMIT, None),
    ({"kind": "columns-permitted"}, {}, True),
    ({"kind": "columns-permitted"}, {"policy.permits.0.columns.0.name": "other"}, False),
    ({"kind": "columns-permitted"}, NO_PERMIT, None),
    (
        {"kind": "pseudonym-in", "categories": ["user.financial"], "pseudonyms": ["random"]},
        {},
        True,
    ),
    (
        {"kind": "pseudonym-in", "categories": ["user.financial"], "pseudonyms": ["random"]},
        FINANCIAL,
        False,
    ),
    (
        {"kind": "pseudonym-in", "categories": ["user.financial"], "pseudonyms": ["random"]},
        FINANCIAL | {"asset.columns.0.pseudonym": "unkeyed-hash"},
        False,
    ),
    (
        {"kind": "pseudonym-in", "categories": ["user.financial"], "pseudonyms": ["random"]},
        FINANCIAL | {"asset.columns.0.pseudonym": "random"},
        True,
    ),
    (
        {"kind": "pseudonym-in", "categories": ["user.financial"], "pseudonyms": ["random"]},
        WIDER,
        None,
    ),
    (
        {"kind": "precision-at-most", "categories": ["user.location"], "precision": "city"},
        {},
        True,
    ),
    (
        {"kind": "precision-at-most", "categories": ["user.location"], "precision": "country"},
        {},
        False,
    ),
    (
        {"kind": "precision-at-most", "categories": ["user.location"], "precision": "city"},
        {"asset.columns.1.precision": None},
        False,
    ),
    (
        {"kind": "precision-at-most", "categories": ["user.location"], "precision": "city"},
        WIDER,
        None,
    ),
    (
        {"kind": "precision-at-most", "categories": ["user.location"], "precision": "city"},
        UNLISTED,
        None,
    ),
    ({"kind": "handler-receives"}, {}, True),
    ({"kind": "handler-receives"}, {"study.recipients": ["lantern"]}, False),
    ({"kind": "handler-receives"}, {"study.recipients": ["lantern", "operator"]}, True),
    ({"kind": "recipients-at-home"}, {}, True),
    ({"kind": "recipients-at-home"}, {"charter.members.1.jurisdiction": "CN-SH"}, True),
    ({"kind": "recipients-at-home"}, ABROAD, False),
    ({"kind": "recipients-at-home"}, ABROAD | {"study.recipients": ["lantern"]}, True),
    ({"kind": "recipients-at-home"}, NOWHERE, None),
    ({"kind": "recipients-at-home"}, {"study.recipients": ["agency"]}, None),
    ({"kind": "recipients-at-home"}, {"charter.operator.jurisdiction": "DE"}, False),
    ({"kind": "export-mechanism-in", "mechanisms": ["exempt"]}, {}, None),
    ({"kind": "export-mechanism-in", "mechanisms": ["exempt"]}, exported(1, 1), True),
    ({"kind": "export-mechanism-in", "mechanisms": ["adequacy"]}, exported(1, 1), False),
    (BELOW, {}, None),
    (BELOW, exported(99, 9), True),
    (BELOW, exported(100, 9), False),
    (BELOW, exported(99, 10), False),
    (BELOW, exported(None, 9), None),
    (BELOW, exported(None, 10), False),
    ({"kind": "basis-in", "bases": ["separate-consent"]}, {}, True),
    (
        {"kind": "basis-in", "bases": ["separate-consent"]},
        {"policy.consent.bases": ["separate-consent", "contract"]},
        False,
    ),
    ({"kind": "notice-covers", "part": "purpose"}, {}, True),
    (
        {"kind": "notice-covers", "part": "purpose"},
        {"policy.notices.0.purposes": ["audience-analytics"]},
        False,
    ),
    ({"kind": "notice-covers", "part": "purpose"}, NO_NOTICE, None),
    ({"kind": "notice-covers", "part": "recipients"}, {}, True),
    ({"kind": "notice-covers", "part": "recipients"}, {"study.recipients": ["agency"]}, False),
    ({"kind": "separate-consent-asked", "consent": "sensitive-data"}, {}, True),
    ({"kind": "separate-consent-asked", "consent": "cross-border"}, {}, False),
    ({"kind": "separate-consent-asked", "consent": "sensitive-data"}, NO_NOTICE, None),
    ({"kind": "objection-offered"}, {}, True),
    ({"kind": "objection-offered"}, {"policy.notices.0.objection": None}, False),
    ({"kind": "objection-offered"}, NO_NOTICE, None),
    ({"kind": "age-known"}, {}, True),
    ({"kind": "age-known"}, {"asset.consent.age_band": None}, None),
    ({"kind": "consent-fresh-within", "hours": 24}, {}, True),
    ({"kind": "consent-fresh-within", "hours": 23}, {}, False),
    ({"kind": "assessment-before"}, {}, True),
    ({"kind": "assessment-before"}, {"policy.assessment": None}, None),
    ({"kind": "assessment-before"}, {"policy.active_from": "2026-05-01T00:00:00Z"}, False),
    (
        {"kind": "assessment-before"},
        {
            "policy.active_from": "2026-09-01T00:00:00Z",
            "policy.assessment.dated": "2026-08-01T00:00:00Z",
        },
        False,
    ),
    ({"kind": "retention-at-most"}, {"study.retention_days": 180}, True),
    ({"kind": "retention-at-most"}, {"study.retention_days": 181}, False),
    ({"kind": "retention-at-most"}, {"charter.limits.retention_days": 89}, False),
    ({"kind": "retention-at-most", "days": 89}, {}, False),
    ({"kind": "retention-at-most", "days": 90}, {}, True),
    ({"kind": "retention-at-most"}, NO_PERMIT, None),
    ({"kind": "release-in", "forms": ["model"]}, {}, True),
    ({"kind": "release-in", "forms": ["table"]}, {}, False),
    ({"kind": "flow-at-least", "label": "F4"}, {}, True),
    ({"kind": "flow-at-least", "label": "F5"}, {}, False),
    ({"kind": "result-used-for", "uses": ["reporting"]}, {}, True),
    ({"kind": "result-used-for", "uses": ["price"]}, {}, False),
    ({"kind": "result-used-for", "uses": ["price"]}, {"study.uses": []}, None),
    ({"kind": "charter-agreed"}, {}, True),
    ({"kind": "charter-agreed"}, {"charter.members.0.brand": "beacon"}, None),
    ({"kind": "all-of", "tests": [YES, UNKNOWN]}, {}, None),
    ({"kind": "all-of", "tests": [NO, UNKNOWN]}, {}, False),
    ({"kind": "any-of", "tests": [YES, UNKNOWN]}, {}, True),
    ({"kind": "any-of", "tests": [NO, UNKNOWN]}, {}, None),
    ({"kind": "not", "test": YES}, {}, False),
    ({"kind": "not", "test": NO}, {}, True),
    ({"kind": "not", "test": UNKNOWN}, {}, None),
]
# A column at the top of the tree, so that nobody knows whether it tells a place.
SOMEWHERE: Changes = {"asset.columns.1.category": "user.location"}


def answer(test: LegalTest, changes: Changes, when: LegalTest | None = None) -> Answer:
    pack = a_pack(checks=(a_check(test, when=when),))
    made = [Change(at=at, value=value) for at, value in changes.items()]
    facts = example_facts(example_documents(), made)
    return compile_pack(pack)[0].ask(legal_facts(facts, permits.choose(facts).index))


@pytest.mark.parametrize(("test", "changes", "expected"), TABLE)
def test_a_question_answers_yes_no_or_unknown(
    test: JsonValue, changes: Changes, expected: Answer
) -> None:
    assert answer(READ.validate_python(test), SOMEWHERE | changes) is expected


def test_the_table_asks_every_question_of_the_language() -> None:
    kinds = {model.model_fields["kind"].default for model in get_args(get_args(LegalTest)[0])}
    assert {READ.validate_python(test).kind for test, _, _ in TABLE} == kinds


@pytest.mark.parametrize(
    ("when", "test", "expected"),
    [
        (NO, NO, True),
        (NO, UNKNOWN, True),
        (YES, YES, True),
        (YES, NO, False),
        (YES, UNKNOWN, None),
        (UNKNOWN, YES, True),
        (UNKNOWN, NO, None),
        (UNKNOWN, UNKNOWN, None),
    ],
)
def test_a_check_asks_nothing_only_where_it_surely_does_not_apply(
    when: JsonValue, test: JsonValue, expected: Answer
) -> None:
    found = answer(READ.validate_python(test), SOMEWHERE, READ.validate_python(when))
    assert found is expected


@pytest.mark.parametrize("text", [{"kind": "python", "code": "True"}, {"kind": "not"}, "true"])
def test_nothing_but_the_questions_is_a_test(text: JsonValue) -> None:
    with pytest.raises(ValueError, match=r"validation error"):
        READ.validate_python(text)


def test_a_test_that_is_too_deep_or_too_wide_is_refused() -> None:
    deep: JsonValue = YES
    for _ in range(6):
        deep = {"kind": "not", "test": deep}
    wide: JsonValue = {"kind": "all-of", "tests": [{"kind": "any-of", "tests": [YES] * 20}] * 2}
    for test in (deep, wide):
        with pytest.raises(ValueError, match="40 questions in 6 levels"):
            a_check(READ.validate_python(test))


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    ("older_first", "counting", "expected"),
    [
        (True, None, False),
        (False, None, False),
        (True, ["new", "old"], False),
        (True, ["new"], True),
        (True, ["old"], False),
        (True, ["new", "lost"], None),
        (True, ["old", "lost"], False),
    ],
)
def test_every_notice_whose_consents_count_must_say_it(
    asked: str, older_first: bool, counting: list[JsonValue] | None, expected: Answer
) -> None:
    """A person who agreed to an older notice is in the study as well."""
    both = (SILENT[asked], FULL) if older_first else (FULL, SILENT[asked])
    changes = SOMEWHERE | noticed(*both, counting=counting)
    assert answer(READ.validate_python(ASKED[asked]), changes) is expected


@pytest.mark.parametrize("asked", ASKED)
def test_two_notices_that_both_say_it_meet_the_question(asked: str) -> None:
    changes = SOMEWHERE | noticed(a_notice("old"), FULL, counting=["old", "new"])
    assert answer(READ.validate_python(ASKED[asked]), changes) is True


@pytest.mark.parametrize("asked", ASKED)
def test_where_any_version_counts_nobody_knows_what_an_undescribed_one_says(asked: str) -> None:
    changes = SOMEWHERE | noticed(a_notice("old"), FULL)
    assert answer(READ.validate_python(ASKED[asked]), changes) is None
