"""Examples of decisions: what is asked, what is known, and which decision is expected.

They are to a policy what unit tests are to a program. An example names documents
by file or id, may change single fields of them, states the facts, and says the
verdict with exactly the rules that must refuse. A fact that nobody states is
unknown, and what is unknown denies.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    Field,
    FiniteFloat,
    JsonValue,
    StringConstraints,
    model_validator,
)

from hanse_policies.documents.base import Identifier, ShortText, StrictModel
from hanse_policies.documents.consent import ConsentField
from hanse_policies.documents.verdict import RuleCode
from hanse_policies.documents.vocabulary import Purpose, Verdict

Reference = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
"""A document of the folder: its file name without `.yaml`, or its id where only one has it."""

ChangePath = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:study|charter|policy|asset)(?:\.[a-z][a-z0-9_-]*|\[[0-9]{1,4}\])+$",
        max_length=200,
    ),
]
"""A field of a document: `study.minimum_persons`, `policy.permits[0].retention_days`."""


PermitIndex = Annotated[int, Field(ge=0, le=199)]
"""Place of a permit in its policy, the first being 0."""


class SignatureWord(StrEnum):
    """How a document's signature turned out."""

    VALID = "valid"
    """Signed by the key that it must be signed by."""
    MISSING = "missing"
    """Not signed, changed after it was signed, or not verified."""
    OTHER = "other"
    """Signed, but by a key that is not the one it must be signed by."""


class ExampleSignatures(StrictModel):
    """How the signatures turned out; those that are not named are valid."""

    charter: SignatureWord = SignatureWord.VALID
    """By the operator."""
    is_charter_newest: bool = True
    """Whether no newer charter waits until a person at the brand accepts it."""
    policy: SignatureWord = SignatureWord.VALID
    """By the brand."""
    asset: SignatureWord = SignatureWord.VALID
    """By the brand."""
    study: SignatureWord = SignatureWord.VALID
    """By the operator."""


class ExampleConsent(StrictModel):
    """What the brand knows of its consent register as a whole."""

    synced: AwareDatetime | None = None
    """When the register was last brought up to date."""
    purposes: tuple[Purpose, ...] | None = None
    """The purposes the register records."""
    fields: tuple[ConsentField, ...] | None = None
    """What the register tells of a consent beyond purpose and instants."""


class ExampleApprovals(StrictModel):
    """How far a version is approved."""

    needed: Annotated[int, Field(ge=0, le=10)]
    """How many roles must approve it."""
    roles: tuple[Identifier, ...] = ()
    """The roles that did."""
    refused_by: tuple[Identifier, ...] = ()
    """Approvers who said no."""


class ExampleBudget(StrictModel):
    """What the brand's ledger says; any numbers, for a ledger may say what cannot be."""

    epsilon_spent: FiniteFloat | None = None
    """Epsilon of all that was charged in the period."""
    epsilon_if_run: FiniteFloat | None = None
    """Epsilon of the same and of the study together."""
    delta: FiniteFloat | None = None
    """The delta that both are stated at."""


ConsentWord = ExampleConsent | Literal["unreadable"] | None
"""What an example says of the register; None says nothing."""
BudgetWord = ExampleBudget | Literal["unknown"] | None
"""What an example says of the ledger; None says nothing."""


class ExampleFacts(StrictModel):
    """What only the brand's own machine knows, as the example has it."""

    now: AwareDatetime | Literal["unknown"] | None = None
    """The instant to decide for; `unknown` is a clock without time zone."""
    consent: ConsentWord = None
    """The consent register, or the word `unreadable`."""
    budget: BudgetWord = None
    """The ledger, or the word `unknown`."""
    signatures: ExampleSignatures | Literal["all-valid"] | None = None
    """How the signatures turned out; taken as a whole, never filled from `given` in part."""
    approvals: ExampleApprovals | Literal["enough", "unknown"] | None = None
    """How far the policy is approved; taken as a whole, too."""
    asset_approvals: ExampleApprovals | Literal["enough", "unknown"] | None = None
    """How far the asset is approved; taken as a whole, too."""

    def filled_from(self, given: ExampleFacts) -> ExampleFacts:
        """Take from `given` what is not stated here; signatures and approvals as a whole."""
        return ExampleFacts(
            now=given.now if self.now is None else self.now,
            consent=_filled_consent(self.consent, given.consent),
            budget=_filled_budget(self.budget, given.budget),
            signatures=given.signatures if self.signatures is None else self.signatures,
            approvals=given.approvals if self.approvals is None else self.approvals,
            asset_approvals=(
                given.asset_approvals if self.asset_approvals is None else self.asset_approvals
            ),
        )


class ExampleSetting(StrictModel):
    """What the examples of a file have in common, unless one says otherwise."""

    study: Reference | None = None
    """A study of the folder, by file or id."""
    policy: Reference | None = None
    """A brand's policy, by file or id."""
    asset: Reference | None = None
    """The description of a brand's data, by file or id."""
    facts: ExampleFacts = ExampleFacts()
    """What an example does not state is taken from here."""


class ExpectedDecision(StrictModel):
    """The decision that an example must lead to."""

    verdict: Verdict
    """`permit` or `deny`."""
    denied_by: tuple[RuleCode, ...] = Field(default=(), max_length=100)
    """Exactly the rules that refuse, in any order."""
    permit_index: PermitIndex | None = None
    """The permit that it fits within, or else the nearest; compared where it is stated."""

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        if bool(self.denied_by) != (self.verdict is Verdict.DENY):
            raise ValueError("verdict deny needs the rules that refuse, verdict permit has none")
        if len(set(self.denied_by)) != len(self.denied_by):
            raise ValueError("a rule may be listed once only")
        return self


class DecisionExample(StrictModel):
    """One request, the facts, and the decision that is expected."""

    name: ShortText
    """What is tried, in words; no two of a file are equal."""
    study: Reference | None = None
    """Another study than the given one."""
    policy: Reference | None = None
    """Another policy than the given one."""
    asset: Reference | None = None
    """Another asset than the given one."""
    changes: dict[ChangePath, JsonValue] = Field(default_factory=dict, max_length=20)
    """Fields that differ from what the documents say; the changed documents must be valid."""
    facts: ExampleFacts = ExampleFacts()
    """What differs from the given facts."""
    expect: ExpectedDecision
    """What must come out."""


class DecisionExamples(StrictModel):
    """Examples of decisions with what is expected, as unit tests of policies."""

    kind: Literal["DecisionExamples"]
    id: Identifier
    title: ShortText
    """What the examples of this file are about."""
    given: ExampleSetting
    """What they have in common."""
    examples: tuple[DecisionExample, ...] = Field(max_length=1000)
    """At least one, run in this order."""

    @model_validator(mode="after")
    def _check_examples(self) -> Self:
        if not self.examples:
            raise ValueError("expected at least one example, got none")
        names = [example.name for example in self.examples]
        if len(set(names)) != len(names):
            raise ValueError("two examples share one name")
        return self


def _filled_consent(own: ConsentWord, given: ConsentWord) -> ConsentWord:
    if not isinstance(own, ExampleConsent) or not isinstance(given, ExampleConsent):
        return given if own is None else own
    return ExampleConsent(
        synced=given.synced if own.synced is None else own.synced,
        purposes=given.purposes if own.purposes is None else own.purposes,
        fields=given.fields if own.fields is None else own.fields,
    )


def _filled_budget(own: BudgetWord, given: BudgetWord) -> BudgetWord:
    if not isinstance(own, ExampleBudget) or not isinstance(given, ExampleBudget):
        return given if own is None else own
    return ExampleBudget(
        epsilon_spent=given.epsilon_spent if own.epsilon_spent is None else own.epsilon_spent,
        epsilon_if_run=given.epsilon_if_run if own.epsilon_if_run is None else own.epsilon_if_run,
        delta=given.delta if own.delta is None else own.delta,
    )
