"""Who shares with whom in an attempt, and at which points of the polynomials.

Everything here follows from the transcript, so every party derives the same.
Up to 50 participants everybody is everybody's neighbour; beyond, each has the
least number of neighbours that the stated security and drop-outs allow, on a
ring shuffled by the transcript.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from hanse_federation.secure_aggregation.cohort import CohortRules
from hanse_federation.secure_aggregation.context import Session, transcript_of
from hanse_federation.secure_aggregation.graph import neighbourhoods
from hanse_federation.secure_aggregation.messages import Advertisement
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """The derived facts of one roster.

    Attributes:
        transcript: What everything after the roster is bound to.
        threshold: Endorsements and survivors needed.
        share_threshold: Shares needed to rebuild a secret.
        mask_keys: Everybody's public mask key.
        neighbours: Everybody's neighbours, ordered.
        points: The point of each holder on everybody's polynomials, from 1.
        holders: Filled by `points_of`.
    """

    transcript: bytes
    threshold: int
    share_threshold: int
    mask_keys: Mapping[BrandId, bytes]
    neighbours: Mapping[BrandId, tuple[BrandId, ...]]
    points: Mapping[BrandId, int]
    holders: dict[BrandId, Mapping[BrandId, int]] = field(default_factory=dict, repr=False)

    def points_of(self, owner: BrandId) -> Mapping[BrandId, int]:
        """Map each holder of `owner`'s shares, itself among them, to its point; ordered."""
        known = self.holders.get(owner)
        if known is None:
            holders = sorted((*self.neighbours[owner], owner))
            known = self.holders[owner] = {holder: self.points[holder] for holder in holders}
        return known


def topology_of(session: Session, rules: CohortRules, roster: Sequence[Advertisement]) -> Topology:
    """Derive the topology of a roster that is ordered by brand.

    Args:
        session: The session.
        rules: How many endorsements unmasking needs, and who shares with whom.
        roster: Everybody's advertisement.
    """
    return _derived(session, rules, tuple(roster))


@lru_cache(maxsize=8)
def _derived(session: Session, rules: CohortRules, roster: tuple[Advertisement, ...]) -> Topology:
    threshold = rules.threshold(len(roster))
    transcript = transcript_of(session, threshold, roster)
    brands = tuple(ad.brand for ad in roster)
    graph = neighbourhoods(
        brands, transcript, rules.assumed_colluders, is_complete=rules.is_complete
    )
    return Topology(
        transcript=transcript,
        threshold=threshold,
        share_threshold=threshold if graph.share_threshold is None else graph.share_threshold,
        mask_keys={ad.brand: ad.mask_key for ad in roster},
        neighbours=graph.neighbours,
        points={brand: number for number, brand in enumerate(brands, start=1)},
    )
