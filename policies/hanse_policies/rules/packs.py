"""Legal packs: those that charter and policy pin are at hand, and no check of theirs is unmet.

Rules: a pack is pinned by its digest, so that one of the same name that says something
else is not it; a pack that is handed in and that nobody pinned is asked all the same; what
a check cannot know fails it. A pack counts as signed by counsel where its envelope was
opened with the key that the charter names for counsel, and every sentence about a pack
says whether it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import LegalCheck, PackPin, Severity
from hanse_policies.facts import Facts
from hanse_policies.flows import flows_of
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.legal_facts import LegalFacts, columns_read, columns_unexcused, places_of
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
    found = list(_check_pins(facts))
    if facts.packs:
        seen = legal_facts(facts, permit_index)
        for pack in facts.packs:
            found += _check_pack(facts, pack, seen)
    return tuple(found)


def legal_facts(facts: Facts, permit_index: int | None) -> LegalFacts:
    """Lay out the facts of a decision as legal packs see them."""
    study, charter, asset = facts.study, facts.charter, facts.asset
    permit = None if permit_index is None else facts.policy.permits[permit_index]
    read = study.reads.every
    columns = columns_read(read, asset)
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
        read=columns,
        unexcused=None if permit is None else columns_unexcused(columns, read, asset, permit),
        are_permitted=None if permit is None else read <= permit.covered,
        places=places_of(study, charter),
    )


def _check_pins(facts: Facts) -> Iterator[RuleFinding]:
    sources = facts.sources
    for pins, source in (
        (facts.charter.packs, sources.charter),
        (facts.policy.packs, sources.policy),
    ):
        for index, pin in enumerate(pins):
            yield _judge_pin(facts, pin, partial(source.line_of, "packs", index))


def _judge_pin(facts: Facts, pin: PackPin, source: Callable[[], str]) -> RuleFinding:
    named = [pack for pack in facts.packs if pack.pack.name == pin.name]
    return judge(
        "pack.pinned",
        any(pack.digest == pin.digest for pack in named),
        lambda: words(
            source(),
            pack=pin.name,
            limit=pin.digest,
            found=listed(pack.digest for pack in named),
        ),
    )


def _check_pack(facts: Facts, pack: PackInForce, seen: LegalFacts) -> list[RuleFinding]:
    key = facts.charter.counsel_key
    is_signed = key is not None and pack.signed_by == key
    rules, name = facts.policy.pack_rules, pack.pack.name
    counsel = SIGNED if is_signed else UNSIGNED
    found = [
        judge(
            "pack.counsel",
            is_signed or not rules.counsel_signature,
            lambda: words(
                facts.sources.policy.line_of("pack_rules", "counsel_signature"),
                pack=name,
                **counsel,
            ),
        )
    ]
    refusing, advising = [], []
    unmet = pack.unmet(seen)
    for legal_check, answer in unmet:
        say = partial(_words, name, legal_check, answer, counsel)
        if legal_check.severity is Severity.DENY:
            refusing.append(judge("pack.check", False, say))
        else:
            advising.append(judge("pack.advice", not rules.advice, say))
    if not refusing:
        found.append(judge("pack.check", True, lambda: words(name, pack=name, **counsel)))
    return found + refusing + advising if unmet else found


def _words(name: str, legal_check: LegalCheck, answer: Answer, counsel: Mapping[str, str]) -> Words:
    details = {
        "pack": name,
        "check": legal_check.id,
        "articles": legal_check.articles,
        "tests@en": legal_check.tests.en,
        "tests@zh": legal_check.tests.zh,
        "unmet@en": legal_check.unmet.en,
        "unmet@zh": legal_check.unmet.zh,
        **(UNKNOWN if answer is None else UNMET),
    }
    return words(f"{name}:{legal_check.id}", **details, **counsel)
