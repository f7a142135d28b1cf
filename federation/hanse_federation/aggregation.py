"""Asking all brands of a run one question and getting one answer: the sum's.

What asks is handed in: `SecureAggregator` for everything that is real;
`UnsafePlaintextAggregation`, which adds up bare contributions in one process, for
tests. No study can name the second, and no brand's connection would send for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.messages import QUESTION_OF, AnswerPayload, CohortReply, QuestionPayload
from hanse_federation.randomness import Randomness
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True)
class CohortAnswer:
    """What the brands answered together.

    Attributes:
        payload: The decoded sum.
        brands: Whose contributions are in it, ordered.
        refused: Brand and code of each contribution that is missing, ordered by brand.
    """

    payload: AnswerPayload
    brands: tuple[BrandId, ...]
    refused: tuple[tuple[BrandId, str], ...]


class Aggregation(Protocol):
    """Asks the brands of one run."""

    @property
    def brands(self) -> tuple[BrandId, ...]:
        """The brands that may take part, ordered."""
        ...

    def ask(self, asked: QuestionPayload, round_number: int) -> CohortAnswer:
        """Ask one question of one round; the cohort's size first.

        Raises:
            AggregationError: No sum over the floor of brands came about.
        """
        ...


def reference_persons_of(answer: CohortAnswer) -> int:
    """Return the public mean of the brands' noised cohorts, at least 1; 1 for other answers."""
    if not isinstance(answer.payload, CohortReply):
        return 1
    return max(1, round(answer.payload.noised_persons / max(1, len(answer.brands))))


class BareContributor(Protocol):
    """A brand's answer without any protection, in a test's own process."""

    def __call__(self, asked: QuestionPayload, round_number: int) -> AnswerPayload:
        """Answer a question."""
        ...


class UnsafePlaintextAggregation:
    """UNSAFE: adds up bare contributions, which whoever holds it can read. For tests only."""

    def __init__(
        self,
        terms: AggregationTerms,
        contributors: Mapping[BrandId, BareContributor],
        randomness: Randomness,
    ) -> None:
        """Ask these contributors, in the order of their names.

        Args:
            terms: The study in its alliance.
            contributors: The brands.
            randomness: For the rounding of updates.
        """
        self._terms = terms
        self._contributors = {brand: contributors[brand] for brand in sorted(contributors)}
        self._randomness = randomness
        self._reference = 0

    @property
    def brands(self) -> tuple[BrandId, ...]:
        """The brands, ordered."""
        return tuple(self._contributors)

    def ask(self, asked: QuestionPayload, round_number: int) -> CohortAnswer:
        """Ask every brand and add up; there is nobody who could be missing."""
        contributions = self._terms.contributions
        vector = contributions.vector(QUESTION_OF[type(asked)])
        parts: Sequence[np.ndarray] = [
            contributions.encode(
                asked,
                contributor(asked, round_number),
                reference_persons=self._reference,
                randomness=self._randomness,
            )
            for contributor in self._contributors.values()
        ]
        total = vector.ring.zeros(vector.length)
        for part in parts:
            np.add(total, vector.check(part), out=total)
        payload = contributions.decode(
            asked,
            vector.decode(total, len(parts)),
            contributors=len(parts),
            reference_persons=self._reference,
        )
        answer = CohortAnswer(payload, self.brands, ())
        if isinstance(payload, CohortReply):
            self._reference = reference_persons_of(answer)
        return answer
