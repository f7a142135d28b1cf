"""A brand's signed word that it follows a charter which may allow more than the one before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from hanse_policies.documents.base import Digest, Identifier, StrictModel, Version

_NAME = r"[a-z][a-z_]{0,40}(?:\[[0-9]{1,4}\])?"
FieldName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}(?:\.{_NAME}){{0,4}}$")]
"""A field as people write it: `floors.minimum_persons`."""


class CharterAcceptance(StrictModel):
    """What a person at a brand accepted: one charter, by its digest, after another."""

    kind: Literal["CharterAcceptance"] = "CharterAcceptance"
    alliance: Identifier
    brand: Identifier
    charter: Digest
    """The charter that is accepted."""
    version: Version
    """Its version."""
    supersedes: Digest
    """The charter that the brand followed before."""
    changes: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=500)]
    """The fields that may let more through, as `floors.minimum_persons`."""
    accepted: AwareDatetime
