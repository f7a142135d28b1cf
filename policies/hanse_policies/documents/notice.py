"""What a brand tells the persons, and the evidence that it holds of having done its duty.

Nothing here widens what is allowed. It says what a compliance officer must be able to
show; `hanse policy lint` tells what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from hanse_policies.documents.base import Digest, Identifier, ShortText, StrictModel
from hanse_policies.documents.vocabulary import ExportMechanism, Purpose, SeparateConsent


class Notice(StrictModel):
    """One version of the words that persons saw before they agreed.

    Source: ISO/IEC TS 27560; PIPL Art. 17; GDPR Art. 13.
    """

    version: ShortText
    digest: Digest
    """Of the text as it was shown."""
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    recipients: tuple[Identifier, ...] = Field(min_length=1, max_length=50)
    separate_consents: tuple[SeparateConsent, ...] = Field(default=(), max_length=10)
    objection: ShortText | None = None
    """How a person says no, as the notice tells it."""


@dataclass(frozen=True, slots=True)
class CommonNotice:
    """What each of some notices says, so that whoever saw one of them was told and asked it.

    Attributes:
        purposes: The purposes that each tells of.
        recipients: The recipients whom each names.
        separate_consents: What each asks consent for apart from all else.
        offers_objection: Whether each says how a person says no.
        is_certain: Whether all of them are described; None, for not known, where one is not.
    """

    purposes: frozenset[Purpose]
    recipients: frozenset[str]
    separate_consents: frozenset[SeparateConsent]
    offers_objection: bool
    is_certain: Literal[True] | None

    @classmethod
    def of(cls, notices: tuple[Notice | None, ...]) -> CommonNotice | None:
        """Join notices, None standing for one that is not described; None if none is."""
        described = [notice for notice in notices if notice is not None]
        if not described:
            return None
        return cls(
            frozenset.intersection(*(frozenset(one.purposes) for one in described)),
            frozenset.intersection(*(frozenset(one.recipients) for one in described)),
            frozenset.intersection(*(frozenset(one.separate_consents) for one in described)),
            offers_objection=all(one.objection is not None for one in described),
            is_certain=True if len(described) == len(notices) else None,
        )


class ImpactAssessment(StrictModel):
    """The assessment that was made before the policy took effect.

    Source: PIPL Art. 55, 56; GDPR Art. 35.
    """

    digest: Digest
    """Of the report."""
    dated: AwareDatetime


class Export(StrictModel):
    """On what ground persons' data crosses a border, and how many persons it may concern.

    Source: PIPL Art. 38 to 40; CAC provisions on cross-border data flows of 2024-03-22.
    """

    mechanism: ExportMechanism
    persons_at_most: Annotated[int, Field(ge=0, le=10_000_000_000)] | None = None
    """Since 1 January, all exports of the brand together; an upper bound, rounded up."""
    sensitive_persons_at_most: Annotated[int, Field(ge=0, le=10_000_000_000)] | None = None
    """Of these, the persons whose sensitive data is concerned."""
