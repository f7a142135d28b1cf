"""Legal packs: those that charter and policy pin are at hand, and no check of theirs is unmet.

Rules: a pack is pinned by its digest, so that one of the same name that says something
else is not it; a pack that is handed in and that nobody pinned is asked all the same; what
a check cannot know fails it. A pack counts as signed by counsel where its envelope was
opened with the key that the charter names for counsel, and every sentence about a pack
says whether it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from hanse_policies.decision import RuleFinding, judge
from hanse_policies.documents import LegalCheck, PackPin, Severity
from hanse_policies.facts import Facts
from hanse_policies.flows import flows_of
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.legal_facts import LegalFacts, places_of, profiles_of
from hanse_policies.packs.lists import Answer
from hanse_policies.rules.flow import release_form_of

SIGNED = {"counsel@en": "pack signed by counsel", "counsel@zh": "规则包已由法律顾问签名"}
UNSIGNED = {"counsel@en": "pack not signed by counsel", "counsel@zh": "规则包未经法律顾问签名"}
UNMET = {"answer@en": "is not met", "answer@zh": "未满足"}
UNKNOWN = {"answer@en": "cannot be shown to be met", "answer@zh": "无法证明已满足"}


def check(facts: Facts, permit_index: int | None) -> tuple[RuleFinding, ...]:
    """Ask every legal pack.

    Args:
        facts: Of the decision.
        permit_index: Place of the permit that the study is judged by; None without one.
    """
    pinned = tuple(_check_pins(facts))
    if not facts.packs:
        return pinned
    seen = legal_facts(facts, permit_index)
    return (*pinned, *(found for pack in facts.packs for found in _check_pack(facts, pack, seen)))


def legal_facts(facts: Facts, permit_index: int | None) -> LegalFacts:
    """Lay out the facts of a decision as legal packs see them."""
    study, charter, asset = facts.study, facts.charter, facts.asset
    permit = None if permit_index is None else facts.policy.permits[permit_index]
    read = study.columns()
    return LegalFacts(
        study=study,
        charter=charter,
        policy=facts.policy,
        asset=asset,
        permit=permit,
        flow=flows_of(study.privacy.mode).leaving.label,
        form=release_form_of(study.computation),
        is_charter_signed=facts.signature.charter == charter.operator.signing_key,
        now=facts.now,
        columns=profiles_of(read, asset, permit),
        are_permitted=None if permit is None else set(read) <= set(permit.column_names),
        places=places_of(study, charter),
    )


def _check_pins(facts: Facts) -> Iterator[RuleFinding]:
    at_hand = {pack.digest: pack.pack for pack in facts.packs}
    sources = facts.sources
    for pins, source in (
        (facts.charter.packs, sources.charter),
        (facts.policy.packs, sources.policy),
    ):
        for index, pin in enumerate(pins):
            found = at_hand.get(pin.digest)
            yield judge(
                "pack.pinned",
                found is not None and (found.id, found.version) == (pin.id, pin.version),
                source.line_of("packs", index),
                pack=pin.name,
                limit=pin.digest,
                found=_digests_of(facts, pin),
            )


def _digests_of(facts: Facts, pin: PackPin) -> str:
    """Name the digests of the packs at hand that bear the pinned name."""
    return ", ".join(pack.digest for pack in facts.packs if pack.pack.name == pin.name) or "none"


def _check_pack(facts: Facts, pack: PackInForce, seen: LegalFacts) -> Iterator[RuleFinding]:
    key = facts.charter.counsel_key
    is_signed = key is not None and pack.signed_by == key
    rules, name = facts.policy.pack_rules, pack.pack.name
    counsel = SIGNED if is_signed else UNSIGNED
    yield judge(
        "pack.counsel",
        is_signed or not rules.counsel_signature,
        facts.sources.policy.line_of("pack_rules", "counsel_signature"),
        pack=name,
        **counsel,
    )
    unmet = tuple(pack.unmet(seen))
    refusing = [one for one in unmet if one[0].severity is Severity.DENY]
    for legal_check, answer in refusing:
        details = _details(name, legal_check, answer)
        yield judge("pack.check", False, f"{name}:{legal_check.id}", **details, **counsel)
    if not refusing:
        yield judge("pack.check", True, name, pack=name, **counsel)
    for legal_check, answer in unmet:
        if legal_check.severity is Severity.ADVISE:
            details = _details(name, legal_check, answer)
            source = f"{name}:{legal_check.id}"
            yield judge("pack.advice", not rules.advice, source, **details, **counsel)


def _details(name: str, legal_check: LegalCheck, answer: Answer) -> dict[str, str]:
    return {
        "pack": name,
        "check": legal_check.id,
        "articles": legal_check.articles,
        "tests@en": legal_check.tests.en,
        "tests@zh": legal_check.tests.zh,
        "unmet@en": legal_check.unmet.en,
        "unmet@zh": legal_check.unmet.zh,
        **(UNKNOWN if answer is None else UNMET),
    }
