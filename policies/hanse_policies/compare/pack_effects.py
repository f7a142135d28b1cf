"""How a change moves the answers of the legal packs in play: nearer to met, or further from it.

Rules: a pack refuses what is too wide, so what tightens can make it let through what it refused
before. Each question of each check is asked of both versions (see `pack_probes`); the
joiners of tests are monotone in the order no, unknown, yes, and `not` and `when` turn it
round. Of a pack that is pinned and whose words are not at hand, every field that any
question reads counts, both ways. A pack that one version alone pins is left out here: that it
comes or goes says all.

Source: S. C. Kleene, Introduction to Metamathematics (1952), section 64.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hanse_policies.compare.direction import Direction
from hanse_policies.compare.pack_probes import Probe, probes_of
from hanse_policies.compare.pack_reading import FIELDS, READS, SETTLED, differing
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    DataAsset,
    LegalCheck,
    PackPin,
    Severity,
)
from hanse_policies.documents.legal_test import AllOf, AnyOf, LegalTest, Not
from hanse_policies.packs.compiling import compiler_of_tests
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.lists import Answer

_RANKS = {False: 0, None: 1, True: 2}
_CHOICE = "policy.permits.columns.sensitive"
"""Read of the permit that a study is judged by, which any field of a permit can change."""


@dataclass(frozen=True, slots=True)
class PacksInPlay:
    """The legal packs that judge beside two versions, as far as the versions do not say.

    Attributes:
        pins: What the other documents pin: of a policy the charter, of an asset both. What the
            versions themselves pin is taken from them.
        at_hand: Packs whose words are known, pinned or not; of one that is pinned and not
            here nothing is known.
        asks_advice: Whether checks of severity `advise` refuse, too. Each version of a
            policy says so itself.
    """

    pins: tuple[PackPin, ...] = ()
    at_hand: tuple[PackInForce, ...] = ()
    asks_advice: bool = True


@dataclass(frozen=True, slots=True)
class PackEffect:
    """What a change of one field does to one check of one pack.

    Attributes:
        place: The field, without places in lists; `consent.max_age_hours`.
        direction: `loosens` where an answer may come nearer to met, `tightens` where it may
            come further from it, `mixed` where both.
        reader: The check, `eu-gdpr@1.0.0:consent-fresh`, or a pack that is not at hand.
    """

    place: str
    direction: Direction
    reader: str


def pack_effects(
    before: AllianceCharter | BrandPolicy | DataAsset,
    after: AllianceCharter | BrandPolicy | DataAsset,
    packs: PacksInPlay,
) -> tuple[PackEffect, ...]:
    """Tell what lies between two versions does to the answers of the packs in play."""
    pins = dict.fromkeys((*packs.pins, *_pinned_by_both(before, after)))
    if not pins:
        return ()
    probes = tuple(probes_of(before, after))
    known = {pack.digest: pack for pack in packs.at_hand}
    role = _ROLES[type(before)]
    found: list[PackEffect] = []
    for pin in pins:
        pack = known.get(pin.digest)
        if pack is None:
            found += _of_unknown(pin, probes, role)
        else:
            advice = _asks_advice(before, after, packs)
            found += _of_known(pack, probes, role, advice)
    return tuple(dict.fromkeys(found))


def _of_unknown(pin: PackPin, probes: Iterable[Probe], role: str) -> Iterator[PackEffect]:
    for probe in probes:
        for name in differing(FIELDS.keys() - SETTLED, probe.before, probe.after):
            yield PackEffect(_place(name, role), Direction.MIXED, f"{pin.name} (not at hand)")


def _of_known(
    pack: PackInForce, probes: tuple[Probe, ...], role: str, asks_advice: bool
) -> Iterator[PackEffect]:
    compiled = compiler_of_tests(pack.pack)
    for check in pack.pack.checks:
        if check.severity is Severity.ADVISE and not asks_advice:
            continue
        for test, is_turned in _leaves(check):
            question = compiled(test)
            for probe in probes:
                direction = _moved(question(probe.before), question(probe.after), is_turned)
                if direction is Direction.TEXT:
                    continue
                for name in differing(READS[type(test)], probe.before, probe.after):
                    reader = f"{pack.pack.name}:{check.id}"
                    yield PackEffect(_place(name, role), direction, reader)


def _leaves(check: LegalCheck) -> Iterator[tuple[LegalTest, bool]]:
    """List the questions of a check, each with whether a yes there works against the check."""
    yield from _within(check.test, is_turned=False)
    if check.when is not None:
        yield from _within(check.when, is_turned=True)


def _within(test: LegalTest, *, is_turned: bool) -> Iterator[tuple[LegalTest, bool]]:
    match test:
        case AllOf() | AnyOf():
            for one in test.tests:
                yield from _within(one, is_turned=is_turned)
        case Not():
            yield from _within(test.test, is_turned=not is_turned)
        case _:
            yield test, is_turned


def _moved(before: Answer, after: Answer, is_turned: bool) -> Direction:
    step = _RANKS[after] - _RANKS[before]
    if not step:
        return Direction.TEXT
    return Direction.LOOSENS if (step > 0) is not is_turned else Direction.TIGHTENS


def _place(name: str, role: str) -> str:
    """Name the field of the compared document that an answer moves by."""
    if name == _CHOICE:
        return "permits" if role == "policy" else "columns.sensitivity"
    return name.partition(".")[2]


def _pinned_by_both(
    before: AllianceCharter | BrandPolicy | DataAsset,
    after: AllianceCharter | BrandPolicy | DataAsset,
) -> tuple[PackPin, ...]:
    if isinstance(before, DataAsset) or isinstance(after, DataAsset):
        return ()
    return tuple(pin for pin in before.packs if pin in after.packs)


def _asks_advice(
    before: AllianceCharter | BrandPolicy | DataAsset,
    after: AllianceCharter | BrandPolicy | DataAsset,
    packs: PacksInPlay,
) -> bool:
    if isinstance(before, BrandPolicy) and isinstance(after, BrandPolicy):
        return before.pack_rules.advice or after.pack_rules.advice
    return packs.asks_advice


_ROLES = {AllianceCharter: "charter", BrandPolicy: "policy", DataAsset: "asset"}
