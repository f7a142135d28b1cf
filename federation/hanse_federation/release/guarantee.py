"""The guarantee in one sentence, and what it does not cover, as printed on every release.

Rules: the sentence claims what the trust mode gives and no more; figures are
rounded up, never down; what a guarantee rests on stands in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from hanse_federation.release.card import PrivacyStatement, SharedNoise
from hanse_policies.documents import TrustMode

_ALWAYS: Final = (
    "Losses of several releases about the same person add up; each brand's ledger keeps the sum.",
    "Which brands took part, which columns were read, and that a brand refused are not hidden.",
    "What holds for persons in general, and is learnt from many, is not hidden from anyone.",
)
LOCAL_LIMITS: Final = (
    (
        "The operator decodes sums over at least three brands; if more than a third of the brands "
        "join forces with it, they may see another brand's noised part by itself."
    ),
    *_ALWAYS,
    "A brand that computes on other data than it says is not detected.",
)
"""What mode `local` does not protect; a brand's noised part keeps its own guarantee."""

DISTRIBUTED_LIMITS: Final = (
    (
        "A brand's part carries a share of the noise only: if more than a third of the brands "
        "join forces with the operator, they may see it with less noise than is stated."
    ),
    (
        "If more brands of a sum tell their noise than are assumed to collude, less noise than is "
        "stated remains for the persons of the others."
    ),
    *_ALWAYS,
    "A brand that computes on other data than it says, or adds too little noise, is not detected.",
)
"""What mode `distributed` does not protect."""

LIMITS: Final[Mapping[TrustMode, tuple[str, ...]]] = {
    TrustMode.LOCAL: LOCAL_LIMITS,
    TrustMode.DISTRIBUTED: DISTRIBUTED_LIMITS,
}
"""What each trust mode does not protect."""


def guarantee_sentence(privacy: PrivacyStatement) -> str:
    """State the guarantee of a release in one sentence.

    Args:
        privacy: The loss of everything that was released for it.

    Source: Dwork, Roth 2014, definition 2.4; the person as unit, added or removed.
    """
    if privacy.shared_noise is not None:
        return _distributed_sentence(privacy, privacy.shared_noise)
    across = privacy.across_alliance
    return (
        "Whatever one person's data is, at every brand that holds it, the distribution of what "
        f"leaves that brand changes by at most ({_up(privacy.epsilon)}, {privacy.delta:.1e}), "
        f"and of what leaves all of at most {_brands(across.brands)} that hold the person by at "
        f"most ({_up(across.epsilon)}, {across.delta:.1e}), in the sense of (epsilon, delta)-"
        "differential privacy for adding or removing that person."
    )


def _distributed_sentence(privacy: PrivacyStatement, noise: SharedNoise) -> str:
    across = privacy.across_alliance
    return (
        "Whatever one person's data is, the distribution of the sums that are decoded, each over "
        f"at least {_brands(noise.least_brands)}, changes by at most "
        f"({_up(privacy.epsilon)}, {privacy.delta:.1e}) with the person's data at one brand, and "
        f"by at most ({_up(across.epsilon)}, {across.delta:.1e}) with the person's data at all of "
        f"at most {_brands(across.brands)} that hold it, in the sense of (epsilon, delta)-"
        "differential privacy for adding or removing that person, while at most "
        f"{_brands(noise.assumed_colluders)} in a sum add no noise or tell theirs."
    )


def _brands(count: int) -> str:
    return f"{count} {'brand' if count == 1 else 'brands'}"


def _up(epsilon: float) -> str:
    return f"{math.ceil(epsilon * 1000) / 1000:.3f}"
