"""Who may take part, and how many must: the checks that every brand makes for itself.

Rules: members and their keys come from the charter that the checking party
follows, never from a message. Two brands of one legal entity count once. A sum
stands behind at least three legal entities, whatever a study says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hanse_federation.secure_aggregation.errors import (
    CohortFloorError,
    NoiseSharesError,
    ParticipantUnknownError,
    RosterRefusedError,
)
from hanse_federation.secure_aggregation.key_agreement import PublicKeys
from hanse_policies.documents import LEAST_LEGAL_ENTITIES, AllianceCharter, BrandId


@dataclass(frozen=True, slots=True)
class Participant:
    """A member as its charter pins it; `legal_entity` is the key that tells owners apart."""

    brand: BrandId
    legal_entity: str
    keys: PublicKeys


@dataclass(frozen=True, slots=True)
class CohortRules:
    """How many brands must stand behind a sum.

    Attributes:
        minimum_brands: Fewest brands in a decoded sum.
        spare_brands: How many more must join, so that as many may drop out.
        assumed_colluders: Most brands that collude with the server, whatever the roster.
        is_complete: Whether everybody shares with everybody, also where a sparse graph would
            do: then the threshold is how many reveal, not only how many endorse.
    """

    minimum_brands: int
    spare_brands: int = 0
    assumed_colluders: int = 1
    is_complete: bool = False

    def threshold(self, participants: int) -> int:
        """Return how many of `participants` must endorse and reveal: over two thirds.

        A colluder endorses two survivor lists that differ, an honest brand one. For both
        to find t endorsements, 2 * (t - colluders) honest brands are needed, so more than
        half of participants and colluders together rule it out. Two thirds do so while
        fewer than a third collude; but the server chooses who is in the roster, and can
        leave honest brands out until its colluders are more than a third of it.
        """
        enough = (participants + self.assumed_colluders) // 2 + 1
        return max(2 * participants // 3 + 1, enough, self.minimum_brands)


class Members:
    """The members of a charter."""

    def __init__(self, charter: AllianceCharter) -> None:
        """Read members and their pinned keys out of a charter that was verified."""
        self._members: Mapping[BrandId, Participant] = {
            BrandId(member.brand): Participant(
                BrandId(member.brand),
                member.entity_key,
                PublicKeys(bytes.fromhex(member.signing_key), bytes.fromhex(member.agreement_key)),
            )
            for member in charter.members
        }

    def find(self, brand: BrandId) -> Participant:
        """Find a member.

        Raises:
            ParticipantUnknownError: The charter has no such member.
        """
        found = self._members.get(brand)
        if found is None:
            raise ParticipantUnknownError(
                "expected participants of the charter that this party follows, got a stranger; "
                "wait until every party follows the newest charter"
            )
        return found

    def entities(self, brands: Sequence[BrandId]) -> int:
        """Count the legal entities behind brands; spelling apart, one name is one entity.

        Raises:
            ParticipantUnknownError: One of them is no member.
        """
        return len({self.find(brand).legal_entity for brand in brands})

    def check_roster(self, brands: Sequence[BrandId], rules: CohortRules) -> None:
        """Refuse participants that are not distinct, not in order, or too few.

        Raises:
            RosterRefusedError: They are not strictly ordered by brand.
            ParticipantUnknownError: One of them is no member.
            CohortFloorError: They are too few brands or legal entities.
            NoiseSharesError: They leave no room for the drop-outs that the noise allows for.
        """
        check_ordered(brands)
        self.check_floor(brands, rules)
        needed = rules.minimum_brands + rules.spare_brands
        if len(brands) < needed:
            raise NoiseSharesError(
                f"expected at least {needed} participants, {rules.minimum_brands} in the sum and "
                f"{rules.spare_brands} that may drop out, got {len(brands)}; wait for more brands "
                "or propose a study that tolerates fewer drop-outs"
            )

    def check_floor(self, brands: Sequence[BrandId], rules: CohortRules) -> None:
        """Refuse brands that are too few to stand behind a sum.

        Raises:
            ParticipantUnknownError: One of them is no member.
            CohortFloorError: They are fewer brands, or fewer legal entities, than the floor.
        """
        entities = self.entities(brands)
        if len(brands) < rules.minimum_brands or entities < LEAST_LEGAL_ENTITIES:
            raise CohortFloorError(
                f"expected a sum over at least {rules.minimum_brands} brands of at least "
                f"{LEAST_LEGAL_ENTITIES} legal entities, got {len(brands)} of {entities}; wait for "
                "more brands"
            )


def check_ordered(brands: Sequence[BrandId]) -> None:
    """Refuse brands that are not strictly ordered, hence any that is named twice.

    Raises:
        RosterRefusedError: They are not.
    """
    if any(first >= second for first, second in pairwise(brands)):
        raise RosterRefusedError(
            "expected brands in order, each once, got another list; the server is not sound"
        )
