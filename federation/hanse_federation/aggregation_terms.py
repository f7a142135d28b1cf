"""What a signed study and a charter settle about a sum before anybody joins.

Brand and operator derive the same from the same documents; whoever follows
another charter derives another session, and its advertisements do not verify.
"""

from __future__ import annotations

from dataclasses import dataclass

from hanse_federation.contributions import Contributions
from hanse_federation.messages import Question
from hanse_federation.privacy.plan import plan_study
from hanse_federation.secure_aggregation.cohort import CohortRules, Members
from hanse_federation.secure_aggregation.context import Session
from hanse_policies.documents import LEAST_LEGAL_ENTITIES, AllianceCharter, Study


@dataclass(frozen=True, slots=True)
class AggregationTerms:
    """One study in one alliance.

    Attributes:
        study: The study.
        study_digest: SHA-256 of it as signed, 64 hex digits.
        charter: The charter that the deriving party follows.
        charter_digest: SHA-256 of it as signed, 64 hex digits.
    """

    study: Study
    study_digest: str
    charter: AllianceCharter
    charter_digest: str

    @property
    def members(self) -> Members:
        """The members and their pinned keys."""
        return Members(self.charter)

    @property
    def rules(self) -> CohortRules:
        """How many brands must stand behind a sum: what asks for most counts.

        Where brands share the noise, so many that no second sum can be made beside the first.
        """
        noise, floors = self.study.privacy.distributed, self.charter.floors
        least = max(self.study.minimum_brands, floors.minimum_brands, LEAST_LEGAL_ENTITIES)
        if noise is not None:
            least = max(least, noise.quorum(len(self.charter.members)))
        colluders = 0 if noise is None else noise.assumed_colluders
        return CohortRules(
            minimum_brands=least,
            spare_brands=0 if noise is None else noise.tolerated_dropouts,
            assumed_colluders=max(colluders, floors.assumed_colluders),
            is_complete=noise is not None,
        )

    @property
    def contributions(self) -> Contributions:
        """How answers are added up."""
        return Contributions.of(self.study, plan_study(self.study), self.charter)

    def session(self, run: int, question: Question, round_number: int, attempt: int) -> Session:
        """Describe one attempt to add up the answers to one question.

        Raises:
            AggregationFormatError: The study does not ask it, or the brands' contributions
                fit no ring.
        """
        return Session(
            alliance=self.charter.id,
            charter=self.charter_digest,
            study=self.study_digest,
            run=run,
            question=question.value,
            round_number=round_number,
            attempt=attempt,
            vector=self.contributions.vector(question),
        )
