from __future__ import annotations

from hanse_flower import node_id_of
from hanse_policies.documents import BrandId


def test_node_id_is_the_same_in_every_process() -> None:
    assert node_id_of(BrandId("aurora")) == 8_523_687_808_020_737_257


def test_node_ids_fit_a_signed_64_bit_field_and_are_never_reserved() -> None:
    ids = [node_id_of(BrandId(f"brand-{number}")) for number in range(500)]
    assert len(set(ids)) == 500
    assert all(2**62 <= node < 2**63 for node in ids)
