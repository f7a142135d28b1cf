"""The published JSON Schemas, as an editor's validator reads them: they take what is valid."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hanse_policies.canonical import canonical_json
from hanse_policies.errors import DocumentError
from hanse_policies.kinds import DOCUMENT_KINDS
from hanse_policies.loading import read_text, validate_tree
from hanse_policies.strict_yaml import parse_yaml
from tests.support.every_kind import EVERY_KIND

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "reference" / "documents"
KINDS = sorted(DOCUMENT_KINDS)
FREE_FORM = {"changes", "value"}
"""Fields of any JSON: what an example changes of a document, and to what."""
OF_NO_FIELD = {"unknown_field": [{"unknown_field": None}]}
"""A value that no field of any document may hold."""


@cache
def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((PUBLISHED / f"{kind}.schema.json").read_text()))


def plain(kind: str) -> dict[str, Any]:
    """Write a document of a kind as JSON, and read that."""
    written: dict[str, Any] = json.loads(canonical_json(EVERY_KIND[kind]))
    return written


def parts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """List where each mapping of fields stands in a document."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            if name not in FREE_FORM:
                yield from parts(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from parts(inner, (*path, index))


def part_at(document: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
    for step in path:
        document = document[step]
    found: dict[str, Any] = document
    return found


def test_every_kind_of_document_has_a_published_schema_and_no_other_has() -> None:
    assert sorted(path.name for path in PUBLISHED.iterdir()) == [f"{k}.schema.json" for k in KINDS]
    assert sorted(EVERY_KIND) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_keeps_the_rules_of_its_dialect_and_takes_a_document(kind: str) -> None:
    schema = validator(kind).schema
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)
    validator(kind).validate(plain(kind))


def test_every_sample_document_that_is_read_is_taken_by_the_schema_of_its_kind() -> None:
    taken: dict[str, int] = dict.fromkeys(KINDS, 0)
    for path in sorted((ROOT / "policies").rglob("*.yaml")):
        try:
            tree = parse_yaml(read_text(path), str(path))
            kind = str(tree.at(("kind",)))
            if kind not in DOCUMENT_KINDS:
                continue
            validate_tree(tree, path, DOCUMENT_KINDS[kind])
        except DocumentError:
            # A sample of what is refused.
            continue
        errors = [error.message for error in validator(kind).iter_errors(tree.root)]
        assert errors == [], path
        taken[kind] += 1
    written_by_people = {"AllianceCharter", "BrandPolicy", "DataAsset", "DecisionExamples", "Study"}
    assert min(taken[kind] for kind in written_by_people) >= 10
    assert taken["LegalPack"] >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_anywhere_in_a_document_is_refused(kind: str) -> None:
    document = plain(kind)
    places = list(parts(document))
    assert () in places
    for path in places:
        changed = copy.deepcopy(document)
        part_at(changed, path)["unknown_field"] = 1
        assert not validator(kind).is_valid(changed), path


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_is_missing_is_refused(kind: str) -> None:
    required = [n for n, field in DOCUMENT_KINDS[kind].model_fields.items() if field.is_required()]
    assert required
    for name in required:
        changed = plain(kind)
        del changed[name]
        assert not validator(kind).is_valid(changed), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_of_another_type_is_refused(kind: str) -> None:
    for name in plain(kind):
        changed = plain(kind) | {name: OF_NO_FIELD}
        assert not validator(kind).is_valid(changed), name


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("Study", {"kind": "Waiver"}),
        ("Study", {"version": "1"}),
        ("Study", {"version": 0}),
        ("Study", {"minimum_persons": 99.5}),
        ("Study", {"id": "Propensity"}),
        ("Study", {"purpose": "resale"}),
        ("Study", {"recipients": []}),
        ("BrandPolicy", {"version": "1.0"}),
        ("BrandPolicy", {"supersedes": "latest"}),
        ("AllianceCharter", {"max_brands_per_person": -1}),
        ("Approval", {"verdict": "maybe"}),
        ("Withdrawal", {"persons": 3}),
    ],
)
def test_a_value_that_its_field_does_not_allow_is_refused(
    kind: str, changes: dict[str, object]
) -> None:
    assert not validator(kind).is_valid(plain(kind) | changes)
