"""A stock of random documents, out of which a great many requests are put together."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TypeVar

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentField,
    PackPin,
    PackRules,
)
from hanse_policies.facts import ApprovalState
from tests.support.decisions import APPROVED, SIGNED, Case
from tests.support.documents import NOW
from tests.support.known_packs import KNOWN_PACKS, SAYS_OTHERWISE
from tests.support.random_cases import (
    a_random_asset,
    a_random_charter,
    a_random_policy,
    wide_case,
)

PinningT = TypeVar("PinningT", AllianceCharter, BrandPolicy)
WITH_PACKS = 0.3
"""The share of requests that legal packs are asked about."""


class World:
    """A stock of documents, drawn once, out of which requests are put together."""

    def __init__(self, draw: random.Random, size: int = 300) -> None:
        """Draw the stock."""
        self._draw = draw
        drawn = [wide_case(draw) for _ in range(2 * size)]
        self._wide = [replace(case, policy=ruled(draw, case.policy)) for case in drawn]
        self._policies = [pinning(draw, ruled(draw, a_random_policy(draw))) for _ in range(size)]
        self._charters = [pinning(draw, a_random_charter(draw)) for _ in range(size)]
        self._assets = [a_random_asset(draw) for _ in range(size)]

    def case(self) -> Case:
        """Draw a request of which each part is now wide, now drawn."""
        draw = self._draw
        case = draw.choice(self._wide)
        if draw.random() < 0.35:
            case = replace(case, policy=draw.choice(self._policies))
        if draw.random() < 0.35:
            case = replace(case, charter=draw.choice(self._charters))
        if draw.random() < 0.35:
            case = replace(case, asset=draw.choice(self._assets))
        if draw.random() < 0.1:
            missing = draw.choice(("study", "charter", "policy", "asset"))
            case = replace(case, signature=replace(SIGNED, **{missing: None}))
        if draw.random() < 0.1:
            states = (None, ApprovalState(1, ()), ApprovalState(1, ("data-owner",)))
            case = replace(case, approvals=draw.choice(states))
            case = replace(case, asset_approvals=draw.choice((APPROVED, *states)))
        return with_packs(draw, case)


def ruled(draw: random.Random, policy: BrandPolicy) -> BrandPolicy:
    """Let a policy ask more of packs, now and then, than not to refuse."""
    rules = PackRules(counsel_signature=draw.random() < 0.2, advice=draw.random() < 0.5)
    return policy.model_copy(update={"pack_rules": rules})


def pinning(draw: random.Random, document: PinningT) -> PinningT:
    """Let a document pin one of the known packs now and then, seldom one that nobody has."""
    pins: tuple[PackPin, ...] = ()
    if draw.random() < WITH_PACKS:
        pins = (draw.choice(KNOWN_PACKS).pin,)
        if draw.random() < 0.1:
            pins = (SAYS_OTHERWISE,)
    return document.model_copy(update={"packs": pins})


def with_packs(draw: random.Random, case: Case) -> Case:
    """Hand in the packs that are pinned, but now and then, and at times one more."""
    ids = {pin.id for pin in (*case.charter.packs, *case.policy.packs) if draw.random() < 0.9}
    if draw.random() < WITH_PACKS:
        ids.add(draw.choice(KNOWN_PACKS).pin.id)
    return replace(
        case, packs=tuple(known.in_force for known in KNOWN_PACKS if known.pin.id in ids)
    )


class NoOffset(tzinfo):
    """A zone that does not say how far it is from UTC, so that its times compare with none."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """Say nothing."""
        return None

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Say nothing."""
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        """Say nothing."""
        return None


def synced_at(draw: random.Random, case: Case, *instants: datetime | None) -> Case:
    """Let the register be synced at one of some instants."""
    return replace(case, consent=replace(case.consent, synced=draw.choice(instants)))


def unread(draw: random.Random, case: Case) -> Case:
    return synced_at(draw, case, None)


def without_zone(draw: random.Random, case: Case) -> Case:
    return synced_at(draw, case, NOW.replace(tzinfo=None), NOW.replace(tzinfo=NoOffset()))


def stale(draw: random.Random, case: Case) -> Case:
    oldest = timedelta(hours=case.policy.consent.max_age_hours, microseconds=1)
    first = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    there = (NOW - oldest).astimezone(timezone(timedelta(hours=-11)))
    return synced_at(draw, case, NOW - oldest, there, first)


def from_the_future(draw: random.Random, case: Case) -> Case:
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    soon = NOW + timedelta(microseconds=1)
    return synced_at(draw, case, soon, NOW + timedelta(days=400), last)


def without_the_purpose(draw: random.Random, case: Case) -> Case:
    """Let the register hold no consent for the purpose, or have no word for it."""
    purpose = case.study.purpose
    if draw.random() < 0.5:
        held = replace(case.consent, purposes=case.consent.purposes - {purpose})
        return replace(case, consent=held)
    words = {one: word for one, word in case.asset.consent.purposes.items() if one != purpose}
    return with_mapping(case, {"purposes": words})


def without_a_needed_field(draw: random.Random, case: Case) -> Case:
    """Take away what the policy asks of a consent: of the register, or of its description."""
    rules = case.policy.consent
    asked = {
        ConsentField.BASIS: True,
        ConsentField.NOTICE: rules.notices is not None,
        ConsentField.JURISDICTION: rules.jurisdictions is not None,
        ConsentField.AGE_BAND: rules.minors is not None,
        ConsentField.RECIPIENTS: rules.scope_required,
    }
    gone = draw.choice([field for field, is_asked in asked.items() if is_asked])
    if draw.random() < 0.5:
        told = case.consent.fields - {gone}
        return replace(case, consent=replace(case.consent, fields=told))
    return with_mapping(case, {gone.value: None})


def asked_for_the_scope(_: random.Random, case: Case) -> Case:
    """Let the policy ask for whom a consent names, which no register here tells."""
    rules = case.policy.consent.model_copy(update={"scope_required": True})
    return replace(case, policy=case.policy.model_copy(update={"consent": rules}))


def with_mapping(case: Case, changes: Mapping[str, object]) -> Case:
    mapping = case.asset.consent.model_copy(update=dict(changes))
    return replace(case, asset=case.asset.model_copy(update={"consent": mapping}))


Way = Callable[[random.Random, Case], Case]
WITHOUT_CONSENT: Mapping[Way, str] = {
    unread: "consent.register",
    without_zone: "consent.register",
    stale: "consent.age",
    from_the_future: "consent.clock",
    without_the_purpose: "consent.purpose",
    without_a_needed_field: "consent.fields",
    asked_for_the_scope: "consent.fields",
}
"""Each way in which consent is missing, stale or in error, and the rule that refuses."""
