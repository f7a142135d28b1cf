"""Read documents that people wrote: strict YAML in, valid documents with positions out.

Nothing is guessed or mended. The first problem is told as
`file:line:column: ...`, and the document is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar, cast

from pydantic import ValidationError

from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset, Study
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import (
    DocumentError,
    DocumentFileError,
    DocumentKindError,
    DocumentSyntaxError,
)
from hanse_policies.kinds import DOCUMENT_KINDS, kind_of
from hanse_policies.problems import first_problem, shown
from hanse_policies.source import FieldPath, Position, Source, path_text
from hanse_policies.strict_yaml import YamlTree, parse_yaml
from hanse_policies.yaml_scalars import is_instant

MAXIMUM_DOCUMENT_BYTES = 1024 * 1024

T = TypeVar("T", bound=StrictModel)
T_co = TypeVar("T_co", bound=StrictModel, covariant=True)

__all__ = [
    "MAXIMUM_DOCUMENT_BYTES",
    "Loaded",
    "Source",
    "load_any",
    "load_asset",
    "load_charter",
    "load_document",
    "load_policy",
    "load_study",
    "load_text",
    "read_text",
    "read_tree",
    "validate_tree",
]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T_co]):
    """A document and where each of its fields was written."""

    document: T_co
    source: Source


def load_document(path: Path, model: type[T]) -> Loaded[T]:
    """Read a document of a known class from a YAML file.

    Args:
        path: The file, UTF-8, at most 1 MiB.
        model: The class of document that it must hold.

    Returns:
        The document with its positions.

    Raises:
        DocumentFileError: The file is missing, unreadable, too large or not UTF-8.
        DocumentSyntaxError: It is not strict YAML.
        DocumentKindError: Its `kind` is another.
        DocumentError: A field is missing, unknown, or has a value that is not allowed.
    """
    return cast(Loaded[T], _load(read_text(path), path, model))


def load_any(path: Path) -> Loaded[StrictModel]:
    """Read a document of whatever kind it says it is.

    Raises:
        DocumentKindError: Its `kind` is missing or unknown.
        DocumentError: As `load_document` raises.
    """
    return load_text(read_text(path), path)


def load_text(text: str, path: Path) -> Loaded[StrictModel]:
    """Read a document of whatever kind from text; `path` is what messages call it.

    Raises:
        DocumentKindError: Its `kind` is missing or unknown.
        DocumentError: As `load_document` raises.
    """
    tree = parse_yaml(text, str(path))
    kind = tree.at(("kind",))
    if not isinstance(kind, str) or kind not in DOCUMENT_KINDS:
        raise _wrong_kind(tree, path, f"one of {', '.join(DOCUMENT_KINDS)}")
    return _validate(tree, path, DOCUMENT_KINDS[kind])


def load_charter(path: Path) -> Loaded[AllianceCharter]:
    """Read an alliance's charter; raises as `load_document` does."""
    return load_document(path, AllianceCharter)


def load_policy(path: Path) -> Loaded[BrandPolicy]:
    """Read a brand's policy; raises as `load_document` does."""
    return load_document(path, BrandPolicy)


def load_asset(path: Path) -> Loaded[DataAsset]:
    """Read the description of a data asset; raises as `load_document` does."""
    return load_document(path, DataAsset)


def load_study(path: Path) -> Loaded[Study]:
    """Read a study; raises as `load_document` does."""
    return load_document(path, Study)


def read_tree(path: Path, model: type[StrictModel]) -> YamlTree:
    """Read the values and positions of a document of a known class, not validated yet.

    Raises:
        DocumentError: As `load_document` raises for the file, its YAML and its kind.
    """
    tree = parse_yaml(read_text(path), str(path))
    expected = kind_of(model)
    if tree.at(("kind",)) != expected:
        raise _wrong_kind(tree, path, expected)
    return tree


def validate_tree(tree: YamlTree, path: Path, model: type[T]) -> Loaded[T]:
    """Validate what was read from a file, or what was made of it, as `load_document` does.

    Raises:
        DocumentError: A field is missing, unknown, or has a value that is not allowed.
    """
    return _validate(tree, path, model)


def _validate(tree: YamlTree, path: Path, model: type[T]) -> Loaded[T]:
    try:
        # JSON mode is strict about types and yet knows lists, words and instants.
        document = model.model_validate_json(json.dumps(tree.root), strict=True)
    except ValidationError as error:
        raise first_problem(error, tree, str(path), model) from error
    _check_instants(document, tree, path)
    return Loaded(document, Source(path.name, tree.keys))


def _check_instants(document: StrictModel, tree: YamlTree, path: Path) -> None:
    """Refuse an instant in a form of its own, and a text that other readers take for one."""
    for place, quoted in tree.quoted.items():
        text, value = str(tree.at(place)), _value_at(document, place)
        rule = ""
        if isinstance(value, datetime):
            if not is_instant(text) or not _is_writable(value):
                rule = (
                    "expected an instant with time zone, as 2026-01-31T08:00:00Z, got "
                    f"`{text[:40]}`"
                )
        elif not quoted and is_instant(text):
            rule = (
                f"expected text in quotes, got plain `{text}`, which some readers take for "
                f'a time; write "{text}"'
            )
        if rule:
            field = path_text(place)
            location = f"{path}:{tree.values[place]}"
            raise DocumentError(f"field `{field}`: {rule}", location=location, field=field)


def _value_at(document: StrictModel, place: FieldPath) -> object:
    value: object = document
    for step in place:
        if isinstance(value, StrictModel):
            value = getattr(value, str(step), None)
        elif isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _is_writable(instant: datetime) -> bool:
    """Tell whether an instant has a year from 1 to 9999 in UTC, as its canonical form needs."""
    try:
        instant.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _wrong_kind(tree: YamlTree, path: Path, expected: str) -> DocumentError:
    if not isinstance(tree.root, dict):
        got = "an empty document" if tree.root is None else "something else"
        return DocumentSyntaxError(
            f"expected a mapping of fields, got {got}; begin with `kind: `",
            location=f"{path}:{tree.values.get((), Position(1, 1))}",
        )
    found = tree.root.get("kind")
    place = tree.values.get(("kind",), tree.values[()])
    got = shown(found) if isinstance(found, str) else "none"
    return DocumentKindError(
        f"field `kind`: expected {expected}, got {got}", location=f"{path}:{place}", field="kind"
    )


@lru_cache(maxsize=32)
def _load(text: str, path: Path, model: type[StrictModel]) -> Loaded[StrictModel]:
    """Parse and validate; the same text is parsed once, however often its file is read.

    Positions take a slow parser, and a brand reads its policy before every question.
    """
    tree = parse_yaml(text, str(path))
    expected = kind_of(model)
    if tree.at(("kind",)) != expected:
        raise _wrong_kind(tree, path, expected)
    return _validate(tree, path, model)


def read_text(path: Path) -> str:
    """Read a document's text.

    Raises:
        DocumentFileError: The file is missing, unreadable, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAXIMUM_DOCUMENT_BYTES + 1)
    except FileNotFoundError as error:
        raise DocumentFileError("expected a file, got none", location=str(path)) from error
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise DocumentFileError(f"cannot read the file: {reason}", location=str(path)) from error
    if len(data) > MAXIMUM_DOCUMENT_BYTES:
        raise DocumentFileError(
            f"expected at most {MAXIMUM_DOCUMENT_BYTES} bytes, got more", location=f"{path}:1:1"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise DocumentFileError(
            "expected UTF-8 text, got other bytes", location=f"{path}:{line}:{column}"
        ) from error
