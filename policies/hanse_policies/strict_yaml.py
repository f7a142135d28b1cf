"""YAML without its traps: text in, a tree of JSON values with positions out.

Rules: one document; no anchors, aliases, tags, merge keys or directives; keys are
text of one line and appear once, whatever their case; plain scalars stand on one
line and mean what `yaml_scalars` says; nesting, the length of keys and texts and
the number of values are bounded; text is what `visible_text` allows, also where an
escape wrote it, for what a reader sees must be what is signed. Line ends are LF or
CR LF, spaces are spaces.
"""

from __future__ import annotations

import unicodedata
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
from hanse_policies.visible_text import hidden_fault, text_fault
from hanse_policies.yaml_scalars import AmbiguousScalarError, plain_value

MAXIMUM_DEPTH = 32
MAXIMUM_VALUES = 100_000
MAXIMUM_KEY_LENGTH = 200
MAXIMUM_TEXT_LENGTH = 20_000

Plain = bool | int | float | str | list["Plain"] | dict[str, "Plain"] | None


@dataclass(slots=True)
class YamlTree:
    """A document's values, and where each key and each value stands.

    Attributes:
        root: The values, as JSON knows them.
        values: Position of each value by its path; the root's path is empty.
        keys: Position of the key, or of the list item, that holds each value.
        quoted: Of each text that does not begin with a letter, and so may be a time,
            whether it stands in quotes.
    """

    root: Plain = None
    values: dict[FieldPath, Position] = field(default_factory=dict)
    keys: dict[FieldPath, Position] = field(default_factory=dict)
    quoted: dict[FieldPath, bool] = field(default_factory=dict)

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
    hidden = hidden_fault(text.replace("\r\n", " \n"))
    if hidden is not None:
        raise _refuse(name, _position_in(text, hidden.index), hidden.rule)
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


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled; `names` are a mapping's keys without case."""

    content: dict[str, Plain] | list[Plain]
    path: FieldPath
    names: dict[str, str] = field(default_factory=dict)


class _Builder:
    """Builds the tree from parser events, with a stack of its own: no recursion."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tree = YamlTree()
        self.open: list[_Open] = []
        self.key: tuple[str, Position] | None = None
        self.documents = 0

    def take(self, event: Event) -> None:
        position = Position(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, NodeEvent):
            self._take_node(event, position)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.open.pop()
        elif isinstance(event, DocumentStartEvent):
            self._start_document(event, position)

    def _start_document(self, event: DocumentStartEvent, position: Position) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _refuse(
                self.name,
                position,
                "expected one document a file, got a second one; write it to a file of its own",
            )
        if event.version is not None or event.tags:
            raise _refuse(self.name, position, "expected no % directive, got one; remove it")

    def _take_node(self, event: NodeEvent, position: Position) -> None:
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise _refuse(
                self.name,
                position,
                "expected no anchor (&) or alias (*), got one; write the value out, "
                "or in quotes if it is text",
            )
        if getattr(event, "tag", None) is not None:
            raise _refuse(
                self.name,
                position,
                "expected no tag (!), got one; remove it, or write the text in quotes",
            )
        if self._awaits_key():
            self._take_key(event, position)
        elif isinstance(event, ScalarEvent):
            if not event.value and event.style is None and self.key is not None:
                position = self.key[1]  # nothing was written; the parser's mark is further down
            value = self._scalar(event, position)
            path = self._add(value, position)
            if isinstance(value, str) and not value[:1].isalpha():
                self.tree.quoted[path] = event.style is not None
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            content: dict[str, Plain] | list[Plain] = (
                {} if isinstance(event, MappingStartEvent) else []
            )
            path = self._add(content, position)
            if len(self.open) >= MAXIMUM_DEPTH:
                raise _refuse(
                    self.name,
                    position,
                    f"expected at most {MAXIMUM_DEPTH} levels, got more; write it flatter",
                )
            self.open.append(_Open(content, path))

    def _awaits_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].content, dict) and self.key is None

    def _take_key(self, event: NodeEvent, position: Position) -> None:
        key = self._scalar(event, position) if isinstance(event, ScalarEvent) else None
        if not isinstance(key, str):
            raise _refuse(
                self.name, position, "expected text as key, got something else; write a field name"
            )
        if len(key) > MAXIMUM_KEY_LENGTH or "\n" in key:
            raise _refuse(
                self.name,
                position,
                f"expected a key of one line and at most {MAXIMUM_KEY_LENGTH} characters, "
                "got a longer one; write a field name",
            )
        holder = self.open[-1]
        same = holder.names.setdefault(unicodedata.normalize("NFKC", key).casefold(), key)
        if key in holder.content or same != key:
            first = self.tree.keys[(*holder.path, same)].line
            other = "" if same == key else f" in other letters, as `{same[:64]}`"
            raise _refuse(
                self.name,
                position,
                f"expected each key once, got `{key[:64]}` again (first on line {first}{other})",
            )
        self.key = (key, position)

    def _scalar(self, event: ScalarEvent, position: Position) -> Plain:
        text = str(event.value)
        if len(text) > MAXIMUM_TEXT_LENGTH:
            raise _refuse(
                self.name,
                position,
                f"expected text of at most {MAXIMUM_TEXT_LENGTH} characters, "
                f"got {len(text)}; shorten it",
            )
        fault = text_fault(text)
        if fault is not None:
            raise _refuse(self.name, position, fault.rule)
        if event.style is not None:
            return text
        if text and event.start_mark.line != event.end_mark.line:
            raise _refuse(
                self.name,
                position,
                "expected text without quotes to end on its line, got a second line; "
                "write it in quotes, or close the list or mapping that it stands in",
            )
        try:
            return plain_value(text)
        except AmbiguousScalarError as error:
            raise _refuse(self.name, position, str(error)) from error

    def _add(self, value: Plain, position: Position) -> FieldPath:
        if len(self.tree.values) >= MAXIMUM_VALUES:
            raise _refuse(
                self.name, position, f"expected at most {MAXIMUM_VALUES} values, got more"
            )
        path: FieldPath = ()
        key_position = position
        if not self.open:
            self.tree.root = value
        else:
            content, parent = self.open[-1].content, self.open[-1].path
            if isinstance(content, list):
                path = (*parent, len(content))
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
