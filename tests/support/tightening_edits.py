"""Edits that people make to allow less: fewer words, lower limits, higher floors, parts removed.

Rules: an edit leaves a document that it cannot tighten as it is, keeps at least one word
where a document asks for one, and says nothing of what a comparison is to call it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar, cast

from hanse_policies.documents import (
    AllianceCharter,
    ApprovalMode,
    BrandPolicy,
    DataAsset,
    FlowLabel,
    MinorsRule,
    Permit,
    ResultUse,
    Sensitivity,
    StrictModel,
)

DocumentT = TypeVar("DocumentT", BrandPolicy, DataAsset, AllianceCharter)
PartT = TypeVar("PartT", bound=StrictModel)
T = TypeVar("T")
Edit = Callable[[random.Random, PartT], PartT]

PERSONS = (60, 61, 100, 120, 121, 150, 200, 201)
DAYS = (59, 60, 90, 119, 120, 180, 299, 300)
EPSILONS = (0.9, 1.0, 2.0, 2.4, 2.5, 3.0, 3.4, 3.5)
DELTAS = (9e-8, 1e-7, 9e-7, 1e-6, 4e-6, 5e-6)
"""What the random requests ask for, and a step beside it."""


def fewer(draw: random.Random, words: tuple[T, ...]) -> tuple[T, ...]:
    """Take out some words, but never the last."""
    if len(words) < 2:
        return words
    kept = draw.sample(range(len(words)), draw.randint(1, len(words) - 1))
    return tuple(words[index] for index in sorted(kept))


def one_fewer(draw: random.Random, parts: tuple[T, ...]) -> tuple[T, ...]:
    """Take out one part, should there be any."""
    gone = draw.randrange(len(parts)) if parts else 0
    return (*parts[:gone], *parts[gone + 1 :])


def lower(draw: random.Random, limit: float, limits: tuple[float, ...]) -> float:
    """Draw a lower limit, should there be one."""
    return draw.choice([one for one in limits if one < limit] or [limit])


def higher(draw: random.Random, floor: float, floors: tuple[float, ...]) -> float:
    """Draw a higher floor, should there be one."""
    return draw.choice([one for one in floors if one > floor] or [floor])


def with_fewer(name: str) -> Edit[PartT]:
    """Make the edit that takes words out of a field; None in it stands for all, and stays."""
    return lambda draw, part: part.model_copy(
        update={name: fewer(draw, getattr(part, name) or ())} if getattr(part, name) else {}
    )


def with_lower(name: str, limits: tuple[float, ...]) -> Edit[PartT]:
    """Make the edit that lowers a limit."""
    return lambda draw, part: part.model_copy(
        update={name: lower(draw, getattr(part, name), limits)}
    )


def with_higher(name: str, floors: tuple[float, ...]) -> Edit[PartT]:
    """Make the edit that raises a floor."""
    return lambda draw, part: part.model_copy(
        update={name: higher(draw, getattr(part, name), floors)}
    )


def within(name: str, edit: Edit[StrictModel]) -> Edit[PartT]:
    """Make the edit of a part that a field holds."""
    return lambda draw, part: part.model_copy(update={name: edit(draw, getattr(part, name))})


def in_one_of(name: str, edit: Edit[StrictModel]) -> Edit[PartT]:
    """Make the edit of one of the parts that a field lists, should there be any."""

    def edited(draw: random.Random, part: PartT) -> PartT:
        parts = list(getattr(part, name))
        if parts:
            index = draw.randrange(len(parts))
            parts[index] = edit(draw, parts[index])
        return part.model_copy(update={name: tuple(parts)})

    return edited


def without_one(name: str) -> Edit[PartT]:
    """Make the edit that takes one part out of a list."""
    return lambda draw, part: part.model_copy(update={name: one_fewer(draw, getattr(part, name))})


def set_to(name: str, value: object) -> Edit[PartT]:
    """Make the edit that sets a field."""
    return lambda _, part: part.model_copy(update={name: value})


def uses_named(draw: random.Random, part: PartT) -> PartT:
    """Name the uses where all were allowed, else name fewer."""
    held = getattr(part, "uses", None)
    named = fewer(draw, tuple(ResultUse) if held is None else held)
    return part.model_copy(update={"uses": named})


def better_protected(draw: random.Random, permit: Permit) -> Permit:
    ranks = tuple(FlowLabel)
    stricter = ranks[ranks.index(permit.least_protection) + 1 :]
    label = draw.choice(stricter or ranks[-1:])
    return permit.model_copy(update={"least_protection": label})


def later(draw: random.Random, policy: BrandPolicy) -> BrandPolicy:
    """Let a policy take effect later, now and then after the instant of the requests."""
    step = timedelta(minutes=draw.choice((1, 59, 60, 61, 120, 180)))
    return policy.model_copy(update={"active_from": policy.active_from + step})


def older_minors(_: random.Random, charter: AllianceCharter) -> AllianceCharter:
    """Ask for adults without exception, or at first for those from 14 on."""
    held = charter.minors
    strict = MinorsRule(from_age=14 if held is None else 18, is_guardian_enough=held is None)
    return charter.model_copy(update={"minors": strict})


def a_word_less(draw: random.Random, asset: DataAsset) -> DataAsset:
    """Map one purpose fewer to a word of the register, but never the last."""
    words = asset.consent.purposes
    kept = {purpose: words[purpose] for purpose in fewer(draw, tuple(words))}
    consent = asset.consent.model_copy(update={"purposes": kept})
    return asset.model_copy(update={"consent": consent})


POLICY_EDITS: Mapping[str, Edit[BrandPolicy]] = {
    "permits": without_one("permits"),
    "permits.columns": in_one_of("permits", with_fewer("columns")),
    "permits.columns.sensitive": in_one_of(
        "permits", in_one_of("columns", set_to("sensitive", value=False))
    ),
    "permits.computations": in_one_of("permits", with_fewer("computations")),
    "permits.recipients": in_one_of("permits", with_fewer("recipients")),
    "permits.releases": in_one_of("permits", with_fewer("releases")),
    "permits.least_protection": in_one_of("permits", cast(Edit[StrictModel], better_protected)),
    "permits.minimum_persons": in_one_of("permits", with_higher("minimum_persons", PERSONS)),
    "permits.retention_days": in_one_of("permits", with_lower("retention_days", DAYS)),
    "permits.uses": in_one_of("permits", uses_named),
    "budgets": without_one("budgets"),
    "budgets.epsilon": in_one_of("budgets", with_lower("epsilon", EPSILONS)),
    "budgets.delta": in_one_of("budgets", with_lower("delta", DELTAS)),
    "consent.max_age_hours": within("consent", with_lower("max_age_hours", (1, 29, 30, 31))),
    "consent.notices": within("consent", with_fewer("notices")),
    "consent.jurisdictions": within("consent", with_fewer("jurisdictions")),
    "consent.bases": within("consent", with_fewer("bases")),
    "consent.scope_required": within("consent", set_to("scope_required", value=True)),
    "active_from": later,
    "approval": set_to("approval", ApprovalMode.MANUAL),
    "withdrawal.withdrawn": within(
        "withdrawal", within("withdrawn", with_lower("purge_within_days", (0, 1, 15)))
    ),
}
ASSET_EDITS: Mapping[str, Edit[DataAsset]] = {
    "columns": without_one("columns"),
    "columns.sensitivity": in_one_of("columns", set_to("sensitivity", Sensitivity.SENSITIVE)),
    "columns.retention_days": in_one_of("columns", with_lower("retention_days", DAYS)),
    "consent.purposes": a_word_less,
}
CHARTER_EDITS: Mapping[str, Edit[AllianceCharter]] = {
    "purposes": with_fewer("purposes"),
    "computations": with_fewer("computations"),
    "recipients": with_fewer("recipients"),
    "places": without_one("places"),
    "floors.minimum_brands": within("floors", with_higher("minimum_brands", (3, 4))),
    "floors.minimum_persons": within("floors", with_higher("minimum_persons", PERSONS)),
    "floors.tolerated_dropouts": within("floors", with_higher("tolerated_dropouts", (1, 2))),
    "floors.assumed_colluders": within("floors", with_higher("assumed_colluders", (1, 2))),
    "floors.approvals": within("floors", with_higher("approvals", (1, 2, 3))),
    "limits.epsilon": within("limits", with_lower("epsilon", EPSILONS)),
    "limits.delta": within("limits", with_lower("delta", DELTAS)),
    "limits.retention_days": within("limits", with_lower("retention_days", DAYS)),
    "minors": older_minors,
    "uses": uses_named,
    "assessment_required": set_to("assessment_required", value=True),
}
EDITS: Mapping[type[StrictModel], Mapping[str, Edit[StrictModel]]] = {
    BrandPolicy: cast(Mapping[str, Edit[StrictModel]], POLICY_EDITS),
    DataAsset: cast(Mapping[str, Edit[StrictModel]], ASSET_EDITS),
    AllianceCharter: cast(Mapping[str, Edit[StrictModel]], CHARTER_EDITS),
}
"""Each edit of a kind of document, by the field that it changes."""


def tightened(draw: random.Random, document: DocumentT) -> tuple[DocumentT, tuple[str, ...]]:
    """Make one to three edits, each of which changes the document.

    Returns:
        The newer version, and the fields that were edited; none where the document has
        nothing left to tighten.
    """
    edits, wanted = EDITS[type(document)], draw.choice((1, 1, 1, 2, 3))
    edited: list[str] = []
    for name in draw.sample(sorted(edits), len(edits)):
        after = cast(DocumentT, edits[name](draw, document))
        if after != document and len(edited) < wanted:
            document = after
            edited.append(name)
    return document, tuple(edited)
