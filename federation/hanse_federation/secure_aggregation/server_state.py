"""What an operator keeps of an attempt; how, is its store's concern.

Nothing in it is secret from the operator: signed advertisements, shares that are
sealed for others, the survivor list, endorsements.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.messages import Advertisement, Endorsement, SealedShare
from hanse_policies.documents import BrandId


class Phase(StrEnum):
    """Which replies an attempt waits for."""

    JOINING = "joining"
    SHARING = "sharing"
    MASKING = "masking"
    ENDORSING = "endorsing"
    UNMASKING = "unmasking"


@dataclass(frozen=True, slots=True)
class ServerState:
    """Where an attempt stands; each field is set when its step closes, and then fixed.

    Attributes:
        session: The attempt.
        phase: Which replies it waits for.
        roster: Advertisements of those who joined, ordered by brand.
        sharers: Who shared, ordered.
        sealed: Their shares for each other, ordered by owner, then holder.
        survivors: Whose masked vectors are in the running sum, ordered.
        endorsements: Signatures on that list, ordered by brand.
    """

    session: Session
    phase: Phase
    roster: tuple[Advertisement, ...] = ()
    sharers: tuple[BrandId, ...] = ()
    sealed: tuple[SealedShare, ...] = ()
    survivors: tuple[BrandId, ...] = ()
    endorsements: tuple[Endorsement, ...] = ()
