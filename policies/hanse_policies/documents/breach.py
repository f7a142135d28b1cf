"""A breach of personal data: what happened, what was done, who was told and when.

Nothing in it names a person; a number of persons is an upper bound that is rounded up.

Source: GDPR Art. 33(3) and (5), 34; PIPL Art. 57.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from hanse_policies.documents.asset import CategoryPath
from hanse_policies.documents.base import (
    Digest,
    Identifier,
    SemanticVersion,
    ShortText,
    StrictModel,
    fault_at,
)
from hanse_policies.documents.vocabulary import FlowLabel
from hanse_policies.documents.withdrawal import PersonsAtMost
from hanse_policies.taxonomy.pins import TaxonomyPin

ClockName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*/[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$",
        max_length=130,
    ),
]
"""A clock of a legal pack: `eu-gdpr/authority`."""


class BreachNature(StrEnum):
    """What happened to the data (GDPR Art. 4(12); PIPL Art. 57)."""

    LEAKED = "leaked"
    ALTERED = "altered"
    LOST = "lost"


class ConcernedFlow(StrictModel):
    """What of a study the breach reached."""

    study: Digest
    label: FlowLabel
    """How well protected what was reached is."""
    release: Digest | None = None


class ClockStatement(StrictModel):
    """When a clock of a legal pack began, or why it does not run.

    Which incidents a clock is for is a question of law that the brand's counsel answers;
    a clock without a statement runs from when the breach was discovered.
    """

    clock: ClockName
    started: AwareDatetime | None = None
    does_not_run: ShortText | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.started is None) == (self.does_not_run is None):
            raise ValueError("say when the clock started, or why it does not run")
        return self


class Notification(StrictModel):
    """Whom the brand told, and when."""

    recipient: ShortText
    """An authority, the persons concerned, the operator; never a person by name."""
    told: AwareDatetime
    clocks: tuple[ClockName, ...] = Field(default=(), max_length=50)
    """The clocks that it answers."""
    reference: ShortText | None = None
    """What the recipient filed it under."""


class BreachRecord(StrictModel):
    """A breach: what happened, whom it may concern, what was done and who was told."""

    kind: Literal["BreachRecord"]
    id: Identifier
    version: SemanticVersion
    """Grows as more becomes known."""
    supersedes: Digest | None = None
    alliance: Identifier
    brand: Identifier
    nature: tuple[BreachNature, ...] = Field(min_length=1, max_length=3)
    what: ShortText
    """What happened, in a sentence, without a person, a key or a value."""
    happened_after: AwareDatetime | None
    """None where it is not known."""
    happened_before: AwareDatetime | None
    discovered: AwareDatetime
    taxonomy: TaxonomyPin
    """The version that categories are meant in."""
    categories: tuple[CategoryPath, ...] = Field(min_length=1, max_length=100)
    persons: PersonsAtMost | None
    """None where it is not known yet."""
    flows: tuple[ConcernedFlow, ...] = Field(default=(), max_length=200)
    consequences: ShortText
    """What may follow for persons (GDPR Art. 33(3)(c); PIPL Art. 57(1))."""
    measures: tuple[ShortText, ...] = Field(min_length=1, max_length=50)
    clocks: tuple[ClockStatement, ...] = Field(default=(), max_length=100)
    told: tuple[Notification, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _check_instants(self) -> Self:
        after, before = self.happened_after, self.happened_before
        if after is not None and before is not None and before < after:
            raise ValueError("`happened_before` must not be earlier than `happened_after`")
        if after is not None and self.discovered < after:
            raise ValueError("`discovered` must not be earlier than `happened_after`")
        first = self.discovered if after is None else after
        for place, instant in (
            *((("told", index, "told"), one.told) for index, one in enumerate(self.told)),
            *((("clocks", index, "started"), one.started) for index, one in enumerate(self.clocks)),
        ):
            if instant is not None and instant < first:
                raise fault_at(
                    place,
                    f"expected an instant from {first.isoformat()} on, when the breach was "
                    "discovered or happened at the earliest, got an earlier one; correct either",
                )
        return self

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        for what, names in (
            ("nature", list(self.nature)),
            ("clock", [one.clock for one in self.clocks]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"a {what} may be named once only")
        return self
