"""Which masks are still in the sum, rebuilt from the shares that the survivors revealed.

In it are every survivor's self mask, and the pairwise masks between survivors and
brands that shared but dropped out. The others cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hanse_federation.secure_aggregation.errors import SumUnrecoverableError
from hanse_federation.secure_aggregation.key_agreement import MaskKey, self_mask_key
from hanse_federation.secure_aggregation.messages import RevealedShare
from hanse_federation.secure_aggregation.secret_sharing import join
from hanse_federation.secure_aggregation.server_state import ServerState
from hanse_federation.secure_aggregation.topology import Topology
from hanse_policies.documents import BrandId


def secrets_needed(state: ServerState, topology: Topology) -> tuple[BrandId, ...]:
    """List whose secret is needed: of each survivor, and of each that dropped beside one."""
    alive = frozenset(state.survivors)
    return tuple(
        brand
        for brand in state.sharers
        if brand in alive or alive.intersection(topology.neighbours[brand])
    )


def remaining_keys(
    state: ServerState,
    topology: Topology,
    revealed: Mapping[BrandId, Sequence[RevealedShare]],
) -> list[tuple[int, bytes]]:
    """List the streams still in the sum, with the sign that takes each off.

    Args:
        state: Who shared, and who survived.
        topology: Of the roster.
        revealed: The shares by holder, enough of each secret.

    Raises:
        SumUnrecoverableError: Shares contradict each other, or give another mask key than
            was advertised.
    """
    alive = frozenset(state.survivors)
    keys = []
    for owner, shares in _shares_by_owner(state, topology, revealed).items():
        secret = join(shares, topology.share_threshold)
        if owner in alive:
            keys.append((-1, self_mask_key(secret, topology.transcript, owner)))
        else:
            keys.extend(_pair_keys(owner, secret, alive, topology))
    return keys


def _shares_by_owner(
    state: ServerState,
    topology: Topology,
    revealed: Mapping[BrandId, Sequence[RevealedShare]],
) -> Mapping[BrandId, dict[int, bytes]]:
    found: dict[BrandId, dict[int, bytes]] = {
        owner: {} for owner in secrets_needed(state, topology)
    }
    for holder, shares in revealed.items():
        for share in shares:
            found[share.owner][topology.points[holder]] = share.value
    return found


def _pair_keys(
    dropped: BrandId, secret: bytes, alive: frozenset[BrandId], topology: Topology
) -> list[tuple[int, bytes]]:
    """List what the survivors masked with a brand that dropped."""
    agreed = MaskKey(secret)
    if agreed.public != topology.mask_keys[dropped]:
        raise SumUnrecoverableError(
            f"expected the shares to give the mask key that {dropped} advertised, got another; "
            "it shared something else, so run the study again without it"
        )
    keys = []
    for survivor in topology.neighbours[dropped]:
        if survivor in alive:
            low, high = sorted((dropped, survivor))
            peer = topology.mask_keys[survivor]
            key = agreed.pairwise_seed(peer, topology.transcript, low, high)
            keys.append((-1 if survivor == low else 1, key))
    return keys
