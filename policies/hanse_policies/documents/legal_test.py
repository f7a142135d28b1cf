"""The language that a legal pack's checks are tested in: a closed list of questions, as data.

Rules: a question asks about the facts of one decision and about nothing else; its answer
is yes, no or unknown; `all-of`, `any-of` and `not` join answers after Kleene, so that what
is unknown stays unknown unless the rest decides without it. There is no code, no pattern
and no way to reach another file in it.

Source: S. C. Kleene, Introduction to Metamathematics (1952), section 64 (strong three-valued
logic).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from hanse_policies.documents.asset import CategoryPath
from hanse_policies.documents.base import Identifier, StrictModel
from hanse_policies.documents.consent import ConsentBasis
from hanse_policies.documents.vocabulary import (
    ExportMechanism,
    FlowLabel,
    LocationPrecision,
    Pseudonym,
    Purpose,
    ReleaseForm,
    ResultUse,
    SeparateConsent,
)

MOST_QUESTIONS = 40
"""Of one test, those within others included."""
MOST_LEVELS = 6

Categories = Annotated[tuple[CategoryPath, ...], Field(min_length=1, max_length=100)]
Lists = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=20)]
Bound = Annotated[int, Field(ge=0, le=10_000_000_000)]


class NoticePart(StrEnum):
    """What a notice tells of."""

    PURPOSE = "purpose"
    RECIPIENTS = "recipients"


class PurposeIn(StrictModel):
    """Is the study's purpose one of these?"""

    kind: Literal["purpose-in"] = "purpose-in"
    purposes: tuple[Purpose, ...] = Field(min_length=1)


class CategoryRead(StrictModel):
    """Does the study read a column of one of these categories, or of one below them?"""

    kind: Literal["category-read"] = "category-read"
    categories: Categories


class SensitivityStated(StrictModel):
    """Is each column that a list of the pack calls sensitive stated to be sensitive?"""

    kind: Literal["sensitivity-stated"] = "sensitivity-stated"
    lists: Lists


class SensitiveRead(StrictModel):
    """Does the study read a column that is stated, or listed, to be sensitive?"""

    kind: Literal["sensitive-read"] = "sensitive-read"
    lists: Lists


class SensitivePermitted(StrictModel):
    """Does the permit name each column read that is stated, or listed, as sensitive?"""

    kind: Literal["sensitive-permitted"] = "sensitive-permitted"
    lists: Lists


class ColumnsPermitted(StrictModel):
    """Does the permit give a reason for each column read?"""

    kind: Literal["columns-permitted"] = "columns-permitted"


class PseudonymIn(StrictModel):
    """Is each column read of these categories replaced in one of these ways?"""

    kind: Literal["pseudonym-in"] = "pseudonym-in"
    categories: Categories
    pseudonyms: tuple[Pseudonym, ...] = Field(min_length=1)


class PrecisionAtMost(StrictModel):
    """Is each column read of these categories no narrower than this?"""

    kind: Literal["precision-at-most"] = "precision-at-most"
    categories: Categories
    precision: LocationPrecision


class HandlerReceives(StrictModel):
    """Does anybody but the brand itself receive what comes out?"""

    kind: Literal["handler-receives"] = "handler-receives"


class RecipientsAtHome(StrictModel):
    """Do the operator and all recipients stand in the pack's territory?"""

    kind: Literal["recipients-at-home"] = "recipients-at-home"


class ExportMechanismIn(StrictModel):
    """Does the policy state one of these grounds for data to cross a border?"""

    kind: Literal["export-mechanism-in"] = "export-mechanism-in"
    mechanisms: tuple[ExportMechanism, ...] = Field(min_length=1)


class ExportBelow(StrictModel):
    """Are fewer persons concerned by exports, as the policy counts them, than these?"""

    kind: Literal["export-below"] = "export-below"
    persons: Bound
    sensitive_persons: Bound
    """Fewer than this; 1 for none at all."""


class BasisIn(StrictModel):
    """Are all grounds on which the brand uses persons' data among these?"""

    kind: Literal["basis-in"] = "basis-in"
    bases: tuple[ConsentBasis, ...] = Field(min_length=1)


class NoticeCovers(StrictModel):
    """Does every notice whose consents count tell of the purpose, or of all recipients?"""

    kind: Literal["notice-covers"] = "notice-covers"
    part: NoticePart


class SeparateConsentAsked(StrictModel):
    """Does every notice whose consents count ask for this consent apart from all else?"""

    kind: Literal["separate-consent-asked"] = "separate-consent-asked"
    consent: SeparateConsent


class ObjectionOffered(StrictModel):
    """Does every notice whose consents count say how a person says no?"""

    kind: Literal["objection-offered"] = "objection-offered"


class AgeKnown(StrictModel):
    """Does the consent register tell how old a person is?"""

    kind: Literal["age-known"] = "age-known"


class ConsentFreshWithin(StrictModel):
    """Does the policy trust the consent register for at most so long?"""

    kind: Literal["consent-fresh-within"] = "consent-fresh-within"
    hours: Annotated[int, Field(ge=1, le=720)]


class AssessmentBefore(StrictModel):
    """Was an impact assessment made before the policy took effect, and before now?"""

    kind: Literal["assessment-before"] = "assessment-before"


class RetentionAtMost(StrictModel):
    """Is what comes out kept no longer than charter and permit say, nor than `days`?"""

    kind: Literal["retention-at-most"] = "retention-at-most"
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ReleaseIn(StrictModel):
    """Does what comes out have one of these forms?"""

    kind: Literal["release-in"] = "release-in"
    forms: tuple[ReleaseForm, ...] = Field(min_length=1)


class FlowAtLeast(StrictModel):
    """Is what leaves the brand protected at least so well?"""

    kind: Literal["flow-at-least"] = "flow-at-least"
    label: FlowLabel


class ResultUsedFor(StrictModel):
    """Is the result used for one of these?"""

    kind: Literal["result-used-for"] = "result-used-for"
    uses: tuple[ResultUse, ...] = Field(min_length=1)


class CharterAgreed(StrictModel):
    """Is the brand a member of a charter that is signed, which says who does what?"""

    kind: Literal["charter-agreed"] = "charter-agreed"


class AllOf(StrictModel):
    """Is the answer to all of these yes?"""

    kind: Literal["all-of"] = "all-of"
    tests: tuple[LegalTest, ...] = Field(min_length=1, max_length=20)


class AnyOf(StrictModel):
    """Is the answer to any of these yes?"""

    kind: Literal["any-of"] = "any-of"
    tests: tuple[LegalTest, ...] = Field(min_length=1, max_length=20)


class Not(StrictModel):
    """Is the answer to this no?"""

    kind: Literal["not"] = "not"
    test: LegalTest


LegalTest = Annotated[
    PurposeIn
    | CategoryRead
    | SensitivityStated
    | SensitiveRead
    | SensitivePermitted
    | ColumnsPermitted
    | PseudonymIn
    | PrecisionAtMost
    | HandlerReceives
    | RecipientsAtHome
    | ExportMechanismIn
    | ExportBelow
    | BasisIn
    | NoticeCovers
    | SeparateConsentAsked
    | ObjectionOffered
    | AgeKnown
    | ConsentFreshWithin
    | AssessmentBefore
    | RetentionAtMost
    | ReleaseIn
    | FlowAtLeast
    | ResultUsedFor
    | CharterAgreed
    | AllOf
    | AnyOf
    | Not,
    Field(discriminator="kind"),
]

for _model in (AllOf, AnyOf, Not):
    _model.model_rebuild()


def questions(test: LegalTest, level: int = 1) -> Iterator[tuple[LegalTest, int]]:
    """List a test and all tests within it, each with its level, outermost first.

    Args:
        test: The test.
        level: Of the test itself.
    """
    yield test, level
    inner: tuple[LegalTest, ...] = ()
    if isinstance(test, AllOf | AnyOf):
        inner = test.tests
    elif isinstance(test, Not):
        inner = (test.test,)
    for one in inner:
        yield from questions(one, level + 1)
