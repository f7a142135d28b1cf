"""What must hold of any bytes that the loader is given, whoever made them up.

It refuses with a place, or accepts; and what it accepts has one canonical form,
which reads back as itself, and one meaning to every reader of YAML.
"""

from __future__ import annotations

import json
import re
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MantissaNoDotYAML1_1Warning, YAMLError

from hanse_policies.canonical import canonical_json
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import DocumentError
from hanse_policies.loading import load_any
from hanse_policies.strict_yaml import Plain, parse_yaml
from hanse_policies.visible_text import hidden_fault
from hanse_policies.yaml_scalars import is_instant


class BrokenPromiseError(AssertionError):
    """The loader broke a promise; the text says which."""


def check_bytes(data: bytes, folder: Path) -> StrictModel | None:
    """Load bytes as a document of any kind and check all promises.

    Args:
        data: What a file might hold, at most 1 MiB.
        folder: Where to write it.

    Returns:
        The document that was accepted, or None.

    Raises:
        BrokenPromiseError: A promise was broken. Any other exception is a finding, too.
    """
    path = folder / "document.yaml"
    path.write_bytes(data)
    try:
        document = load_any(path).document
    except DocumentError as error:
        _check_place(error, path, data)
        return None
    canonical = canonical_json(document)
    for anew in (canonical.decode(), as_yaml(json.loads(canonical))):
        path.write_text(anew, encoding="utf-8")
        if canonical_json(load_any(path).document) != canonical:
            raise BrokenPromiseError(f"another document when written anew: {anew[:2000]}")
    text = data.decode()
    tree = parse_yaml(text, "document.yaml")
    for reader in (_ruamel_1_1, _ruamel_1_2, _pyyaml):
        check_reading(tree.root, reader, text)
    return document


def check_reading(ours: Plain, reader: Any, text: str) -> None:
    """Compare our reading with another reader's; one that refuses misunderstands nothing."""
    try:
        theirs = reader(text)
    except (YAMLError, yaml.YAMLError, ValueError, OverflowError):
        return
    if not agree(ours, theirs):
        raise BrokenPromiseError(f"{reader.__name__} reads it otherwise: {_parting(ours, theirs)}")


def agree(ours: Plain, theirs: object) -> bool:
    """Tell whether two readers understand the same.

    PyYAML takes `1e-8` for text: it then has no number at all, and none that differs.
    """
    if isinstance(ours, dict):
        return (
            isinstance(theirs, dict)
            and ours.keys() == theirs.keys()
            and all(agree(value, theirs[key]) for key, value in ours.items())
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list) and len(ours) == len(theirs) and all(map(agree, ours, theirs))
        )
    return _agree_on_scalar(ours, theirs)


def _parting(ours: Any, theirs: Any) -> str:
    """Follow two readings to the first value where they part."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return next(_parting(v, theirs[k]) for k, v in ours.items() if not agree(v, theirs[k]))
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = zip(ours, theirs, strict=True)
        return next(_parting(a, b) for a, b in pairs if not agree(a, b))
    return f"{theirs!r}, not {ours!r}"


def _agree_on_scalar(ours: Plain, theirs: object) -> bool:
    if isinstance(ours, bool) or ours is None:
        return ours is theirs
    if isinstance(ours, int | float):
        if isinstance(theirs, str):
            return "e" in theirs.lower() and float(theirs) == ours
        # RFC 8785 writes doubles up to 1e21 as whole numbers, which a reader may keep whole.
        return type(theirs) in {int, float} and float(ours) == float(cast(float, theirs))
    if isinstance(ours, str) and isinstance(theirs, date):
        return is_instant(ours) and _instant(datetime.fromisoformat(ours)) == _instant(theirs)
    return isinstance(theirs, str) and ours == str(theirs)


def as_yaml(value: Plain, indent: str = "") -> str:
    """Write values in YAML's block style, every text in quotes."""
    if isinstance(value, dict) and value:
        items = [(f"{json.dumps(key)}:", item) for key, item in value.items()]
    elif isinstance(value, list) and value:
        items = [("-", item) for item in value]
    else:
        return f"{indent}{json.dumps(value, ensure_ascii=False)}\n"
    lines = []
    for mark, item in items:
        if isinstance(item, dict | list) and item:
            lines.append(f"{indent}{mark}\n{as_yaml(item, indent + '  ')}")
        else:
            lines.append(f"{indent}{mark} {json.dumps(item, ensure_ascii=False)}\n")
    return "".join(lines)


def _check_place(error: DocumentError, path: Path, data: bytes) -> None:
    place = re.fullmatch(re.escape(str(path)) + r":([1-9][0-9]*):([1-9][0-9]*)", error.location)
    if place is None:
        raise BrokenPromiseError(f"a refusal without a place: {error}")
    message = str(error)
    if not message.startswith(f"{error.location}: ") or "\n" in message or hidden_fault(message):
        raise BrokenPromiseError(f"a refusal that is no line of text: {message!r}")
    if int(place.group(1)) > data.count(b"\n") + data.count(b"\r") + 1:
        raise BrokenPromiseError(f"a refusal beyond the end: {error}")


def _instant(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _ruamel_1_1(text: str) -> object:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    with warnings.catch_warnings():
        # It reads `1e-8` as the number it is, and would rather have seen a point.
        warnings.simplefilter("ignore", MantissaNoDotYAML1_1Warning)
        return reader.load(text)


def _ruamel_1_2(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


def _pyyaml(text: str) -> object:
    return yaml.safe_load(text)
