"""What every document has in common: strict fields, an identity, an alliance.

Documents are data, never code. They are frozen, refuse unknown fields, and
carry no default that widens what is allowed.
"""

from __future__ import annotations

from typing import Annotated, NewType

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

IDENTIFIER_PATTERN = r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$"
"""Lower-case ASCII words joined by single `-` or `_`: no homoglyphs, no paths, no SQL."""

COLUMN_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""A column name that needs no quoting in any warehouse."""

BrandId = NewType("BrandId", str)
AllianceId = NewType("AllianceId", str)
StudyId = NewType("StudyId", str)

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN, max_length=64)]
ColumnName = Annotated[str, StringConstraints(pattern=COLUMN_PATTERN, max_length=64)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
"""Whole number that grows by one with each signed revision of a document."""

SemanticVersion = Annotated[
    str, StringConstraints(pattern=r"^(?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5})){2}$")
]
"""`major.minor.patch` of a document that is compared with the one before (see `versions`)."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a document's canonical form, lower-case hexadecimal."""

Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$")]
"""A country or its subdivision by ISO 3166, or `EU`."""

PublicKeyText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A raw 32-byte public key (Ed25519 or X25519), lower-case hexadecimal."""


class StrictModel(BaseModel):
    """A frozen part of a document; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
