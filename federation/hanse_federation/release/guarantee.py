"""The guarantee in one sentence, and what it does not cover, as printed on every release.

Rules: the sentence claims what the trust mode gives and no more; figures are
rounded up, never down.
"""

from __future__ import annotations

import math
from typing import Final

from hanse_federation.release.card import PrivacyStatement

LOCAL_LIMITS: Final = (
    (
        "The operator receives each brand's noised contribution by itself, not only the sum over "
        "brands; a brand relies on its own noise alone."
    ),
    "Losses of several releases about the same person add up; each brand's ledger keeps the sum.",
    "Which brands took part, which columns were read, and that a brand refused are not hidden.",
    "What holds for persons in general, and is learnt from many, is not hidden from anyone.",
    "A brand that computes on other data than it says is not detected.",
)
"""What mode `local` does not protect."""


def guarantee_sentence(privacy: PrivacyStatement) -> str:
    """State the guarantee of a release in one sentence.

    Args:
        privacy: The loss of everything that left for it.

    Source: Dwork, Roth 2014, definition 2.4; the person as unit, added or removed.
    """
    across = privacy.across_alliance
    return (
        "Whatever one person's data is, at every brand that holds it, the distribution of what "
        f"leaves that brand changes by at most ({_up(privacy.epsilon)}, {privacy.delta:.1e}), "
        f"and of what leaves all of at most {across.brands} "
        f"{'brand' if across.brands == 1 else 'brands'} that hold the person by at most "
        f"({_up(across.epsilon)}, {across.delta:.1e}), in the sense of (epsilon, delta)-"
        "differential privacy for adding or removing that person."
    )


def _up(epsilon: float) -> str:
    return f"{math.ceil(epsilon * 1000) / 1000:.3f}"
