"""What the two trust modes change in the demo's studies; everything else is the same in both.

Rules: the documents in `documents/` hold names for these values and say why they
are what they are; each brand in a sum counts, so the floor of brands lies as high as
the drop-outs tolerated allow.
"""

from __future__ import annotations

from dataclasses import dataclass

from hanse_policies.documents import DistributedNoise, TrustMode

LEAST_BRANDS = 3
ASSUMED_COLLUDERS = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """How training is cut into rounds.

    Attributes:
        rounds: Sums that the model is made of.
        steps_per_round: Steps that a brand takes before its part is summed.
        learning_rate: Length of a step.
    """

    rounds: int
    steps_per_round: int
    learning_rate: float


PACES = {
    TrustMode.LOCAL: Pace(rounds=5, steps_per_round=10, learning_rate=1.0),
    TrustMode.DISTRIBUTED: Pace(rounds=10, steps_per_round=1, learning_rate=2.0),
}


def study_values(mode: TrustMode, brands: int) -> dict[str, str]:
    """Return what the study documents are filled in with.

    Args:
        mode: Where noise is added.
        brands: How many brands take part, at least 3.
    """
    pace = PACES[mode]
    noise = _noise(brands) if mode is TrustMode.DISTRIBUTED else None
    return {
        "trust": f"mode: {mode}" if noise is None else f"mode: {mode}\n  {_block(noise)}",
        "minimum_brands": str(LEAST_BRANDS if noise is None else brands - noise.tolerated_dropouts),
        "rounds": str(pace.rounds),
        "steps_per_round": str(pace.steps_per_round),
        "learning_rate": str(pace.learning_rate),
    }


def _noise(brands: int) -> DistributedNoise:
    """Let one brand fall silent wherever enough others stay, and one tell its noise."""
    return DistributedNoise(
        tolerated_dropouts=min(1, brands - LEAST_BRANDS), assumed_colluders=ASSUMED_COLLUDERS
    )


def _block(noise: DistributedNoise) -> str:
    fields = ", ".join(f"{name}: {value}" for name, value in noise.model_dump().items())
    return f"distributed: {{{fields}}}"
