"""The first documents of a brand, written from templates that ship with the package.

Rules: the folder must be empty or not be there, so that nothing is overwritten;
the documents are valid as they are, and permit nothing; what is a stand-in says
so in a comment. `YOUR_ALLIANCE` and `YOUR_BRAND` are the two words that are put in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from hanse_policies.documents.base import IDENTIFIER_PATTERN
from hanse_policies.durable_files import write_new
from hanse_policies.errors import DocumentFileError, UsageError

MAXIMUM_IDENTIFIER_LENGTH: Final = 40
"""Shorter than documents allow, for ids of the starter are made with it."""

TEMPLATES: Final[Mapping[str, str]] = {
    "charter.yaml": "charter.yaml",
    "policies/{brand}.yaml": "policy.yaml",
    "assets/{brand}.yaml": "asset.yaml",
    "studies/visits.yaml": "study.yaml",
    "examples/first.yaml": "examples.yaml",
}
"""The template of each file that is written."""


def write_starter(folder: Path, alliance: str, brand: str) -> tuple[str, ...]:
    """Write the first documents of a brand.

    Args:
        folder: Where to; made where it is missing.
        alliance: The alliance's id.
        brand: The brand's id.

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
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--out: expected a folder that is new or empty, got `{folder}`")
    return tuple(
        _write(folder, name.format(brand=brand), template, alliance, brand)
        for name, template in TEMPLATES.items()
    )


def _write(folder: Path, name: str, template: str, alliance: str, brand: str) -> str:
    source = resources.files(__package__).joinpath("templates", template)
    text = source.read_text(encoding="utf-8")
    text = text.replace("YOUR_ALLIANCE", alliance).replace("YOUR_BRAND", brand)
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise DocumentFileError(
            f"cannot make the folder: {reason}", location=str(folder)
        ) from error
    write_new(path, text.encode("utf-8"))
    return name
