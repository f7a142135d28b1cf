"""How commands read a sentence that goes into a document, and show text that came out of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse_policies.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

LONGEST_REASON = 500
"""Characters of a short text, as documents bound it."""


def short_text(option: str, text: str) -> str:
    """Read a short text that a document is to hold.

    Args:
        option: Where it was given, for the message; `--reason`.
        text: What was given.

    Raises:
        UsageError: It is empty or too long, has several lines, or hides a character.
    """
    # Imported here, for whoever asks for help needs no document.
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    from hanse_policies.documents.base import ShortText  # noqa: PLC0415

    try:
        TypeAdapter(ShortText).validate_python(text)
    except ValidationError as error:
        said = error.errors()[0]
        if said["type"] == "value_error":
            raise UsageError(f"{option}: {said['msg'].removeprefix('Value error, ')}") from error
        raise UsageError(
            f"{option}: expected 1 to {LONGEST_REASON} characters on one line, got {len(text)}; "
            "say why in one plain sentence"
        ) from error
    return text


def plain(text: str) -> Text:
    """Show text of a document or a member as it is written; it never styles what is shown.

    In a table or a line of rich, brackets would be markup: a name could hide or style words,
    or break the whole.
    """
    from rich.text import Text  # noqa: PLC0415 - only some commands print tables

    return Text(text)
