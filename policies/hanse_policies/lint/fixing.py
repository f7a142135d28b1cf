"""Put right what takes nobody's judgement, in the text itself: comments and layout stay.

Rules: an edit touches the characters of its field alone. An edit is made only if the new
text is a valid document that differs from the old one in exactly what was meant. Fixing
again what is fixed changes nothing.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from hanse_policies.errors import DocumentError
from hanse_policies.lint.finding import AddField, Edit, RemoveItem, SetValue
from hanse_policies.lint.linting import lint_texts
from hanse_policies.loading import load_text
from hanse_policies.source import Position
from hanse_policies.strict_yaml import Plain, YamlTree, parse_yaml

NUMBER = re.compile(r"[0-9]+")
ITEM = re.compile(r" *- +")
LINE = re.compile(r"[^\n]*\n|[^\n]+")


def fix_texts(texts: Mapping[Path, str]) -> Mapping[Path, str]:
    """Make every mechanical fix that the lints of these documents offer.

    Args:
        texts: The text of each document by its path.

    Returns:
        The same texts, fixed; a text that had nothing to fix is the same.
    """
    fixed: dict[Path, str] = dict(texts)
    paths = {str(path): path for path in fixed}
    while True:
        before = dict(fixed)
        for finding in reversed(lint_texts(fixed).findings):
            if finding.edit is not None:
                path = paths[finding.place.file]
                fixed[path] = apply_edit(fixed[path], finding.edit, path)
        if fixed == before:
            return fixed


def apply_edit(text: str, edit: Edit, path: Path) -> str:
    """Make one edit in the text of a valid document.

    Args:
        text: The document.
        edit: What to change.
        path: What the document is called.

    Returns:
        The new text; the old one where the edit cannot be made in its layout, or would
        leave no valid document.
    """
    tree = parse_yaml(text, str(path))
    edited = _edited_text(text, edit, tree)
    try:
        load_text(edited, path)
    except DocumentError:
        return text
    return edited if parse_yaml(edited, str(path)).root == _edited_root(edit, tree) else text


def text_difference(before: str, after: str, path: Path) -> str:
    """Show what fixing changed, as a unified diff; empty for nothing."""
    lines = difflib.unified_diff(
        LINE.findall(before), LINE.findall(after), fromfile=str(path), tofile=f"{path} (fixed)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _edited_text(text: str, edit: Edit, tree: YamlTree) -> str:
    if isinstance(edit, AddField):
        end = "" if text.endswith("\n") else "\n"
        return f"{text}{end}{edit.line}\n"
    position = tree.values.get(edit.path)
    if position is None:
        return text
    lines = LINE.findall(text)
    if isinstance(edit, RemoveItem):
        return _without_item(lines, position)
    at = position.line - 1
    number = NUMBER.match(lines[at], position.column - 1) if at < len(lines) else None
    if number is not None:
        lines[at] = f"{lines[at][: number.start()]}{edit.value}{lines[at][number.end() :]}"
    return "".join(lines)


def _without_item(lines: list[str], position: Position) -> str:
    """Take out the lines of one item of a block list, with the comments within it."""
    first = position.line - 1
    item = ITEM.match(lines[first]) if first < len(lines) else None
    if item is None or item.end() != position.column - 1:
        return "".join(lines)
    indent = _indent(lines[first])
    last = first
    for index in range(first + 1, len(lines)):
        content = lines[index].strip()
        if content and not content.startswith("#"):
            if _indent(lines[index]) <= indent:
                break
            last = index
    return "".join(lines[:first] + lines[last + 1 :])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _edited_root(edit: Edit, tree: YamlTree) -> Plain:
    """Return the values that the edited text must hold."""
    root = copy.deepcopy(tree.root)
    if isinstance(edit, AddField):
        added = parse_yaml(edit.line, "").root
        return root | added if isinstance(root, dict) and isinstance(added, dict) else root
    holder = YamlTree(root).at(edit.path[:-1])
    step = edit.path[-1]
    if isinstance(edit, RemoveItem) and isinstance(holder, list) and isinstance(step, int):
        del holder[step]
    elif isinstance(edit, SetValue) and isinstance(holder, dict) and isinstance(step, str):
        holder[step] = edit.value
    return root
