"""Run examples: decide as a brand would on what an example states, then compare.

Rules: the legal packs that charter and policy pin, as the example changes them, are asked as a
brand asks them. An example passes only where verdict, the set of rules that refuse and,
where it is stated, the permit are as expected. An example that names a document
that is not there, an unknown rule, or a change that makes a document invalid is
an error of the example and is told with its line; it neither passes nor fails,
and the others are run all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.decision import Decision
from hanse_policies.documents import (
    DecisionExample,
    DecisionExamples,
    ExampleFacts,
    ExampleSetting,
    ExpectedDecision,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.engine import decide
from hanse_policies.errors import DocumentError, ExampleError
from hanse_policies.examples import stated_facts
from hanse_policies.examples.folder import DocumentFile, LeagueFolder, find_document
from hanse_policies.examples.overlay import UnreachableFieldError, changed, split_path
from hanse_policies.loading import Loaded
from hanse_policies.source import FieldPath, Position, Sources

T = TypeVar("T", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class ExampleOutcome:
    """What an example led to.

    Attributes:
        file: The file of examples, within its folder.
        line: Where the example begins.
        name: The example's name.
        expected: The decision that was expected.
        decision: The decision that was made.
    """

    file: str
    line: int
    name: str
    expected: ExpectedDecision
    decision: Decision

    @property
    def is_passed(self) -> bool:
        """Whether the decision is the expected one."""
        expected, decision = self.expected, self.decision
        return (
            expected.verdict is decision.verdict
            and set(expected.denied_by) == set(decision.denied_by)
            and expected.permit_index in {None, decision.permit_index}
        )


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """What the examples of a file led to, each in the order of the file.

    Attributes:
        outcomes: An outcome for each example that could be run.
        faults: Why others could not be run as they are written.
    """

    outcomes: tuple[ExampleOutcome, ...]
    faults: tuple[ExampleError, ...]


def run_examples(
    folder: LeagueFolder, file: DocumentFile[DecisionExamples], only: str = ""
) -> ExampleRun:
    """Run the examples of a file.

    Args:
        folder: The documents that they may name.
        file: The examples.
        only: Run those whose name, or whose file's name, holds this text.

    Returns:
        What they led to.
    """
    outcomes: list[ExampleOutcome] = []
    faults: list[ExampleError] = []
    for index, example in enumerate(file.loaded.document.examples):
        if only not in example.name and only not in file.path.stem:
            continue
        try:
            outcomes.append(_Run(folder, file, index, example).outcome())
        except ExampleError as error:
            faults.append(error)
    return ExampleRun(tuple(outcomes), tuple(faults))


@dataclass(frozen=True, slots=True)
class _Run:
    """One example at work."""

    folder: LeagueFolder
    file: DocumentFile[DecisionExamples]
    index: int
    example: DecisionExample

    @property
    def given(self) -> ExampleSetting:
        return self.file.loaded.document.given

    def outcome(self) -> ExampleOutcome:
        self._check_codes()
        return ExampleOutcome(
            file=self.file.name,
            line=self._position().line,
            name=self.example.name,
            expected=self.example.expect,
            decision=self._decide(self.example.facts.filled_from(self.given.facts)),
        )

    def _decide(self, facts: ExampleFacts) -> Decision:
        folder, changes = self.folder, self._changes()
        study = self._document("study", folder.studies, changes)
        charter = self._changed(folder.charter, changes.get("charter", {}))
        policy = self._document("policy", folder.policies, changes)
        asset = self._document("asset", folder.assets, changes)
        return decide(
            study.document,
            charter=charter.document,
            policy=policy.document,
            asset=asset.document,
            consent=stated_facts.consent_of(facts),
            budget=stated_facts.budget_of(facts),
            now=stated_facts.now_of(facts),
            signature=stated_facts.signature_of(facts, charter.document, policy.document),
            approvals=stated_facts.approvals_of(facts.approvals),
            asset_approvals=stated_facts.approvals_of(facts.asset_approvals),
            packs=folder.packs.pinned(charter.document, policy.document),
            sources=Sources(study.source, charter.source, policy.source, asset.source),
        )

    def _document(
        self,
        role: str,
        files: tuple[DocumentFile[T], ...],
        changes: Mapping[str, Mapping[str, object]],
    ) -> Loaded[T]:
        reference = getattr(self.example, role) or getattr(self.given, role)
        if reference is None:
            raise self._error(f"expected a {role}, got none; name one here or under `given`")
        file = find_document(files, reference)
        if file is None:
            known = ", ".join(file.path.stem for file in files) or "none"
            raise self._error(f"expected a {role} of {known}, got `{reference}`", role)
        return self._changed(file, changes.get(role, {}))

    def _changes(self) -> Mapping[str, Mapping[str, object]]:
        """Sort the changes by the document that they change."""
        sorted_by_role: dict[str, dict[str, object]] = {}
        for place, value in self.example.changes.items():
            sorted_by_role.setdefault(split_path(place)[0], {})[place] = value
        return sorted_by_role

    def _changed(self, file: DocumentFile[T], changes: Mapping[str, object]) -> Loaded[T]:
        if not changes:
            return file.loaded
        tree = file.tree
        for place, value in changes.items():
            try:
                tree = changed(tree, split_path(place)[1], value)
            except UnreachableFieldError as error:
                raise self._error(
                    f"expected a field of {file.name}, got `{place}`", "changes", place
                ) from error
        try:
            return file.validated(tree)
        except DocumentError as error:
            raise self._invalid(file.name, changes, error) from error

    def _invalid(
        self, name: str, changes: Mapping[str, object], error: DocumentError
    ) -> ExampleError:
        """Tell that changes make a document invalid, at the change that does."""
        paths = {place: place.partition(".")[2] for place in changes}
        within = [place for place, path in paths.items() if error.field.startswith(path)]
        above = [place for place, path in paths.items() if path.startswith(error.field)]
        place = (*within, *above, *changes)[0]
        rule = str(error).removeprefix(f"{error.location}: ")
        return self._error(f"the changes make {name} invalid: {rule}", "changes", place)

    def _check_codes(self) -> None:
        for place, code in enumerate(self.example.expect.denied_by):
            if code not in RULE_TEXTS:
                raise self._error(
                    f"expected the code of a rule, got `{code}`", "expect", "denied_by", place
                )

    def _position(self, *within: str | int) -> Position:
        path: FieldPath = ("examples", self.index, *within)
        keys = self.file.tree.keys
        return keys.get(path, keys[("examples", self.index)])

    def _error(self, message: str, *within: str | int) -> ExampleError:
        return ExampleError(
            f"example `{self.example.name[:80]}`: {message}",
            location=f"{self.file.path}:{self._position(*within)}",
        )
