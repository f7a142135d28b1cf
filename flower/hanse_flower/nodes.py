"""Node ids: the numbers by which Flower's strategies know brands.

They follow from the brand's id alone, so they are the same in every run and
process, and they fit Flower's signed 64-bit fields.
"""

from __future__ import annotations

import hashlib

from hanse_policies.documents import BrandId

_DOMAIN = b"hanse-flower-node-id\x00"


def node_id_of(brand: BrandId) -> int:
    """Derive a brand's node id.

    Args:
        brand: The brand's identifier.

    Returns:
        A number in [2**62, 2**63): never 0 (no node) and never 1 (the operator).
    """
    digest = hashlib.sha256(_DOMAIN + brand.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2 | 1 << 62
