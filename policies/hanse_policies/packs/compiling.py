"""Turn the tests of a legal pack into functions, once for each pack.

Rules: every kind of question has one function here, so that a question without one does
not type-check; a function looks at the facts alone, never fails and answers yes, no or
not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hanse_policies.documents import LegalCheck, LegalPack
from hanse_policies.documents.legal_test import (
    AllOf,
    AnyOf,
    CategoryRead,
    ColumnsPermitted,
    LegalTest,
    Not,
    PrecisionAtMost,
    PseudonymIn,
    SensitivePermitted,
    SensitiveRead,
    SensitivityStated,
)
from hanse_policies.packs import column_questions as columns
from hanse_policies.packs import party_questions as parties
from hanse_policies.packs.column_questions import Question
from hanse_policies.packs.legal_facts import LegalFacts
from hanse_policies.packs.lists import (
    Answer,
    Listing,
    all_answers,
    any_answer,
    denied,
    joint_listing,
    listing,
)
from hanse_policies.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """A check and the function that answers it.

    Attributes:
        check: What the pack says.
        ask: Whether it is met; not known counts as not met.
    """

    check: LegalCheck
    ask: Question


def compile_pack(pack: LegalPack) -> tuple[CompiledCheck, ...]:
    """Turn each check of a pack into a function.

    Raises:
        UnknownTermError: The pack names a category that its taxonomy does not hold.
        TaxonomyDataError: The installation is damaged.
    """
    compiler = _compiler(pack)
    return tuple(CompiledCheck(check, compiler.check(check)) for check in pack.checks)


def compiler_of_tests(pack: LegalPack) -> Callable[[LegalTest], Question]:
    """Return what turns any test of a pack into a function, by itself and not within a check.

    Raises:
        UnknownTermError: The pack names a category that its taxonomy does not hold.
        TaxonomyDataError: The installation is damaged.
    """
    return _compiler(pack).test


def _compiler(pack: LegalPack) -> _Compiler:
    taxonomy = Taxonomy.load(pack.taxonomy)
    lists = {one.id: listing(one.categories, taxonomy) for one in pack.sensitivity}
    return _Compiler(pack, taxonomy, lists)


@dataclass(frozen=True, slots=True)
class _Compiler:
    pack: LegalPack
    taxonomy: Taxonomy
    lists: Mapping[str, Listing]

    def check(self, check: LegalCheck) -> Question:
        test = self.test(check.test)
        if check.when is None:
            return test
        when = self.test(check.when)

        def ask(facts: LegalFacts) -> Answer:
            # What is met is met, whether it applies or not; most are, so that is asked first.
            met = test(facts)
            if met:
                return True
            applies = when(facts)
            if applies is False:
                return True
            return met if applies else None

        return ask

    def test(self, test: LegalTest) -> Question:  # noqa: PLR0911 - one kind a line
        match test:
            case AllOf():
                inner = tuple(map(self.test, test.tests))
                return lambda facts: all_answers([ask(facts) for ask in inner])
            case AnyOf():
                inner = tuple(map(self.test, test.tests))
                return lambda facts: any_answer(ask(facts) for ask in inner)
            case Not():
                question = self.test(test.test)
                return lambda facts: denied(question(facts))
            case SensitivityStated():
                return columns.sensitivity_stated(self.joint(test.lists))
            case SensitiveRead():
                return columns.sensitive_read(self.joint(test.lists))
            case SensitivePermitted():
                return columns.sensitive_permitted(self.joint(test.lists))
            case CategoryRead():
                return columns.category_read(listing(test.categories, self.taxonomy))
            case PseudonymIn():
                listed = listing(test.categories, self.taxonomy)
                return columns.pseudonym_in(listed, test.pseudonyms)
            case PrecisionAtMost():
                listed = listing(test.categories, self.taxonomy)
                return columns.precision_at_most(listed, test.precision)
            case ColumnsPermitted():
                return columns.columns_permitted
            case _:
                return parties.question(test, self.pack.territory)

    def joint(self, names: tuple[str, ...]) -> Listing:
        return joint_listing(self.lists[name] for name in names)
