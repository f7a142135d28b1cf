from __future__ import annotations

from pathlib import Path

import pytest

from hanse_policies.canonical import digest
from hanse_policies.packs.pinned import pinned_packs
from hanse_policies.packs.shipped import find_pack
from hanse_policies.signing import SigningKey
from tests.support.documents import a_key
from tests.support.packs import a_check, a_pack, a_pin

COUNSEL = a_key(77)
SHIPPED = find_pack("cn-pipl").document


def lay(folder: Path, key: SigningKey, name: str = "example-act-1.0.0") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.dsse.json").write_bytes(key.sign(a_pack()).to_json())


def test_a_brand_that_pins_nothing_has_no_pack(tmp_path: Path) -> None:
    lay(tmp_path, COUNSEL)
    assert pinned_packs(tmp_path, (), COUNSEL.public_hex) == ()


def test_a_pack_that_ships_is_at_hand_unsigned(tmp_path: Path) -> None:
    (found,) = pinned_packs(tmp_path / "none", (a_pin(SHIPPED), a_pin(SHIPPED)), None)
    assert (found.digest, found.signed_by) == (digest(SHIPPED), None)


def test_a_pack_that_counsel_signed_is_at_hand_as_signed(tmp_path: Path) -> None:
    lay(tmp_path, COUNSEL)
    (found,) = pinned_packs(tmp_path, (a_pin(),), COUNSEL.public_hex)
    assert found.signed_by == COUNSEL.public_hex


@pytest.mark.parametrize("case", ["another key", "no counsel", "other words", "no envelope"])
def test_whatever_is_not_what_is_pinned_is_not_at_hand(tmp_path: Path, case: str) -> None:
    lay(tmp_path, a_key(78) if case == "another key" else COUNSEL)
    if case == "no envelope":
        (tmp_path / "example-act-1.0.0.dsse.json").write_bytes(b"{}")
    pinned = a_pack(checks=(a_check(severity="advise"),)) if case == "other words" else a_pack()
    counsel = None if case == "no counsel" else COUNSEL.public_hex
    assert pinned_packs(tmp_path, (a_pin(pinned),), counsel) == ()


def test_a_pin_of_a_shipped_name_with_another_digest_is_not_at_hand(tmp_path: Path) -> None:
    pin = SHIPPED.pin("0" * 64)
    assert pinned_packs(tmp_path, (pin,), None) == ()
