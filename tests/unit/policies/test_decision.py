from __future__ import annotations

from hanse_policies.decision import Decision, RuleFinding, judge, words
from hanse_policies.documents import Verdict
from hanse_policies.language import Language
from tests.support.documents import NOW

REFUSAL = judge(
    "retention.permit",
    False,
    lambda: words("policy.yaml:14", asked="400", limit="180", at="study.yaml:24"),
)
PERMIT = judge("identity.member", True, lambda: words("charter.yaml:8", brand="alder"))


def a_decision(*findings: RuleFinding) -> Decision:
    denies = any(f.verdict is Verdict.DENY for f in findings)
    return Decision(
        Verdict.DENY if denies else Verdict.PERMIT, findings, "propensity", "alder", NOW, 0
    )


def test_a_finding_says_rule_source_article_and_change() -> None:
    assert REFUSAL.message == "retention_days 400 (study.yaml:24) is above the permit's 180"
    assert REFUSAL.fix == "lower retention_days to 180"
    assert REFUSAL.article == "GDPR Art. 5(1)(e); PIPL Art. 19"
    assert PERMIT.fix == ""


def test_a_refusal_is_explained_before_the_permits() -> None:
    assert a_decision(PERMIT, REFUSAL).explain() == (
        "brand alder refuses study propensity\n"
        "  deny   retention.permit: retention_days 400 (study.yaml:24) is above the permit's 180 "
        "[policy.yaml:14; GDPR Art. 5(1)(e); PIPL Art. 19]\n"
        "         to permit it: lower retention_days to 180\n"
        "  permit identity.member: brand alder is a member of the alliance "
        "[charter.yaml:8; GDPR Art. 26; PIPL Art. 20]"
    )


def test_a_refusal_is_explained_in_chinese() -> None:
    text = a_decision(REFUSAL).explain(Language.ZH)
    assert text.splitlines()[0] == "品牌 alder 拒绝研究 propensity"
    assert "改正方法: 将 retention_days 降到 180" in text


def test_a_permit_says_that_no_rule_is_violated_and_no_more() -> None:
    assert a_decision(PERMIT).explain().splitlines()[0] == (
        "brand alder permits study propensity: no rule is violated"
    )


def test_each_code_is_named_once() -> None:
    assert a_decision(REFUSAL, PERMIT, REFUSAL).denied_by == ("retention.permit",)


def test_the_report_holds_what_the_text_holds() -> None:
    report = a_decision(PERMIT, REFUSAL).report()
    assert report.denied_by == ("retention.permit",)
    assert report.permit == "permits[0]"
    assert [f.fix for f in report.findings] == ["", "lower retention_days to 180"]
