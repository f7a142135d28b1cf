"""Which lint a document that the loader refuses belongs to.

Rules: the loader's own message and place are kept; a lint is chosen by the field that
was refused. Where the shape of the documents leaves no room for a fault, the attempt to
write it is an unknown or a missing field, and it belongs to the lint of that fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hanse_policies.errors import DocumentError, DocumentSyntaxError
from hanse_policies.lint.finding import Finding, Place
from hanse_policies.source import Position

UNREADABLE = "L00"
UNKNOWN_OR_DUPLICATE = "L01"
DUPLICATE_KEY = "expected each key once"
UNKNOWN_FIELD = "expected no field"

ATTEMPTS: Mapping[str, re.Pattern[str]] = {
    "L23": re.compile(r"(?:^|\.)(?:per_)?(?:accounts?|analysts?|users?)$"),
    "L24": re.compile(r"(?:^|\.)(?:on_)?(?:true|exact)_(?:counts?|minimum|persons)$"),
    "L26": re.compile(r"(?:^|\.)(?:unbounded|unclipped|no_clipping|clipping)$"),
    "L32": re.compile(r"(?:^|\.)(?:overrides?|exceptions?|waivers?)$"),
    "L33": re.compile(r"(?:^|\.)(?:metrics?|auc|accuracy|(?:holdout|hold_out)_metrics?)$"),
}
"""The last word of an unknown field that attempts what no document can say."""

FIELDS: Mapping[str, re.Pattern[str]] = {
    "L02": re.compile(r"^columns\[\]\.category$"),
    "L03": re.compile(r"^taxonomies(?:\[\])?$"),
    "L10": re.compile(r"^permits\[\]\.columns\[\]\.necessity$"),
    "L12": re.compile(r"^columns\[\]\.precision$"),
    "L13": re.compile(r"(?:^|\.)retention_days$"),
    "L15": re.compile(r"^export\."),
    "L16": re.compile(r"^assessment\."),
    "L20": re.compile(r"^(?:privacy\.(?:unit|neighbours)|budgets\[\]\.(?:starts|period_days))$"),
    "L21": re.compile(r"(?:^|\.)delta$"),
    "L26": re.compile(r"(?:^|\.)(?:clipping_norm|lower|upper|edges|max_rows_per_person)$"),
    "L27": re.compile(r"^thresholds\[\]\.change$"),
    "L29": re.compile(r"(?:^|\.)minimum_brands$"),
    "L31": re.compile(r"^consent\.max_age_hours$"),
    "L33": re.compile(r"^computation\.evaluation\.budget_share$"),
    "L34": re.compile(r"^max_brands_per_person$"),
    "L35": re.compile(r"^computation\.local\.sampler_evidence$"),
}
"""A field that is missing, or holds what it may not."""


def finding_of(error: DocumentError, path: Path) -> Finding:
    """Turn the loader's refusal of a file into a finding."""
    message = str(error).removeprefix(f"{error.location}: ")
    return Finding(
        f"{lint_of(error)}.refused",
        Place(str(path), _position(error.location)),
        {"message": message},
    )


def lint_of(error: DocumentError) -> str:
    """Return the id of the lint that a refusal belongs to; `L00` for none of them."""
    message = str(error).removeprefix(f"{error.location}: ")
    field = re.sub(r"\[\d+\]", "[]", error.field)
    if isinstance(error, DocumentSyntaxError):
        return UNKNOWN_OR_DUPLICATE if message.startswith(DUPLICATE_KEY) else UNREADABLE
    is_unknown = message.startswith(UNKNOWN_FIELD)
    otherwise = UNKNOWN_OR_DUPLICATE if is_unknown else UNREADABLE
    patterns = ATTEMPTS if is_unknown else FIELDS
    return next((lint for lint, known in patterns.items() if known.search(field)), otherwise)


def _position(location: str) -> Position:
    found = re.search(r":(\d+):(\d+)$", location)
    return Position(int(found[1]), int(found[2])) if found else Position(1, 1)
