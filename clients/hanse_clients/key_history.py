"""The signing keys that a brand had, and what bears one of them.

Rules: a key counts as the brand's only where a charter that the pinned operator signed named it
for this very brand; which charters those are is read off the charters that the brand accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from hanse_clients.enrolment import BrandName
from hanse_clients.state import AcceptedCharter
from hanse_policies.documents import AllianceCharter, StrictModel
from hanse_policies.errors import SignatureError
from hanse_policies.signing import Envelope, open_envelope

Signed = TypeVar("Signed", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """The signing keys that the brand had, by the charters that it accepted.

    Attributes:
        name: The brand and its alliance.
        operator_key: The operator's key, as pinned.
        charters: The charters accepted, newest first.
    """

    name: BrandName
    operator_key: str
    charters: tuple[AcceptedCharter, ...]

    def named_keys(self) -> Iterator[tuple[str, int]]:
        """List each key that a charter named for this brand, with the newest such charter.

        A charter that the operator of today did not sign names none.
        """
        seen: set[str] = set()
        for held in self.charters:
            try:
                envelope = Envelope.from_json(held.envelope)
                charter = open_envelope(envelope, AllianceCharter, self.operator_key)
            except SignatureError:
                continue
            member = charter.member(self.name.brand)
            if charter.id != self.name.alliance or member is None or member.signing_key in seen:
                continue
            seen.add(member.signing_key)
            yield member.signing_key, charter.version

    def open(self, envelope: Envelope, model: type[Signed], present: str) -> Signed | None:
        """Read what the present key or a named one signed; None where none of them did.

        Args:
            envelope: What is signed.
            model: What it should hold.
            present: The brand's key of today.
        """
        document = opened(envelope, model, present)
        if document is not None:
            return document
        tried = (opened(envelope, model, key) for key, _ in self.named_keys())
        return next((one for one in tried if one is not None), None)


def opened(envelope: Envelope, model: type[Signed], public_hex: str) -> Signed | None:
    """Read what a key signed; None where it did not."""
    try:
        return open_envelope(envelope, model, public_hex)
    except SignatureError:
        return None
