"""What a brand hands an auditor to open the commitment to one of its contributions.

The file holds a contribution in the clear, its noise in it. In mode `distributed`
that is less private than what the study released: it is for an auditor's eyes, never
for the operator's.
"""

from __future__ import annotations

import base64
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, StringConstraints

from hanse_federation.messages import Question
from hanse_federation.secure_aggregation.commitment import Opening, verify_opening
from hanse_federation.secure_aggregation.context import contribution_label
from hanse_federation.secure_aggregation.errors import CommitmentRefusedError
from hanse_federation.secure_aggregation.messages import Advertisement
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents.base import Digest, Identifier, StrictModel


class OpenedContribution(StrictModel):
    """One contribution and the nonce of its commitment."""

    kind: Literal["OpenedContribution"] = "OpenedContribution"
    alliance: Identifier
    brand: Identifier
    study: Digest
    question: Question
    round_number: Annotated[int, Field(ge=0, le=1_000_000)]
    ring_bits: Literal[16, 32, 64]
    nonce: Digest
    """32 bytes, hexadecimal."""
    vector: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
    """Ring elements, little-endian, base64."""

    @property
    def length(self) -> int:
        """Numbers in the contribution."""
        return len(base64.b64decode(self.vector)) * 8 // self.ring_bits

    def verify(self, advertisement: Advertisement) -> None:
        """Check the opening against what the brand signed when it joined.

        Args:
            advertisement: The brand's, from the operator's store; its signature is the
                caller's to check (`check_advertisement`).

        Raises:
            CommitmentRefusedError: It is another brand's, or of another contribution.
        """
        if advertisement.brand != self.brand:
            raise CommitmentRefusedError(
                f"expected the advertisement of {self.brand}, got one of {advertisement.brand}; "
                "take the one that this brand signed"
            )
        label = contribution_label(
            self.alliance, self.study, self.question.value, self.round_number
        )
        verify_opening(advertisement.commitment, self._opening(), label)

    def _opening(self) -> Opening:
        elements = base64.b64decode(self.vector)
        if len(elements) % (self.ring_bits // 8):
            raise CommitmentRefusedError(
                f"expected whole elements of {self.ring_bits} bits, got {len(elements)} bytes; "
                "ask the brand for the file again"
            )
        return Opening(
            bytes.fromhex(self.nonce), np.frombuffer(elements, dtype=Ring(self.ring_bits).dtype)
        )
