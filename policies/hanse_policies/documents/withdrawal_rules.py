"""What a brand does once persons' consent has ended: rules of its policy, by how it ended.

A consent that was *withdrawn* counted until then, and what was lawfully made with it
until then stays lawful (GDPR Art. 7(3); PIPL Art. 15), but what is kept of it goes
(GDPR Art. 17(1)(b); PIPL Art. 47(3)). A consent that was *invalidated* never counted, so
what was made with it has no ground to stay (GDPR Art. 17(1)(d); PIPL Art. 47(4)). No law
cited here gives a number of days for a model; GDPR Art. 12(3) asks for an answer to the
person within a month, which bounds the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from hanse_policies.documents.base import ShortText, StrictModel
from hanse_policies.instants import later


class ConsentEnd(StrEnum):
    """How a consent ended that was given once."""

    WITHDRAWN = "withdrawn"
    """It counted until the person took it back."""
    INVALIDATED = "invalidated"
    """It was found that it never counted."""


class ModelConsequence(StrEnum):
    """What becomes of a release that ended consents went into."""

    KEEP_WITH_EVIDENCE = "keep-with-evidence"
    """It stays in use, by what shows that nobody can be told from it."""
    RETRAIN_BY = "retrain-by"
    """It is in use until a date, by when one made without these persons replaces it."""
    RETIRE = "retire"
    """It is in use until a date, and nothing replaces it."""


class ConsentEndRule(StrictModel):
    """What becomes of releases and of what the brand keeps, for one way of ending."""

    consequence: ModelConsequence
    within_days: Annotated[int, Field(ge=0, le=365)] | None = None
    """From when it was found, for `retrain-by` and `retire`; 0 for at once."""
    evidence: ShortText | None = None
    """Where it is shown that nobody can be told from a release, for `keep-with-evidence`."""
    purge_within_days: Annotated[int, Field(ge=0, le=90)]
    """From when it was found until contributions and stored answers are gone; 0 for at once."""

    @model_validator(mode="after")
    def _check_terms(self) -> Self:
        is_kept = self.consequence is ModelConsequence.KEEP_WITH_EVIDENCE
        if is_kept and (self.evidence is None or self.within_days is not None):
            raise ValueError(
                "keep-with-evidence names its evidence and no within_days: say where it is shown "
                "that nobody can be told from a release"
            )
        if not is_kept and (self.within_days is None or self.evidence is not None):
            raise ValueError(
                f"{self.consequence} gives within_days and no evidence: a release is in use no "
                "longer than that"
            )
        return self

    def due(self, found: datetime) -> datetime | None:
        """Return from when a release may no longer be used; None where it stays in use."""
        return None if self.within_days is None else later(found, timedelta(days=self.within_days))

    def purge_by(self, found: datetime) -> datetime:
        """Return when what the brand keeps must be gone."""
        return later(found, timedelta(days=self.purge_within_days))


WITHDRAWN_BY_DEFAULT = ConsentEndRule(
    consequence=ModelConsequence.RETRAIN_BY, within_days=90, purge_within_days=15
)
INVALIDATED_BY_DEFAULT = ConsentEndRule(
    consequence=ModelConsequence.RETIRE, within_days=0, purge_within_days=0
)


class WithdrawalRules(StrictModel):
    """What follows where persons' consent was withdrawn, and where it never counted.

    Left out, a release is retrained within 90 days and contributions purged within 15
    of a withdrawal; after an invalidation both are at once. To keep a release takes the
    brand's written word.
    """

    withdrawn: ConsentEndRule = WITHDRAWN_BY_DEFAULT
    invalidated: ConsentEndRule = INVALIDATED_BY_DEFAULT

    @model_validator(mode="after")
    def _check_invalidated(self) -> Self:
        if self.invalidated.consequence is ModelConsequence.KEEP_WITH_EVIDENCE:
            raise ValueError(
                "what was made with a consent that never counted is not kept (GDPR Art. 17(1)(d), "
                "PIPL Art. 47(4)): retrain-by or retire"
            )
        return self

    @property
    def by_end(self) -> Mapping[ConsentEnd, ConsentEndRule]:
        """The rule for each way of ending."""
        return {ConsentEnd.WITHDRAWN: self.withdrawn, ConsentEnd.INVALIDATED: self.invalidated}
