"""Pairs of facts that show how a pack's answer may differ between two versions.

Rules: a version that tightens, packs aside, newly allows a request only if both versions
pass all other rules, and the packs alone refused before. So each pair stands for requests that
pass all else under both. Answers about columns and recipients join one by one, so a pair
holds one column or one recipient. A field whose change is never called tightening,
loosening or text needs no pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from hanse_policies.compare.wide import (
    histogram_of,
    study_of,
    wide_asset,
    wide_charter,
    wide_permit,
    wide_policy,
)
from hanse_policies.documents import (
    AgeBand,
    AllianceCharter,
    BrandPolicy,
    DataAsset,
    FlowLabel,
    Purpose,
    ReleaseForm,
    TrustMode,
)
from hanse_policies.documents.asset import ColumnKind, StatedAgeBand
from hanse_policies.packs.legal_facts import ALL_MEMBERS, ColumnsRead, LegalFacts, places_of

PROBED = frozenset(
    {
        "policy.active_from",
        "policy.consent.bases",
        "policy.consent.max_age_hours",
        "policy.consent.minors",
        "policy.consent.notices",
        "policy.permits.columns.sensitive",
        "asset.columns.precision",
        "asset.columns.sensitivity",
        "charter.members.jurisdiction",
    }
)
"""The fields that pairs are made for."""

_LATE = datetime.fromisoformat("9000-01-01T00:00:00Z")
"""After every policy took effect, as it did of any request that passes."""
_UNPLACED = ColumnKind("", is_sensitive=False, pseudonym=None, precision=None)
"""Of no category that a list could place, so that nobody knows: the worst for both answers."""
_NO_COLUMNS = ColumnsRead((), frozenset(), frozenset(), has_sensitive=False)


@dataclass(frozen=True, slots=True)
class Probe:
    """One request's facts under both versions."""

    before: LegalFacts
    after: LegalFacts


def probes_of(
    before: AllianceCharter | BrandPolicy | DataAsset,
    after: AllianceCharter | BrandPolicy | DataAsset,
) -> Iterator[Probe]:
    """List the pairs for two versions of one document."""
    match before, after:
        case BrandPolicy(), BrandPolicy():
            yield from _of_policies(before, after)
        case DataAsset(), DataAsset():
            yield from _of_assets(before, after)
        case AllianceCharter(), AllianceCharter():
            yield from _of_charters(before, after)


def _of_policies(before: BrandPolicy, after: BrandPolicy) -> Iterator[Probe]:
    facts = _usual_facts()
    yield Probe(facts._replace(policy=before), facts._replace(policy=after))
    if before.consent.notices != after.consent.notices:
        yield from _of_notices(facts, before, after)
    was, now = _flags(before), _flags(after)
    # Which of several permits a study is judged by can change with any field of any of them.
    pairs = {pair for place in was.keys() & now.keys() for pair in product(was[place], now[place])}
    for old, new in sorted(pair for pair in pairs if pair[0] != pair[1]):
        yield Probe(
            _reading(facts, _UNPLACED, is_excused=old), _reading(facts, _UNPLACED, is_excused=new)
        )


def _of_notices(facts: LegalFacts, before: BrandPolicy, after: BrandPolicy) -> Iterator[Probe]:
    """Ask for each purpose and each recipient whom a notice, or none of them, names."""
    named = {
        name for policy in (before, after) for one in policy.notices for name in one.recipients
    }
    for purpose, recipient in product(Purpose, sorted(named | {ALL_MEMBERS})):
        study = facts.study.model_copy(update={"purpose": purpose, "recipients": (recipient,)})
        asked = facts._replace(study=study)
        yield Probe(asked._replace(policy=before), asked._replace(policy=after))


def _flags(policy: BrandPolicy) -> dict[tuple[str, str, str], set[bool]]:
    """Collect what permits say of a column, by purpose and asset: may it be used if sensitive?"""
    found: dict[tuple[str, str, str], set[bool]] = {}
    for permit in policy.permits:
        for column in permit.columns:
            place = (permit.purpose, permit.asset, column.name)
            found.setdefault(place, set()).add(column.sensitive)
    return found


def _of_assets(before: DataAsset, after: DataAsset) -> Iterator[Probe]:
    facts = _usual_facts()
    new = {column.name: column for column in after.columns}
    pairs = [(column, new[column.name]) for column in before.columns if column.name in new]
    # A column that is sensitive now may make another permit the one that a study is judged by.
    may_switch = any(old.sensitivity is not one.sensitivity for old, one in pairs)
    kinds = {
        (before.column_kinds[old.name], after.column_kinds[old.name], was, now)
        for old, _ in pairs
        for was, now in product((False, True), repeat=2)
        if may_switch or was == now
    }
    for old_kind, new_kind, was, now in kinds:
        if (old_kind, was) != (new_kind, now):
            yield Probe(
                _reading(facts, old_kind, is_excused=was), _reading(facts, new_kind, is_excused=now)
            )


def _of_charters(before: AllianceCharter, after: AllianceCharter) -> Iterator[Probe]:
    facts = _usual_facts()
    for recipient in before.recipients:
        if recipient in after.recipients:
            study = facts.study.model_copy(update={"recipients": (recipient,)})
            yield Probe(
                facts._replace(study=study, places=places_of(study, before)),
                facts._replace(study=study, places=places_of(study, after)),
            )


def _usual_facts() -> LegalFacts:
    """Make facts of a request that passes all else; what is compared takes its place in them."""
    permit = wide_permit(Purpose.AUDIENCE_ANALYTICS, "asset", ("column",))
    study = study_of(permit, histogram_of("column"), permit.recipients, 1.0, 1e-6, TrustMode.LOCAL)
    asset = wide_asset("asset", study, {})
    known = asset.consent.model_copy(update={"age_band": StatedAgeBand(constant=AgeBand.ADULT)})
    return LegalFacts(
        study=study,
        charter=wide_charter("alliance", "brand", permit.recipients),
        policy=wide_policy("alliance", "brand", (permit,), _LATE),
        asset=asset.model_copy(update={"consent": known}),
        permit=permit,
        flow=FlowLabel.DP_AGGREGATE,
        form=ReleaseForm.TABLE,
        is_charter_signed=True,
        now=_LATE,
        read=_NO_COLUMNS,
        unexcused=_NO_COLUMNS,
        are_permitted=True,
        places=(),
    )


def _reading(facts: LegalFacts, kind: ColumnKind, *, is_excused: bool) -> LegalFacts:
    """Have the study read one column, which the permit names as sensitive or not.

    The permit of a study that passes excuses every column that is stated sensitive.
    """
    held = frozenset({kind.category})
    ordinary = frozenset[str]() if kind.is_sensitive else held
    read = ColumnsRead((kind,), held, ordinary, kind.is_sensitive)
    return facts._replace(
        read=read, unexcused=_NO_COLUMNS if is_excused or kind.is_sensitive else read
    )
