"""A brand's signed word on one proposed study."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from hanse_policies.documents.base import Digest, Identifier, StrictModel
from hanse_policies.documents.vocabulary import Verdict

RuleCode = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$", max_length=64)
]


class StudyVerdict(StrictModel):
    """What one brand decided about one study; codes only, no text from the brand's side."""

    kind: Literal["StudyVerdict"] = "StudyVerdict"
    study: Digest
    brand: Identifier
    verdict: Verdict
    codes: tuple[RuleCode, ...] = Field(default=(), max_length=100)
    """The rules that refused; empty on a permit.

    `refused-by-person` where a person said no, `approval-awaited` where a permit that no
    person gave was taken back.
    """
    policy: Digest
    """The signed policy it was decided under."""
    decided: AwareDatetime

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        if bool(self.codes) != (self.verdict is Verdict.DENY):
            raise ValueError("a refusal names at least one rule, a permit none")
        return self
