"""Who signed what, and whether the documents belong together.

The study and the charter must be signed by the operator that the charter names,
policy and asset by the key that the charter pins for the brand. The caller verified
the signatures; what it did not verify is None and denies. A charter that may allow more is
in force at a brand only once a person there accepted it, and until then none is: it could be
that the newer one takes a member out, or puts right what the older one got wrong.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import BrandId
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether all documents are signed by those who must have signed them."""
    operator = facts.charter.operator.signing_key
    member = facts.charter.member(BrandId(facts.policy.brand))
    brand = facts.policy.brand
    signed_policy = member is not None and facts.signature.policy == member.signing_key
    signed_asset = member is not None and facts.signature.asset == member.signing_key

    def of_operator() -> Words:
        return words(facts.sources.charter.line_of("operator", "signing_key"))

    def of_charter() -> Words:
        version = str(facts.charter.version)
        return words(facts.sources.charter.line_of("version"), limit=version)

    def of_member() -> Words:
        return words(facts.sources.charter.line_of("members"), brand=brand)

    return (
        judge("identity.member", member is not None, of_member),
        *_check_identity(facts),
        judge("signature.charter", facts.signature.charter == operator, of_operator),
        judge("charter.accepted", facts.signature.is_charter_newest, of_charter),
        judge("signature.policy", signed_policy, of_member),
        judge("signature.asset", signed_asset, of_member),
        judge("signature.study", facts.signature.study == operator, of_operator),
    )


def _check_identity(facts: Facts) -> tuple[RuleFinding, ...]:
    alliance, brand = facts.charter.id, facts.policy.brand
    of_policy, of_study = facts.policy.alliance, facts.study.alliance
    return (
        judge(
            "identity.alliance",
            of_policy == alliance and of_study == alliance,
            lambda: words(
                facts.sources.charter.line_of("id"),
                limit=alliance,
                found=listed(_others(alliance, policy=of_policy, study=of_study)),
            ),
        ),
        judge(
            "identity.brand",
            facts.asset.brand == brand,
            lambda: words(
                facts.sources.asset.line_of("brand"), brand=brand, found=facts.asset.brand
            ),
        ),
    )


def _others(alliance: str, **stated: str) -> list[str]:
    return [f"{what} {name}" for what, name in stated.items() if name != alliance]
