"""YAML without its traps: text in, a tree of JSON values with positions out.

Rules: one document; no anchors, aliases, tags or directives; keys are text and
appear once; plain scalars mean what `yaml_scalars` says; nesting, size and the
number of values are bounded; characters that reorder text are refused, for what
a reader sees must be what is signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from hanse_policies.errors import DocumentSyntaxError
from hanse_policies.source import FieldPath, Position
from hanse_policies.yaml_scalars import AmbiguousScalarError, plain_value

MAXIMUM_DEPTH = 32
MAXIMUM_VALUES = 100_000
HIDDEN_CHARACTERS = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

Plain = bool | int | float | str | list["Plain"] | dict[str, "Plain"] | None


@dataclass(slots=True)
class YamlTree:
    """A document's values, and where each key and each value stands.

    Attributes:
        root: The values, as JSON knows them.
        values: Position of each value by its path; the root's path is empty.
        keys: Position of the key, or of the list item, that holds each value.
    """

    root: Plain = None
    values: dict[FieldPath, Position] = field(default_factory=dict)
    keys: dict[FieldPath, Position] = field(default_factory=dict)

    def at(self, path: FieldPath) -> Plain:
        """Return the value at a path; None where there is none."""
        value = self.root
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


def parse_yaml(text: str, name: str) -> YamlTree:
    """Read one strict YAML document.

    Args:
        text: The document.
        name: What to call it in messages, usually its path.

    Returns:
        Its values with their positions.

    Raises:
        DocumentSyntaxError: The text breaks a rule of this module; the message
            starts with `name:line:column`.
    """
    hidden = HIDDEN_CHARACTERS.search(text)
    if hidden is not None:
        position = _position_in(text, hidden.start())
        raise _refuse(name, position, f"expected visible text, got U+{ord(hidden.group()):04X}")
    builder = _Builder(name)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        raise _refuse(name, _mark(error), _problem(error)) from error
    except (YAMLError, ValueError, OverflowError) as error:
        # The reader's and the escapes' errors carry no mark of line and column.
        index = getattr(error, "position", 0)
        position = _position_in(text, index if isinstance(index, int) else 0)
        raise _refuse(name, position, "expected YAML, got a character it forbids") from error
    return builder.tree


class _Builder:
    """Builds the tree from parser events, with a stack of its own: no recursion."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tree = YamlTree()
        self.open: list[tuple[dict[str, Plain] | list[Plain], FieldPath]] = []
        self.key: tuple[str, Position] | None = None
        self.documents = 0

    def take(self, event: Event) -> None:
        position = Position(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self._start_document(event, position)
        elif isinstance(event, NodeEvent):
            self._take_node(event, position)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.open.pop()

    def _start_document(self, event: DocumentStartEvent, position: Position) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _refuse(self.name, position, "expected one document a file, got a second one")
        if event.version is not None or event.tags:
            raise _refuse(self.name, position, "expected no % directive, got one; remove it")

    def _take_node(self, event: NodeEvent, position: Position) -> None:
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise _refuse(self.name, position, "expected no anchor (&) or alias (*), got one")
        if getattr(event, "tag", None) is not None:
            raise _refuse(self.name, position, "expected no tag (!), got one; remove it")
        if self._awaits_key():
            self._take_key(event, position)
        elif isinstance(event, ScalarEvent):
            if not event.value and event.style is None and self.key is not None:
                position = self.key[1]  # nothing was written; the parser's mark is further down
            self._add(self._scalar(event, position), position)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            content: dict[str, Plain] | list[Plain] = (
                {} if isinstance(event, MappingStartEvent) else []
            )
            path = self._add(content, position)
            if len(self.open) >= MAXIMUM_DEPTH:
                raise _refuse(
                    self.name, position, f"expected at most {MAXIMUM_DEPTH} levels, got more"
                )
            self.open.append((content, path))

    def _awaits_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1][0], dict) and self.key is None

    def _take_key(self, event: NodeEvent, position: Position) -> None:
        key = self._scalar(event, position) if isinstance(event, ScalarEvent) else None
        if not isinstance(key, str):
            raise _refuse(self.name, position, "expected text as key, got something else")
        content, path = self.open[-1]
        if isinstance(content, dict) and key in content:
            first = self.tree.keys[(*path, key)]
            raise _refuse(
                self.name,
                position,
                f"expected each key once, got `{key[:64]}` again (first on line {first.line})",
            )
        self.key = (key, position)

    def _scalar(self, event: ScalarEvent, position: Position) -> Plain:
        if any("\ud800" <= character <= "\udfff" for character in event.value):
            raise _refuse(self.name, position, "expected Unicode text, got half a surrogate pair")
        if event.style is not None:
            return str(event.value)
        try:
            return plain_value(event.value)
        except AmbiguousScalarError as error:
            raise _refuse(self.name, position, str(error)) from error

    def _add(self, value: Plain, position: Position) -> FieldPath:
        if len(self.tree.values) >= MAXIMUM_VALUES:
            raise _refuse(self.name, position, f"expected at most {MAXIMUM_VALUES} values")
        if not self.open:
            path: FieldPath = ()
            key_position = position
            self.tree.root = value
        else:
            content, parent = self.open[-1]
            if isinstance(content, list):
                path, key_position = (*parent, len(content)), position
                content.append(value)
            else:
                key, key_position = self.key or ("", position)
                path = (*parent, key)
                content[key] = value
                self.key = None
        self.tree.values[path] = position
        self.tree.keys[path] = key_position
        return path


def _refuse(name: str, position: Position, message: str) -> DocumentSyntaxError:
    return DocumentSyntaxError(message, location=f"{name}:{position}")


def _mark(error: MarkedYAMLError) -> Position:
    mark = error.problem_mark or error.context_mark
    return Position(mark.line + 1, mark.column + 1) if mark is not None else Position(1, 1)


def _problem(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or "something else").split())
    return f"expected well-formed YAML, got a fault: {problem[:160]}"


def _position_in(text: str, index: int) -> Position:
    before = text[:index]
    return Position(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)
