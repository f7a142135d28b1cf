"""What every document has in common: strict fields, an identity, an alliance.

Documents are data, never code. They are frozen, refuse unknown fields, and
carry no default that widens what is allowed.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Annotated, Any, NewType, NoReturn, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hanse_policies.visible_text import TextFault, line_fault, text_fault


def _accept(text: str, fault: TextFault | None) -> str:
    if fault is not None:
        raise ValueError(fault.rule)
    return text


def _visible(text: str) -> str:
    return _accept(text, text_fault(text))


def _one_line(text: str) -> str:
    return _accept(text, line_fault(text))


def fault_at(path: tuple[str | int, ...], rule: str) -> PydanticCustomError:
    """Build the error of a rule across fields, told where one of them stands.

    Args:
        path: From the document part that checks the rule to the field to show.
        rule: The sentence, without the field.
    """
    return PydanticCustomError("document_rule", "{rule}", {"rule": rule, "path": path})


OWN_LAWS = frozenset(
    {"CN-HK", "CN-MO", "CN-TW", "NL-AW", "NL-CW", "NL-SX"}
    | {"US-AS", "US-GU", "US-MP", "US-PR", "US-UM", "US-VI"}
    | {"FR-BL", "FR-NC", "FR-PF", "FR-PM", "FR-TF", "FR-WF"}
)
"""Subdivisions by ISO 3166-2 where another law holds than in their country.

ISO 3166-1 has a code of its own for each, which says so.
"""


def _own_law(place: str) -> str:
    if place in OWN_LAWS:
        raise ValueError(f"expected {place[3:]}, which has a law of its own, got {place}")
    return place


IDENTIFIER_PATTERN = r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$"
"""Lower-case ASCII words joined by single `-` or `_`: no homoglyphs, no paths, no SQL."""

COLUMN_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""A column name that needs no quoting in any warehouse."""

BrandId = NewType("BrandId", str)
AllianceId = NewType("AllianceId", str)
StudyId = NewType("StudyId", str)

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN, max_length=64)]
ColumnName = Annotated[str, StringConstraints(pattern=COLUMN_PATTERN, max_length=64)]
VISIBLE = AfterValidator(_visible)
"""Marks text, of one line or several, that hides nothing (see `visible_text`)."""

ONE_LINE = AfterValidator(_one_line)
"""Marks text of one line whose words a reader can tell apart (see `visible_text`)."""

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=500), ONE_LINE]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
"""Whole number that grows by one with each signed revision of a document."""

SemanticVersion = Annotated[
    str, StringConstraints(pattern=r"^(?:0|[1-9][0-9]{0,5})(?:\.(?:0|[1-9][0-9]{0,5})){2}$")
]
"""`major.minor.patch` of a document that is compared with the one before (see `versions`)."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a document's canonical form, lower-case hexadecimal."""

Jurisdiction = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$"),
    AfterValidator(_own_law),
]
"""A country or its subdivision by ISO 3166, or `EU`; what has a law of its own is its country."""

PublicKeyText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A raw 32-byte public key (Ed25519 or X25519), lower-case hexadecimal."""


class StrictModel(BaseModel):
    """A frozen part of a document; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __iter__(self) -> Generator[tuple[str, Any], None, None]:
        """List the fields with their values, and nothing that was derived of them."""
        for name in type(self).model_fields:
            yield name, getattr(self, name)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the part, with changes that are not validated; nothing derived is copied along.

        What a part derives of its fields once (a `cached_property`) stands beside the fields,
        and would tell of the old ones.

        Raises:
            TypeError: `update` names what is no field; it would stand there and mean nothing.
        """
        fields = type(self).model_fields
        if update is not None and not update.keys() <= fields.keys():
            unknown = sorted(update.keys() - fields.keys())
            raise TypeError(
                f"expected fields of {type(self).__name__} in update, got {', '.join(unknown)}; "
                f"its fields are {', '.join(fields)}"
            )
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(copied).model_fields.keys():
            del copied.__dict__[name]
        return copied

    def copy(self, **_: object) -> NoReturn:
        """Refuse: it would copy what was derived of the old fields, see `model_copy`.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            f"expected model_copy(update=...) of {type(self).__name__}, got copy, which keeps what "
            "was derived of the old fields; copy.copy and copy.deepcopy copy it unchanged"
        )
