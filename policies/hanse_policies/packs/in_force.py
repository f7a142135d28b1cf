"""A legal pack as a decision takes it: with its digest, its functions and who signed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from hanse_policies.canonical import digest
from hanse_policies.documents import LegalCheck, LegalPack
from hanse_policies.packs.compiling import CompiledCheck, compile_pack
from hanse_policies.packs.legal_facts import LegalFacts
from hanse_policies.packs.lists import Answer
from hanse_policies.signing import Envelope, open_envelope

KEPT_PACKS = 32


@dataclass(frozen=True, slots=True)
class PackInForce:
    """A pack that is ready to be asked.

    Attributes:
        pack: What it says.
        digest: Of its canonical form, which charters and policies pin.
        signed_by: The key that its envelope was opened with; None for a pack that was
            read without one, which never counts as signed by counsel.
        checks: Its checks as functions.
    """

    pack: LegalPack
    digest: str
    signed_by: str | None
    checks: tuple[CompiledCheck, ...] = field(repr=False)

    @classmethod
    def unsigned(cls, pack: LegalPack) -> PackInForce:
        """Take a pack that nobody's signature was verified of.

        Raises:
            UnknownTermError: The pack names a category that its taxonomy does not hold.
        """
        keyed = _KeyedPack(digest(pack), pack)
        return cls(pack, keyed.digest, None, _compiled(keyed))

    @classmethod
    def opened(cls, envelope: Envelope, public_hex: str) -> PackInForce:
        """Verify a signed pack with a known key and take it.

        Args:
            envelope: What was received.
            public_hex: The key that must have signed; counsel's, as the charter names it.

        Raises:
            SignatureError: It is not signed by this key, or holds no valid pack.
            UnknownTermError: The pack names a category that its taxonomy does not hold.
        """
        pack = open_envelope(envelope, LegalPack, public_hex)
        keyed = _KeyedPack(envelope.payload_digest, pack)
        return cls(pack, keyed.digest, public_hex, _compiled(keyed))

    def unmet(self, facts: LegalFacts) -> list[tuple[LegalCheck, Answer]]:
        """List the checks that are not met, or not known to be, with the answer."""
        return [
            (one.check, answer) for one in self.checks if (answer := one.ask(facts)) is not True
        ]


@dataclass(frozen=True, slots=True)
class _KeyedPack:
    """A pack that is equal to another where its digest is."""

    digest: str
    pack: LegalPack = field(compare=False)


@lru_cache(maxsize=KEPT_PACKS)
def _compiled(keyed: _KeyedPack) -> tuple[CompiledCheck, ...]:
    return compile_pack(keyed.pack)
