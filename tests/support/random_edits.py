"""Small edits of documents, each of one part, as people make them."""

from __future__ import annotations

import random
from typing import TypeVar

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentRules,
    DataAsset,
    Permit,
)

DocumentT = TypeVar("DocumentT", BrandPolicy, DataAsset, AllianceCharter)


def a_part_changed(draw: random.Random, document: DocumentT, other: DocumentT) -> DocumentT:
    """Take one small part of another document, as an edit of a field would."""
    if isinstance(document, BrandPolicy) and isinstance(other, BrandPolicy):
        return _policy_changed(draw, document, other)
    if isinstance(document, DataAsset) and isinstance(other, DataAsset):
        return _asset_changed(draw, document, other)
    name = draw.choice(("members", "members", "recipients", "limits", "packs", "operator"))
    taken = getattr(other, name)
    if name == "members" and isinstance(document, AllianceCharter):
        kept = {member.brand for member in taken} | {"alder"}
        taken = tuple(member for member in document.members if member.brand in kept)
    return document.model_copy(update={name: taken})


def _policy_changed(draw: random.Random, policy: BrandPolicy, other: BrandPolicy) -> BrandPolicy:
    kind = draw.random()
    if kind < 0.4:
        # What packs read and what tightens by itself is drawn more often.
        name = draw.choice((*ConsentRules.model_fields, *("max_age_hours", "bases", "notices") * 3))
        consent = policy.consent.model_copy(update={name: getattr(other.consent, name)})
        return policy.model_copy(update={"consent": consent})
    if kind < 0.7:
        return policy.model_copy(update={"permits": _permits_changed(draw, policy, other)})
    rest = ("active_from", "active_from", "packs", "pack_rules", "notices", "assessment", "export")
    name = draw.choice(rest)
    return policy.model_copy(update={name: getattr(other, name)})


def _permits_changed(
    draw: random.Random, policy: BrandPolicy, other: BrandPolicy
) -> tuple[Permit, ...]:
    permits = list(policy.permits)
    index, kind = draw.randrange(len(permits)), draw.random()
    if kind < 0.25:
        draw.shuffle(permits)
    elif kind < 0.5:
        permits.pop(index)
    elif kind < 0.6:
        permits.insert(index, draw.choice(other.permits))
    else:
        donor = draw.choice([p for p in other.permits if p.purpose == permits[index].purpose])
        name = draw.choice(("columns", "recipients", "retention_days"))
        taken = getattr(donor, name)
        if name == "columns":
            place = draw.randrange(len(taken))
            columns = list(permits[index].columns)
            columns[place] = taken[place]
            taken = tuple(columns)
        permits[index] = permits[index].model_copy(update={name: taken})
    return tuple(permits)


def _asset_changed(draw: random.Random, asset: DataAsset, other: DataAsset) -> DataAsset:
    if draw.random() < 0.1:
        return asset.model_copy(update={"consent": other.consent})
    columns = list(asset.columns)
    index = draw.randrange(len(columns))
    name = draw.choice(("sensitivity", "sensitivity", "precision", "category", "pseudonym", ""))
    if name:
        taken = getattr(other.columns[index], name)
        columns[index] = columns[index].model_copy(update={name: taken})
    else:
        columns.pop(index)
    return asset.model_copy(update={"columns": tuple(columns)})
