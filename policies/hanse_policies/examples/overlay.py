"""Change single fields of a document before it is validated.

What is changed is what was read, never a valid document, so that a changed
document is validated as a whole, as if it had been written so. A field that is
not there yet may be added to a mapping, and an item at the end of a list.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from itertools import pairwise
from typing import cast

from hanse_policies.source import FieldPath, Position
from hanse_policies.strict_yaml import Plain, YamlTree

_STEP = re.compile(r"\[([0-9]+)\]|\.?([^.\[]+)")


class UnreachableFieldError(ValueError):
    """A document has no place for the field that is to be changed."""


def split_path(text: str) -> tuple[str, FieldPath]:
    """Read `policy.permits[0].retention_days` as a document's role and a path within it."""
    steps: list[str | int] = [int(index) if index else word for index, word in _STEP.findall(text)]
    return str(steps[0]), tuple(steps[1:])


def changed(tree: YamlTree, path: FieldPath, value: object) -> YamlTree:
    """Return a document's values with one of them replaced or added.

    Args:
        tree: The document as read; not modified.
        path: The field, at least one step.
        value: Its new value, as JSON knows it.

    Returns:
        The new values; positions are those of the document, and those of a new
        value are of the nearest field above it.

    Raises:
        UnreachableFieldError: A field on the way is neither mapping nor list, or
            an index is past the end of its list.
    """
    root = copy.deepcopy(tree.root)
    _place(root, path, cast(Plain, value))
    positions = dict(tree.values)
    _position(positions, path, cast(Plain, value), _nearest(tree, path))
    return dataclasses.replace(tree, root=root, values=positions)


def _place(root: Plain, path: FieldPath, value: Plain) -> None:
    parent = root
    for step, following in pairwise(path):
        if isinstance(parent, dict) and isinstance(step, str):
            if step not in parent and isinstance(following, str):
                parent[step] = {}
            parent = parent.get(step)
        elif isinstance(parent, list) and isinstance(step, int) and step < len(parent):
            parent = parent[step]
        else:
            raise UnreachableFieldError
    last = path[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent[last] = value
    elif isinstance(parent, list) and isinstance(last, int) and last <= len(parent):
        parent[last : last + 1] = [value]
    else:
        raise UnreachableFieldError


def _nearest(tree: YamlTree, path: FieldPath) -> Position:
    places = (tree.values.get(path[:length]) for length in range(len(path), -1, -1))
    return next((place for place in places if place is not None), Position(1, 1))


def _position(
    positions: dict[FieldPath, Position], path: FieldPath, value: Plain, place: Position
) -> None:
    positions[path] = place
    if isinstance(value, dict):
        for name, inner in value.items():
            _position(positions, (*path, name), inner, place)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _position(positions, (*path, index), inner, place)
