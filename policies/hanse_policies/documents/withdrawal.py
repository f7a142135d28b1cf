"""That consents ended which a study had used, and that a brand left: what it signs then.

Nobody is in these documents: no person, no instant of a person's own, no true count. A
number of persons is an upper bound that is rounded up, or not there at all.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from hanse_policies.documents.base import (
    Digest,
    Identifier,
    SemanticVersion,
    ShortText,
    StrictModel,
    Version,
)
from hanse_policies.documents.vocabulary import Purpose
from hanse_policies.documents.withdrawal_rules import ConsentEnd, ModelConsequence

LEAST_ROUNDING = 10
"""Numbers of persons are rounded up to a multiple of no less."""


class PersonsAtMost(StrictModel):
    """No more than so many persons: rounded up, so that it is never a true count."""

    at_most: Annotated[int, Field(ge=LEAST_ROUNDING, le=10_000_000_000)]
    rounded_up_to: Annotated[int, Field(ge=LEAST_ROUNDING, le=10_000_000)]
    """`at_most` is a multiple of this; the charter's floor of persons, or 10 below it."""

    @model_validator(mode="after")
    def _check_rounding(self) -> Self:
        if self.at_most % self.rounded_up_to:
            raise ValueError(
                f"at_most is rounded up to a multiple of {self.rounded_up_to}, never a true count"
            )
        return self

    @classmethod
    def of(cls, persons: int, floor: int) -> PersonsAtMost:
        """Round a true number of at least one up.

        Args:
            persons: The true number; stays where it was counted.
            floor: The charter's floor of persons.

        Raises:
            ValueError: There is nobody.
        """
        if persons < 1:
            raise ValueError("expected at least one person, got none")
        step = max(floor, LEAST_ROUNDING)
        return cls(at_most=-(-persons // step) * step, rounded_up_to=step)


class ReleaseConsequence(StrictModel):
    """What the policy in force makes of the releases of one study."""

    study: Digest
    release: Digest | None
    """One release; None for every release of the study that is not named, made or yet to be."""
    consequence: ModelConsequence
    due: AwareDatetime | None
    """From when it may not be used; None where it stays in use by its evidence."""
    evidence: ShortText | None
    policy: Digest
    """The signed policy whose rule it is."""

    @model_validator(mode="after")
    def _check_terms(self) -> Self:
        is_kept = self.consequence is ModelConsequence.KEEP_WITH_EVIDENCE
        if is_kept != (self.due is None) or is_kept != (self.evidence is not None):
            raise ValueError(
                "keep-with-evidence states its evidence and no due date, retrain-by and retire a "
                "due date alone"
            )
        return self


class Withdrawal(StrictModel):
    """Consents that studies had used have ended, and what follows for their releases.

    A brand signs it for itself; it is what an auditor or the operator may be shown.
    """

    kind: Literal["Withdrawal"]
    id: Identifier
    alliance: Identifier
    brand: Identifier
    asset: Identifier
    purposes: tuple[Purpose, ...] = Field(min_length=1, max_length=50)
    end: ConsentEnd
    after: AwareDatetime
    """Not before: the first use of the consents that ended."""
    before: AwareDatetime
    """Not after: when it was found, from which what is due is counted."""
    persons: PersonsAtMost | None
    """None where the brand does not say how many."""
    supersedes: Digest | None = None
    """The earlier one on the same consents, whose due dates stand; None for the first."""
    consequences: tuple[ReleaseConsequence, ...] = Field(min_length=1, max_length=1000)
    purge_by: AwareDatetime
    """When contributions and stored answers that they went into are gone."""

    @model_validator(mode="after")
    def _check_instants(self) -> Self:
        if self.before < self.after:
            raise ValueError("`before` must not be earlier than `after`")
        if self.purge_by < self.before:
            raise ValueError("`purge_by` must not be earlier than `before`")
        if len(set(self.purposes)) != len(self.purposes):
            raise ValueError("a purpose may be named once only")
        releases = [(one.study, one.release) for one in self.consequences]
        if len(set(releases)) != len(releases):
            raise ValueError("a release may have one consequence only")
        return self


MAXIMUM_STUDIES = 1000
"""How many studies one lineage list names."""

Count = Annotated[int, Field(ge=0, le=10_000_000_000)]


class LineageRound(StrictModel):
    """One contribution that a brand made, by what left for it.

    Neither its vector nor a digest of that is in here: a vector of one number could be
    found from its digest, and what one brand contributed is for nobody to see.
    """

    question: Identifier
    round_number: Annotated[int, Field(ge=0, le=1_000_000)]
    """0 outside training rounds."""
    replies: tuple[Digest, ...] = Field(max_length=1000)
    """SHA-256 of each reply of secure aggregation: masked, encrypted or signed, as it left."""
    replies_left_out: Count = 0
    """How many older ones are not listed; the brand keeps the digest of each."""
    is_summed: bool
    """Whether it may be in a sum that the operator decoded."""


class LineageSpending(StrictModel):
    """The privacy loss of all that a study was charged, for one person at this brand."""

    epsilon: Annotated[float, Field(ge=0, le=1e9)]
    delta: Annotated[float, Field(gt=0, lt=1)]
    charges: Annotated[int, Field(ge=0, le=10_000_000)]
    """How many questions were charged."""


class LineageRest(StrictModel):
    """How many older entries each list of a study leaves out, so that the whole has an end.

    The brand keeps each of them in its own records.
    """

    rounds: Count = 0
    decisions: Count = 0
    policies: Count = 0
    releases: Count = 0
    consequences: Count = 0


class LineageStudy(StrictModel):
    """One study that a brand answered, and by which documents."""

    study: Digest
    id: Identifier
    version: Version
    purpose: Purpose
    asset: Identifier
    rounds: tuple[LineageRound, ...] = Field(max_length=10_000)
    decisions: tuple[Digest, ...] = Field(max_length=10_000)
    """The decisions that let a message out, as the egress journal names them."""
    policies: tuple[Digest, ...] = Field(max_length=1000)
    """The signed policies that these were made under."""
    spent: LineageSpending
    releases: tuple[Digest, ...] = Field(max_length=1000)
    """Those that the brand fetched."""
    consequences: tuple[ReleaseConsequence, ...] = Field(max_length=1000)
    """What ended consents and the policy make of them; empty where nothing follows."""
    left_out: LineageRest = LineageRest()
    """What the lists above do not name, for they are the newest entries alone."""


class KeptRecord(StrictModel):
    """Something that stays after the brand left, and on what ground."""

    what: ShortText
    why: ShortText


class BrandExit(StrictModel):
    """A brand left its alliance: every study it answered, what went and what stays and why.

    Source: GDPR Art. 5(2), 17(3)(b) and (e), 30; PIPL Art. 47(1), 54, 56.
    """

    kind: Literal["BrandExit"]
    id: Identifier
    alliance: Identifier
    brand: Identifier
    exited: AwareDatetime
    """From when the brand answers nothing."""
    policy: Digest | None
    """The signed policy in effect then; None where there was none."""
    policy_version: SemanticVersion | None
    charter: Digest | None
    reason: ShortText
    studies: tuple[LineageStudy, ...] = Field(max_length=MAXIMUM_STUDIES)
    studies_left_out: Count = 0
    """How many older studies are not listed; the brand keeps the records of each."""
    purged: tuple[ShortText, ...] = Field(min_length=1, max_length=50)
    kept: tuple[KeptRecord, ...] = Field(min_length=1, max_length=50)
