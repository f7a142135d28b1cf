"""Joint use: who gives what is made together to others was told so, and agreed to just that.

A result that goes to anybody but the brand itself asks that persons gave the separate
consent of PIPL Art. 23, wherever that law holds or is not known not to: every version of
the notice that counts for a person asks it, and names all who receive. Which versions count
is in the policy (`consent.notices`), and the warehouse query leaves out whoever saw
another. In the place of that consent stands one thing alone: an opinion that counsel signed,
for this brand and for what leaves it so well protected, until it expires.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import BrandPolicy, JointUse, SeparateConsent
from hanse_policies.facts import Facts
from hanse_policies.flows import flows_of
from hanse_policies.opinions import is_signed_by
from hanse_policies.places import CHINA, brand_place, persons_places, territory_of

ASKING = frozenset({CHINA})
"""Where the law asks separate consent before another handler receives."""

Text = Mapping[str, str]
ALONE: Text = {"reason@en": "no other receives the result", "reason@zh": "结果不交给其他处理者"}
ELSEWHERE: Text = {
    "reason@en": "persons and brand stand where no law asks it",
    "reason@zh": "个人与品牌所在地的法律不作此要求",
}
OPINION: Text = {
    "reason@en": "counsel's opinion stands in its place",
    "reason@zh": "以法律顾问的意见代之",
}
ASKED: Text = {
    "reason@en": "every notice that counts tells it and asks",
    "reason@zh": "计入的各版告知书均已告知并征求",
}
UNKNOWN_PLACE: Text = {
    "fault@en": "it is not known where persons and brand stand, so that separate consent is asked "
    "and no notice that counts asks it",
    "fault@zh": "个人与品牌所在地不明,须有单独同意,而没有计入的告知书征求该同意",
    "way@en": "state where persons are (consent.jurisdictions) and where the brand stands (in the "
    "charter), or ask separate consent `another-handler` in a notice and let it alone count in "
    "consent.notices",
    "way@zh": "写明个人所在地(consent.jurisdictions)与品牌所在地(章程),"
    "或在告知书中征求单独同意 `another-handler`,并在 consent.notices 中只计入该版",
}
UNASKED: Text = {
    "fault@en": "the law of China asks separate consent, which not every notice that counts asks",
    "fault@zh": "中国法律要求单独同意,而计入的告知书并未都征求",
    "way@en": "ask separate consent `another-handler` in a notice and let it alone count in "
    "consent.notices",
    "way@zh": "在告知书中征求单独同意 `another-handler`,并在 consent.notices 中只计入该版",
}
UNSIGNED: Text = {
    "fault@en": "is not signed by the key that the charter names for counsel",
    "fault@zh": "未由章程所载的法律顾问密钥签名",
}
ELSEWHOSE: Text = {
    "fault@en": "is not of this alliance and brand",
    "fault@zh": "并非针对本联盟和本品牌",
}
OVER: Text = {"fault@en": "does not hold now", "fault@zh": "目前不在有效期内"}
LESS: Text = {
    "fault@en": "holds only for what is better protected than this study's contributions",
    "fault@zh": "只适用于保护程度高于本研究贡献的内容",
}


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether separate consent is asked where others receive, or need not be."""
    use = facts.policy.joint_use
    if use is None:
        return _check_consent(facts, is_excused=False)
    fault = _fault(facts, use)
    opinion = judge(
        "joint-use.opinion",
        fault is None,
        lambda: words(
            facts.sources.policy.line_of("joint_use"),
            opinion=use.counsel.opinion.id,
            **(fault or {}),
        ),
    )
    return (opinion, *_check_consent(facts, is_excused=fault is None))


def _fault(facts: Facts, use: JointUse) -> Text | None:
    """Say why an opinion does not count; None where it does."""
    opinion = use.counsel.opinion
    if not is_signed_by(use.counsel, facts.charter.counsel_key):
        return UNSIGNED
    if opinion.alliance != facts.charter.id or facts.policy.brand not in opinion.brands:
        return ELSEWHOSE
    if not opinion.dated <= facts.now < opinion.expires:
        return OVER
    leaving = flows_of(facts.study.privacy.mode).leaving.label
    return None if leaving >= opinion.least_protection else LESS


def _check_consent(facts: Facts, *, is_excused: bool) -> tuple[RuleFinding, ...]:
    reason = OPINION if is_excused else _reason(facts)
    if reason is not None:

        def say() -> Words:
            return words(facts.sources.policy.line_of("consent"), **reason)

        return (
            judge("joint-use.consent", True, say),
            judge("joint-use.recipients", True, say),
        )
    return (
        judge("joint-use.consent", asks_for_joint_use(facts.policy), lambda: _consent_words(facts)),
        judge("joint-use.recipients", not _untold(facts), lambda: _recipient_words(facts)),
    )


def _consent_words(facts: Facts) -> Words:
    return words(
        facts.sources.policy.line_of("consent"),
        asked=listed(facts.study.recipients),
        at=facts.sources.study.line_of("recipients"),
        brand=facts.policy.brand,
        **ASKED,
        **(UNKNOWN_PLACE if _places(facts) is None else UNASKED),
    )


def _recipient_words(facts: Facts) -> Words:
    return words(
        facts.sources.policy.line_of("consent"),
        excess=listed(_untold(facts)),
        at=facts.sources.study.line_of("recipients"),
        notices=listed(one.version for one in facts.policy.counting_notices if one is not None),
        **ASKED,
    )


def _untold(facts: Facts) -> list[str]:
    """List the recipients beside the brand whom a notice that counts does not name."""
    common, brand = facts.policy.common_notice, facts.policy.brand
    if common is None or not common.is_certain:
        return []
    told = common.recipients
    return [name for name in facts.study.recipients if name not in told and name != brand]


def asks_for_joint_use(policy: BrandPolicy) -> bool:
    """Tell whether every notice that counts asks separate consent for others to receive."""
    common = policy.common_notice
    if common is None or not common.is_certain:
        return False
    return SeparateConsent.ANOTHER_HANDLER in common.separate_consents


def _reason(facts: Facts) -> Text | None:
    """Say why no separate consent is asked; None where it is."""
    if facts.study.recipients == (facts.policy.brand,):
        return ALONE
    places = _places(facts)
    if places is None or not ASKING.isdisjoint(map(territory_of, places)):
        return None
    return ELSEWHERE


def _places(facts: Facts) -> tuple[str, ...] | None:
    """Say where persons and brand stand; None where either is not known."""
    persons = persons_places(facts.policy, facts.asset)
    brand = brand_place(facts.charter, facts.policy)
    return None if persons is None or brand is None else (*persons, brand)
