"""The first documents of a brand, written from templates that ship with the package.

Rules: the folder must be empty or not be there, so that nothing is overwritten;
the documents are valid as they are, and permit nothing; what is a stand-in says
so in a comment. `YOUR_ALLIANCE`, `YOUR_BRAND` and
`YOUR_PLACE` are the words that are put in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hanse_policies.documents.base import IDENTIFIER_PATTERN, Jurisdiction
from hanse_policies.durable_files import write_new
from hanse_policies.errors import DocumentFileError, UsageError

MAXIMUM_IDENTIFIER_LENGTH: Final = 40
"""Shorter than documents allow, for ids of the starter are made with it."""

PLACE: Final = TypeAdapter[str](Jurisdiction)

TEMPLATES: Final[Mapping[str, str]] = {
    "charter.yaml": "charter.yaml",
    "policies/{brand}.yaml": "policy.yaml",
    "assets/{brand}.yaml": "asset.yaml",
    "studies/visits.yaml": "study.yaml",
    "examples/first.yaml": "examples.yaml",
}
"""The template of each file that is written."""


def write_starter(folder: Path, alliance: str, brand: str, place: str) -> tuple[str, ...]:
    """Write the first documents of a brand.

    Args:
        folder: Where to; made where it is missing.
        alliance: The alliance's id.
        brand: The brand's id.
        place: Where persons and brand are: a country by ISO 3166, or `EU`.

    Returns:
        The files that were written, by their path within the folder.

    Raises:
        UsageError: A word is no identifier, or the folder holds something.
        DocumentFileError: A file cannot be written.
    """
    for option, word in (("--alliance", alliance), ("--brand", brand)):
        if not re.fullmatch(IDENTIFIER_PATTERN, word) or len(word) > MAXIMUM_IDENTIFIER_LENGTH:
            raise UsageError(
                f"{option}: expected lower-case words joined by `-`, at most "
                f"{MAXIMUM_IDENTIFIER_LENGTH} characters, got `{word[:60]}`"
            )
    try:
        PLACE.validate_python(place)
    except ValidationError as error:
        raise UsageError(
            "--jurisdiction: expected a country by ISO 3166, with or without its subdivision, or "
            f"EU, got `{place[:60]}`"
        ) from error
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--out: expected a folder that is new or empty, got `{folder}`")
    words = {"YOUR_ALLIANCE": alliance, "YOUR_BRAND": brand, "YOUR_PLACE": place}
    return tuple(
        _write(folder / name.format(brand=brand), name.format(brand=brand), template, words)
        for name, template in TEMPLATES.items()
    )


def _write(path: Path, name: str, template: str, words: Mapping[str, str]) -> str:
    source = resources.files(__package__).joinpath("templates", template)
    text = source.read_text(encoding="utf-8")
    for stand_in, word in words.items():
        text = text.replace(stand_in, word)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise DocumentFileError(
            f"cannot make the folder: {reason}", location=str(path.parent)
        ) from error
    write_new(path, text.encode("utf-8"))
    return name
