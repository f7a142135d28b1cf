"""Who signed what, and whether the documents belong together.

The study and the charter must be signed by the operator that the charter names,
policy and asset by the key that the charter pins for the brand. The caller verified
the signatures; what it did not verify is None and denies.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, listed
from hanse_policies.documents import BrandId
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether all documents are signed by those who must have signed them."""
    operator = facts.charter.operator.signing_key
    member = facts.charter.member(BrandId(facts.policy.brand))
    brand = facts.policy.brand
    operator_line = facts.sources.charter.line_of("operator", "signing_key")
    member_line = facts.sources.charter.line_of("members")
    signed_policy = member is not None and facts.signature.policy == member.signing_key
    signed_asset = member is not None and facts.signature.asset == member.signing_key
    return (
        judge("identity.member", member is not None, member_line, brand=brand),
        *_check_identity(facts),
        judge("signature.charter", facts.signature.charter == operator, operator_line),
        judge("signature.policy", signed_policy, member_line, brand=brand),
        judge("signature.asset", signed_asset, member_line, brand=brand),
        judge("signature.study", facts.signature.study == operator, operator_line),
    )


def _check_identity(facts: Facts) -> tuple[RuleFinding, ...]:
    alliance, brand = facts.charter.id, facts.policy.brand
    stated = {"policy": facts.policy.alliance, "study": facts.study.alliance}
    others = [f"{what} {name}" for what, name in stated.items() if name != alliance]
    return (
        judge(
            "identity.alliance",
            not others,
            facts.sources.charter.line_of("id"),
            limit=alliance,
            found=listed(others),
        ),
        judge(
            "identity.brand",
            facts.asset.brand == brand,
            facts.sources.asset.line_of("brand"),
            brand=brand,
            found=facts.asset.brand,
        ),
    )
