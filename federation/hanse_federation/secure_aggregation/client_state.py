"""What a brand keeps of an attempt between two steps, and its bytes for the store.

Rules: a state is written to disk before the reply that it belongs to leaves. It
holds secrets only as long as a later step needs them: the seed and the private
key are gone once the masked vector is made, the shares of others once they were
revealed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.errors import AggregationSessionError
from hanse_federation.secure_aggregation.messages import Advertisement
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents import BrandId

_VERSION = 1


@dataclass(frozen=True, slots=True, repr=False)
class HeldShares:
    """The shares that this brand holds of one owner's secrets."""

    owner: BrandId
    self_mask: bytes
    mask_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ClientState:
    """Where a brand stands in one attempt.

    Attributes:
        session: The attempt.
        mine: What this brand advertised.
        mask_key: Its private key behind the pairwise masks; empty once used.
        seed: Seed of its self mask; empty once used.
        roster: Everybody's advertisement; empty before the share step.
        held: Shares it holds, its own self-mask share among them, ordered by owner;
            empty before the mask step and once revealed.
        endorsed: The survivor list that it signed; empty before.
        has_masked: Whether its masked vector was made.
        has_revealed: Whether it revealed shares.
    """

    session: Session
    mine: Advertisement
    mask_key: bytes = b""
    seed: bytes = b""
    roster: tuple[Advertisement, ...] = ()
    held: tuple[HeldShares, ...] = ()
    endorsed: tuple[BrandId, ...] = ()
    has_masked: bool = False
    has_revealed: bool = False

    def to_bytes(self) -> bytes:
        """Write the state for this brand's own store; it holds secrets."""
        fields = {
            "version": _VERSION,
            "session": _session_fields(self.session),
            "mine": _advertisement_fields(self.mine),
            "mask_key": self.mask_key.hex(),
            "seed": self.seed.hex(),
            "roster": [_advertisement_fields(each) for each in self.roster],
            "held": [[held.owner, held.self_mask.hex(), held.mask_key.hex()] for held in self.held],
            "endorsed": list(self.endorsed),
            "has_masked": self.has_masked,
            "has_revealed": self.has_revealed,
        }
        return json.dumps(fields, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> ClientState:
        """Read what `to_bytes` wrote.

        Raises:
            AggregationSessionError: The store holds something else.
        """
        try:
            return _state(json.loads(data))
        except (ValueError, KeyError, TypeError) as error:
            raise AggregationSessionError(
                "expected the kept state of an attempt, got something else; the brand's store of "
                "rounds is damaged, so leave this round out"
            ) from error


def _state(held: dict[str, Any]) -> ClientState:
    if held["version"] != _VERSION:
        raise ValueError("version")
    return ClientState(
        session=_session_from_fields(held["session"]),
        mine=_advertisement_from_fields(held["mine"]),
        mask_key=bytes.fromhex(held["mask_key"]),
        seed=bytes.fromhex(held["seed"]),
        roster=tuple(_advertisement_from_fields(each) for each in held["roster"]),
        held=tuple(
            HeldShares(BrandId(owner), bytes.fromhex(self_mask), bytes.fromhex(mask_key))
            for owner, self_mask, mask_key in held["held"]
        ),
        endorsed=tuple(BrandId(brand) for brand in held["endorsed"]),
        has_masked=held["has_masked"],
        has_revealed=held["has_revealed"],
    )


def _session_fields(session: Session) -> dict[str, Any]:
    vector = session.vector
    return {
        "alliance": session.alliance,
        "charter": session.charter,
        "study": session.study,
        "run": session.run,
        "question": session.question,
        "round_number": session.round_number,
        "attempt": session.attempt,
        "vector": [vector.length, vector.ring.bits, vector.bound, vector.contributors],
    }


def _session_from_fields(held: dict[str, Any]) -> Session:
    length, bits, bound, contributors = held.pop("vector")
    return Session(**held, vector=VectorFormat(length, Ring(bits), bound, contributors))


def _advertisement_fields(ad: Advertisement) -> list[str]:
    return [ad.brand, ad.mask_key.hex(), ad.policy.hex(), ad.commitment.hex(), ad.signature.hex()]


def _advertisement_from_fields(held: list[str]) -> Advertisement:
    brand, *rest = held
    mask_key, policy, commitment, signature = (bytes.fromhex(text) for text in rest)
    return Advertisement(BrandId(brand), mask_key, policy, commitment, signature)
