"""Try the examples of a legal pack: each check must pass under one and fail under the other.

Rules: an example is a handful of changes to documents that ship, so that it is data like
the check itself; the changed documents must be valid; only the check that the example is
of is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from pydantic import JsonValue, ValidationError

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentState,
    DataAsset,
    LegalPack,
    Study,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.legal_pack import Change
from hanse_policies.errors import DocumentError
from hanse_policies.facts import Facts, SignatureState
from hanse_policies.packs.compiling import compile_pack
from hanse_policies.packs.lists import Answer
from hanse_policies.packs.shipped import EXAMPLE_KINDS, example_documents
from hanse_policies.rules import permits
from hanse_policies.rules.packs import legal_facts
from hanse_policies.source import Sources

EXAMPLE_NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
"""The instant that examples are decided for."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What came of one example.

    Attributes:
        check: The check that it is of.
        name: `passes` or `fails`.
        answer: What the check said.
        is_expected: Whether it said what the example is for.
    """

    check: str
    name: str
    answer: Answer
    is_expected: bool


def try_examples(pack: LegalPack) -> Iterator[ExampleResult]:
    """Try both examples of each check of a pack.

    Raises:
        DocumentError: An example changes a field that there is not, or to a value that
            the document cannot hold.
        UnknownTermError: The pack names a category that its taxonomy does not hold.
    """
    shipped = example_documents()
    for one in compile_pack(pack):
        examples = (("passes", one.check.passes, True), ("fails", one.check.fails, False))
        for name, changes, expected in examples:
            facts = example_facts(shipped, (*pack.example, *changes))
            answer = one.ask(legal_facts(facts, permits.choose(facts).index))
            yield ExampleResult(one.check.id, name, answer, (answer is True) == expected)


def example_facts(shipped: Mapping[str, StrictModel], changes: Iterable[Change]) -> Facts:
    """Make the facts of a decision from the documents that ship and an example's changes.

    Args:
        shipped: The documents, by role.
        changes: What stands in them instead, in order.

    Raises:
        DocumentError: A change does not fit the documents.
    """
    trees = {role: document.model_dump(mode="json") for role, document in shipped.items()}
    for change in changes:
        _apply(trees, change)
    made = {role: _validated(role, tree) for role, tree in trees.items()}
    charter = cast(AllianceCharter, made["charter"])
    policy = cast(BrandPolicy, made["policy"])
    asset = cast(DataAsset, made["asset"])
    return Facts(
        study=cast(Study, made["study"]),
        charter=charter,
        policy=policy,
        asset=asset,
        consent=ConsentState(EXAMPLE_NOW, frozenset(asset.consent.purposes), asset.consent.told),
        budget=None,
        signature=SignatureState.unsafe_assumed(charter, policy),
        approvals=None,
        asset_approvals=None,
        now=EXAMPLE_NOW,
        sources=Sources(),
    )


def _apply(trees: dict[str, dict[str, JsonValue]], change: Change) -> None:
    *path, last = change.at.split(".")
    place: JsonValue = cast(JsonValue, trees)
    for step in path:
        place = _within(place, step, change)
    if isinstance(place, list):
        _within(place, last, change)
        place[int(last)] = change.value
    elif isinstance(place, dict):
        _within(place, last, change)
        place[last] = change.value


def _within(place: JsonValue, step: str, change: Change) -> JsonValue:
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and step.isdigit() and int(step) < len(place):
        return place[int(step)]
    raise DocumentError(
        f"expected a field of the example documents, got `{change.at}`, which there is not",
        field=change.at,
    )


def _validated(role: str, tree: Mapping[str, JsonValue]) -> StrictModel:
    try:
        return EXAMPLE_KINDS[role].model_validate_json(json.dumps(tree), strict=True)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
        raise DocumentError(
            f"expected an example that leaves a valid {role}, got one with a fault at `{place}`",
            field=place,
        ) from error
