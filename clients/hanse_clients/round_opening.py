"""Opens a brand's own commitment: the contribution and its nonce, out of its store."""

from __future__ import annotations

import base64
from typing import Literal, cast

from hanse_clients.enrolment import BrandName
from hanse_clients.errors import ContributionMissingError
from hanse_clients.round_records import RoundKey
from hanse_clients.round_store import RoundStore
from hanse_federation.opened_contribution import OpenedContribution


def opened_contribution(rounds: RoundStore, key: RoundKey, name: BrandName) -> OpenedContribution:
    """Open the commitment to what this brand contributed to a round.

    Args:
        rounds: The brand's rounds.
        key: Which round.
        name: Alliance and brand.

    Raises:
        ContributionMissingError: Nothing was contributed there, or it was forgotten.
    """
    kept = rounds.contribution(key)
    held = None if kept is None else kept.contribution
    if held is None or held.vector is None or held.nonce is None:
        raise ContributionMissingError(
            f"expected a contribution to question {key.question} of round {key.round_number}, got "
            "none; this brand did not answer it, or forgot it when the retention ended"
        )
    return OpenedContribution(
        alliance=name.alliance,
        brand=name.brand,
        study=key.study,
        question=key.question,
        round_number=key.round_number,
        ring_bits=cast("Literal[16, 32, 64]", held.ring_bits),
        nonce=held.nonce.hex(),
        vector=base64.b64encode(held.vector).decode(),
    )
