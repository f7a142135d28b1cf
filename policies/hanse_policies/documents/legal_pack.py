"""A legal pack: what one law asks, as data that is signed, versioned and tested.

A pack states what it looks at and no more. That no check of it fails says nothing about
what it does not look at, and until counsel has signed it, it is the word of its authors.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, model_validator

from hanse_policies.documents.asset import CategoryPath
from hanse_policies.documents.base import (
    VISIBLE,
    Digest,
    Identifier,
    Jurisdiction,
    SemanticVersion,
    ShortText,
    StrictModel,
)
from hanse_policies.documents.legal_test import (
    MOST_LEVELS,
    MOST_QUESTIONS,
    LegalTest,
    SensitivePermitted,
    SensitiveRead,
    SensitivityStated,
    questions,
)
from hanse_policies.documents.pack_pin import PackPin
from hanse_policies.taxonomy.pins import TaxonomyPin

LongText = Annotated[str, StringConstraints(min_length=1, max_length=1000), VISIBLE]
FieldPathText = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:charter|policy|asset|study)(?:\.[a-z][a-z0-9_]*|\.[0-9]{1,4})+$",
        max_length=200,
    ),
]
"""A field of a document, `asset.columns.0.category`."""


class Severity(StrEnum):
    """What becomes of a check that is not met."""

    DENY = "deny"
    """The study is refused."""
    ADVISE = "advise"
    """It is told; a brand's policy may have it refuse."""


class BilingualText(StrictModel):
    """The same words in English and in Chinese."""

    en: LongText
    zh: LongText


class Standard(StrictModel):
    """A law or a standard that the pack cites, at the version that it was read in."""

    id: Identifier
    title: BilingualText
    version: ShortText
    effective: AwareDatetime
    note: BilingualText | None = None
    """What sets this version apart from others."""
    source: ShortText
    """Where the words can be found."""


class SensitivityList(StrictModel):
    """The categories of data that one version of one standard calls sensitive."""

    id: Identifier
    standard: Identifier
    categories: tuple[CategoryPath, ...] = Field(min_length=1, max_length=100)
    note: BilingualText | None = None


class MinorsRule(StrictModel):
    """Below which age another person's word is needed."""

    guardian_below_years: Annotated[int, Field(ge=1, le=21)]
    articles: ShortText
    note: BilingualText | None = None


class ExportThreshold(StrictModel):
    """How many persons' data may cross a border on what ground, counted since 1 January."""

    id: Identifier
    persons_from: Annotated[int, Field(ge=0, le=10_000_000_000)]
    persons_below: Annotated[int, Field(ge=1, le=10_000_000_000)] | None
    """None for any number above."""
    of_sensitive_data: bool
    mechanism: BilingualText
    articles: ShortText


class IncidentClock(StrictModel):
    """How soon an incident must be told to whom."""

    id: Identifier
    regulator: BilingualText
    hours: Annotated[int, Field(ge=0, le=24 * 365)] | None
    """0 for at once; None where the law says without delay and gives no number."""
    starts: BilingualText
    """The event that the hours are counted from, and which incidents it is for."""
    articles: ShortText


class EvidenceItem(StrictModel):
    """What an auditor asks for, and where Hanse keeps it."""

    id: Identifier
    articles: ShortText
    asks: BilingualText
    record: BilingualText


class Change(StrictModel):
    """One field of the documents of an example, and what stands there instead."""

    at: FieldPathText
    value: JsonValue


class LegalCheck(StrictModel):
    """One thing that a law asks, as far as documents can show it."""

    id: Identifier
    articles: ShortText
    tests: BilingualText
    """What is tested, as a statement that holds where the check is met."""
    unmet: BilingualText
    """What to change where it is not."""
    severity: Severity
    when: LegalTest | None = None
    """Where the answer is no, the check asks nothing."""
    test: LegalTest
    passes: tuple[Change, ...] = Field(min_length=1, max_length=20)
    """Changes to the example documents under which the check is met."""
    fails: tuple[Change, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        found = [*questions(self.test)]
        if self.when is not None:
            found += questions(self.when)
        if len(found) > MOST_QUESTIONS or max(level for _, level in found) > MOST_LEVELS:
            raise ValueError(
                f"a check may ask {MOST_QUESTIONS} questions in {MOST_LEVELS} levels at most"
            )
        return self

    def lists(self) -> frozenset[str]:
        """Name the sensitivity lists that the check looks at."""
        asked = [*questions(self.test)]
        if self.when is not None:
            asked += questions(self.when)
        listed = SensitivityStated | SensitiveRead | SensitivePermitted
        return frozenset(
            name for test, _ in asked if isinstance(test, listed) for name in test.lists
        )


class LegalPack(StrictModel):
    """One law's checks, lists, thresholds, clocks and evidence; data, never advice."""

    kind: Literal["LegalPack"]
    id: Identifier
    version: SemanticVersion
    supersedes: Digest | None = None
    """The version before this one; None for the first."""
    title: BilingualText
    jurisdiction: Jurisdiction
    territory: tuple[Jurisdiction, ...] = Field(min_length=1, max_length=60)
    """Within which data crosses no border; a subdivision stands within its country."""
    taxonomy: TaxonomyPin
    """The version that categories of data are meant in."""
    dated: AwareDatetime
    """The state of the law that the pack was written from."""
    standards: tuple[Standard, ...] = Field(min_length=1, max_length=50)
    sensitivity: tuple[SensitivityList, ...] = Field(max_length=20)
    minors: MinorsRule | None
    exports: tuple[ExportThreshold, ...] = Field(default=(), max_length=20)
    clocks: tuple[IncidentClock, ...] = Field(default=(), max_length=20)
    evidence: tuple[EvidenceItem, ...] = Field(default=(), max_length=100)
    example: tuple[Change, ...] = Field(default=(), max_length=50)
    """Changes to the documents that ship, before those of an example."""
    checks: tuple[LegalCheck, ...] = Field(min_length=1, max_length=200)

    @cached_property
    def name(self) -> str:
        """The pack as people write it: `cn-pipl@1.0.0`."""
        return f"{self.id}@{self.version}"

    def pin(self, digest: Digest) -> PackPin:
        """Return what a charter or a policy writes to ask for this very pack."""
        return PackPin(id=self.id, version=self.version, digest=digest)

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        for what, names in (
            ("standards", [one.id for one in self.standards]),
            ("sensitivity", [one.id for one in self.sensitivity]),
            ("clocks", [one.id for one in self.clocks]),
            ("evidence", [one.id for one in self.evidence]),
            ("checks", [one.id for one in self.checks]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"two of the {what} share one id")
        return self

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        standards = {one.id for one in self.standards}
        lists = {one.id for one in self.sensitivity}
        unknown = {one.standard for one in self.sensitivity} - standards
        for check in self.checks:
            unknown |= check.lists() - lists
        if unknown:
            raise ValueError(f"the pack names but does not hold: {', '.join(sorted(unknown))}")
        return self
