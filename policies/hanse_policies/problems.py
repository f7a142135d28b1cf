"""Turn pydantic's findings into one sentence about the first offending field.

Rules: one problem at a time, the first in the order of the file; the message
holds the field's path, what was expected and what was found, and of the
document's values nothing but the offending scalar, shortened.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hanse_policies.errors import DocumentError
from hanse_policies.source import FieldPath, Position, path_text
from hanse_policies.strict_yaml import Plain, YamlTree

MAXIMUM_SHOWN = 60
RULE_ACROSS_FIELDS = "document_rule"

EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "timezone_aware": "an instant with time zone, as 2026-01-31T08:00:00Z",
    "datetime_parsing": "an instant with time zone, as 2026-01-31T08:00:00Z",
    "datetime_from_date_parsing": "an instant with time zone, as 2026-01-31T08:00:00Z",
    "datetime_type": "an instant with time zone, as 2026-01-31T08:00:00Z",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length} items",
    "too_long": "a list of at most {max_length} items",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "enum": "one of {expected}",
    "literal_error": "one of {expected}",
    "union_tag_invalid": "one of {expected_tags}",
    "union_tag_not_found": "a field `kind` that says which form this is",
}


@dataclass(frozen=True, slots=True)
class _Problem:
    detail: ErrorDetails
    path: FieldPath
    position: Position


def first_problem(
    error: ValidationError, tree: YamlTree, name: str, model: type[BaseModel]
) -> DocumentError:
    """Describe the first problem in the order of the file.

    Args:
        error: What pydantic found.
        tree: The document as read.
        name: What to call the document in messages.
        model: The class it was validated against, for the names of its fields.

    Returns:
        The error to raise.
    """
    found = [_locate(detail, tree) for detail in error.errors(include_url=False)]
    problems = [problem for problem in found if not _is_echo(problem, tree)] or found
    problem = min(problems, key=lambda p: (p.position.line, p.position.column))
    field = path_text(problem.path)
    return DocumentError(
        _sentence(problem, field, tree, model), location=f"{name}:{problem.position}", field=field
    )


def _is_echo(problem: _Problem, tree: YamlTree) -> bool:
    """Tell whether a list only seems too short because an item of it was refused."""
    written = tree.at(problem.path)
    least = problem.detail.get("ctx", {}).get("min_length", 0)
    return (
        problem.detail["type"] == "too_short"
        and isinstance(written, list)
        and len(written) >= least
    )


def _locate(detail: ErrorDetails, tree: YamlTree) -> _Problem:
    """Find the field of a problem, leaving out the names of union members in its path."""
    path: FieldPath = ()
    within = detail.get("ctx", {}).get("path", ()) if detail["type"] == RULE_ACROSS_FIELDS else ()
    for step in (*detail["loc"], *within):
        if (*path, step) in tree.values:
            path = (*path, step)
    position = tree.values.get(path, Position(1, 1))
    if detail["type"] == "extra_forbidden":
        position = tree.keys.get(path, position)
    elif detail["type"] == "missing":
        path = (*path, detail["loc"][-1])
    elif detail["type"] == "union_tag_invalid":
        path = (*path, "kind")
        position = tree.values.get(path, position)
    return _Problem(detail, path, position)


def _sentence(problem: _Problem, field: str, tree: YamlTree, model: type[BaseModel]) -> str:
    detail = problem.detail
    kind = detail["type"]
    if kind == "missing":
        return f"expected field `{field}`, got none; add it"
    if kind == "extra_forbidden":
        return f"expected no field `{field}`, got one{_suggestion(problem, tree, model)}"
    if kind in {"value_error", RULE_ACROSS_FIELDS}:
        rule = detail["msg"].removeprefix("Value error, ")
        return f"{f'field `{field}`' if field else model.__name__}: {rule}"
    context = dict(detail.get("ctx", {}))
    if "expected_tags" in context:
        # Words of an enumeration come as <Kind.NAME: 'word'>.
        context["expected_tags"] = ", ".join(re.findall(r"'([^']+)'", context["expected_tags"]))
    expected = EXPECTED.get(kind)
    wanted = (
        expected.format(**context)
        if expected is not None
        else detail["msg"].removeprefix("Input should be ").lower()
    )
    found = shown(tree.at(problem.path))
    if "[key]" in detail["loc"]:
        found = f"`{problem.path[-1]}`" if problem.path else found
    return f"field `{field or 'document'}`: expected {wanted}, got {found}"


def _suggestion(problem: _Problem, tree: YamlTree, model: type[BaseModel]) -> str:
    known = _fields_known(model)
    written = tree.at(problem.path[:-1])
    free = sorted(known - set(written if isinstance(written, dict) else ()))
    close = difflib.get_close_matches(str(problem.path[-1]), free, n=1)
    return f"; did you mean `{close[0]}`" if close else "; remove it"


def _fields_known(model: type[BaseModel]) -> set[str]:
    """Collect the names of all fields below a document class, from its JSON Schema."""
    names: set[str] = set()
    pending: list[object] = [model.model_json_schema()]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            properties = part.get("properties")
            names.update(properties if isinstance(properties, Mapping) else ())
            pending.extend(part.values())
        elif isinstance(part, Sequence) and not isinstance(part, str):
            pending.extend(part)
    return names


def shown(value: Plain) -> str:
    """Write what was found for a sentence: on one line, shortened, no more than a scalar."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(str(value).split())
    text = text if len(text) <= MAXIMUM_SHOWN else f"{text[:MAXIMUM_SHOWN]}..."
    return f"`{text}`" if isinstance(value, str) else text
