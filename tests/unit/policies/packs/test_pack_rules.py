"""How a decision takes legal packs: pinned, unsigned, signed, unmet, advised."""

from __future__ import annotations

import pytest

from hanse_policies.decision import RuleFinding
from hanse_policies.documents import PackRules
from hanse_policies.documents.legal_test import CategoryRead, ColumnsPermitted, SensitiveRead
from hanse_policies.errors import SignatureError, UnknownTermError
from hanse_policies.language import Language
from hanse_policies.packs.in_force import PackInForce
from tests.support.decisions import Case
from tests.support.documents import a_charter, a_key, a_policy
from tests.support.packs import a_check, a_pack, a_pin, a_refusing_check, in_force

COUNSEL = a_key(77)
STRANGER = a_key(78)
DEMANDING = a_policy(pack_rules=PackRules(counsel_signature=True))
WITH_COUNSEL = a_charter(counsel_key=COUNSEL.public_hex)


def found(case: Case, rule: str) -> RuleFinding:
    return next(finding for finding in case.decide().findings if finding.rule == rule)


def test_a_pack_without_counsels_signature_is_shown_as_such() -> None:
    case = Case(packs=(in_force(a_pack()),))
    assert case.decide().is_permitted
    assert found(case, "pack.check").message == (
        "no rule of example-act@1.0.0 violated (pack not signed by counsel)"
    )
    assert found(case, "pack.check").message_in(Language.ZH) == (
        "未违反 example-act@1.0.0 的任何规则(规则包未经法律顾问签名)"
    )
    assert "pack not signed by counsel" in case.decide().explain()


def test_a_pack_that_counsel_signed_says_so() -> None:
    case = Case(charter=WITH_COUNSEL, policy=DEMANDING, packs=(in_force(a_pack(), COUNSEL),))
    assert case.decide().is_permitted
    assert found(case, "pack.check").message == (
        "no rule of example-act@1.0.0 violated (pack signed by counsel)"
    )


@pytest.mark.parametrize(
    ("charter", "signed_with"),
    [(WITH_COUNSEL, None), (WITH_COUNSEL, STRANGER), (a_charter(), COUNSEL)],
    ids=["unsigned", "signed by another", "no counsel named"],
)
def test_only_the_key_that_the_charter_names_is_counsels(
    charter: object, signed_with: object
) -> None:
    pack = in_force(a_pack(), signed_with)  # type: ignore[arg-type]
    case = Case(charter=charter, policy=DEMANDING, packs=(pack,))  # type: ignore[arg-type]
    assert case.decide().denied_by == ("pack.counsel",)


def test_a_pack_that_was_signed_by_another_is_not_opened() -> None:
    with pytest.raises(SignatureError):
        PackInForce.opened(STRANGER.sign(a_pack()), COUNSEL.public_hex)


def test_a_pinned_pack_at_hand_permits_and_a_changed_one_refuses() -> None:
    charter = a_charter(packs=(a_pin(),))
    changed = a_pack(checks=(a_check(severity="advise"),))
    assert Case(charter=charter, packs=(in_force(a_pack()),)).decide().is_permitted
    refused = Case(charter=charter, packs=(in_force(changed),))
    assert refused.decide().denied_by == ("pack.pinned",)
    assert a_pin(changed).digest in found(refused, "pack.pinned").message


def test_a_pin_of_another_name_with_the_same_digest_refuses() -> None:
    pin = a_pin().model_copy(update={"version": "2.0.0"})
    case = Case(policy=a_policy(packs=(pin,)), packs=(in_force(a_pack()),))
    assert case.decide().denied_by == ("pack.pinned",)


def test_a_pack_that_nobody_pinned_is_asked_all_the_same() -> None:
    case = Case(packs=(in_force(a_pack(checks=(a_refusing_check(),))),))
    assert case.decide().denied_by == ("pack.check",)


def test_an_unmet_check_names_its_own_article_and_change_in_both_languages() -> None:
    finding = found(Case(packs=(in_force(a_pack(checks=(a_refusing_check(),))),)), "pack.check")
    assert finding.article == "Example Act Art. 1"
    assert finding.source == "example-act@1.0.0:consent"
    assert finding.message == (
        "rule consent of example-act@1.0.0 is not met: use data on a ground that is no consent "
        "(pack not signed by counsel)"
    )
    assert finding.fix == "use data on a ground that is no consent"
    assert "未满足:以同意以外的依据处理数据" in finding.message_in(Language.ZH)
    assert finding.fix_in(Language.ZH) == "按规则包修改:以同意以外的依据处理数据"


def test_advice_that_is_not_met_is_told_and_permits() -> None:
    case = Case(packs=(in_force(a_pack(checks=(a_refusing_check(severity="advise"),))),))
    assert case.decide().is_permitted
    assert "which the policy lets pass" in found(case, "pack.advice").message


def test_a_pack_refuses_where_there_is_no_permit_to_look_at() -> None:
    pack = a_pack(checks=(a_check(ColumnsPermitted()),))
    case = Case(policy=a_policy(permits=()), packs=(in_force(pack),))
    assert case.decide().denied_by == ("permit.none", "pack.check")


def test_a_list_that_would_protect_nothing_is_refused() -> None:
    wrong = a_check(CategoryRead(categories=("user.money",)))
    with pytest.raises(UnknownTermError):
        in_force(a_pack(checks=(wrong,)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checks": (a_check(), a_check())}, "share one id"),
        ({"checks": (a_check(SensitiveRead(lists=("other",))),)}, "does not hold: other"),
    ],
)
def test_a_pack_that_does_not_hold_together_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        a_pack(**changes)


def test_a_pack_is_compiled_once() -> None:
    assert in_force(a_pack()).checks is in_force(a_pack(), COUNSEL).checks
