"""The legal packs that a brand judges studies by: those that charter and policy pin.

Rules: a pack lies in the folder `packs` as `ID-VERSION.dsse.json`, signed by the key that
the charter names for counsel, or ships with Hanse, unsigned. Whatever cannot be read or
verified, or says something else than is pinned, is not at hand, and the decision refuses
for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hanse_policies.documents import PackPin
from hanse_policies.errors import SignatureError, VocabularyError
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.shipped import shipped_pack
from hanse_policies.signing import MAXIMUM_ENVELOPE_BYTES, Envelope


def pinned_packs(
    folder: Path, pins: Iterable[PackPin], counsel_key: str | None
) -> tuple[PackInForce, ...]:
    """Gather the packs that are pinned, each once, signed by counsel where that can be verified.

    Args:
        folder: Where signed packs lie; need not exist.
        pins: Of the charter and of the brand's policy.
        counsel_key: Checks counsel's signature, as the charter names it; None for no counsel.
    """
    by_digest = {pin.digest: pin for pin in pins}
    found = (pinned_pack(folder, pin, counsel_key) for pin in by_digest.values())
    return tuple(pack for pack in found if pack is not None)


def pinned_pack(folder: Path, pin: PackPin, counsel_key: str | None) -> PackInForce | None:
    """Find one pack that is pinned, as `pinned_packs` does; None where it is not at hand."""
    signed = None if counsel_key is None else _signed_pack(folder, pin, counsel_key)
    if signed is not None:
        return signed
    shipped = shipped_pack(pin.name)
    pack = None if shipped is None else PackInForce.unsigned(shipped.document)
    return pack if pack is not None and pack.digest == pin.digest else None


def _signed_pack(folder: Path, pin: PackPin, counsel_key: str) -> PackInForce | None:
    try:
        with (folder / f"{pin.id}-{pin.version}.dsse.json").open("rb") as file:
            envelope = Envelope.from_json(file.read(MAXIMUM_ENVELOPE_BYTES + 1))
        pack = PackInForce.opened(envelope, counsel_key)
    except (OSError, SignatureError, VocabularyError):
        return None
    return pack if pack.digest == pin.digest else None
