"""A brand takes the operator's charters: follows them, or lets them wait for a person.

Rules: what a charter changes in membership alone, and what only tightens, is followed at
once; all else waits, and until a person accepted it nothing runs here, by either charter:
members of a cohort keep one set of floors and noise, so none can keep to the older one
alone. The person accepts one charter, by its digest, and the brand signs that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hanse_clients.enrolment import BrandName
from hanse_clients.held_charters import CharterTaken, SignedAcceptance, SignedCharter, not_waiting
from hanse_clients.state import BrandState
from hanse_policies.compare.charters import changes_to_accept
from hanse_policies.compare.comparison import Comparison, compare_versions
from hanse_policies.compare.direction import FieldChange
from hanse_policies.documents import AllianceCharter, CharterAcceptance
from hanse_policies.signing import Envelope, SigningKey

if TYPE_CHECKING:
    from hanse_policies.compare.witness import Witness


@dataclass(frozen=True, slots=True)
class WaitingCharter:
    """A charter that waits, beside the one in force.

    Attributes:
        signed: It, as the operator signed it.
        follows: Digest of the one in force.
        comparison: All that lies between the two.
        to_accept: What a person has to accept of that.
    """

    signed: SignedCharter
    follows: str
    comparison: Comparison
    to_accept: tuple[FieldChange, ...]

    def witnesses(self) -> tuple[Witness, ...]:
        """Find a request that is newly allowed and one that is newly refused, if there are such."""
        # A search, for people: what lasts and only follows charters does without.
        from hanse_policies.compare.witness import find_witnesses  # noqa: PLC0415

        return find_witnesses(self.comparison)


def take_charter(
    state: BrandState, charter: AllianceCharter, signed: Envelope, now: datetime
) -> CharterTaken:
    """Follow a charter whose signature has been verified, or let it wait.

    Raises:
        CharterRefusedError: It is older than one handed out before, or a fork.
    """

    def is_followed(in_force: bytes) -> bool:
        return not changes_to_accept(_read(in_force), charter)

    handed = SignedCharter(charter.version, signed.payload_digest, signed.to_json(), now)
    return state.held.take(handed, is_followed)


def waiting_charter(state: BrandState) -> WaitingCharter | None:
    """Compare the charter that waits with the one in force; None where none waits."""
    waiting, in_force = state.held.waiting(), state.charter()
    if waiting is None or in_force is None:
        return None
    before, after = _read(in_force.envelope), _read(waiting.envelope)
    return WaitingCharter(
        waiting, in_force.digest, compare_versions(before, after), changes_to_accept(before, after)
    )


def accept_charter(
    state: BrandState, name: BrandName, key: SigningKey, digest: str, now: datetime
) -> WaitingCharter:
    """Record that a person accepted the charter that waits, signed, and put it in force.

    Args:
        state: The brand's open records.
        name: The brand.
        key: Signs what the brand says.
        digest: The charter, as the person saw it; the whole digest.
        now: When it is accepted.

    Returns:
        What was accepted.

    Raises:
        CharterNotWaitingError: No charter of that digest waits; nothing is recorded.
    """
    waiting = waiting_charter(state)
    if waiting is None or waiting.signed.digest != digest:
        raise not_waiting(digest, None if waiting is None else waiting.signed)
    acceptance = CharterAcceptance(
        alliance=name.alliance,
        brand=name.brand,
        charter=digest,
        version=waiting.signed.version,
        supersedes=waiting.follows,
        changes=tuple(dict.fromkeys(change.name for change in waiting.to_accept)),
        accepted=now,
    )
    signed = SignedAcceptance(digest, key.sign(acceptance).to_json(), now)
    state.held.accept(signed, follows=waiting.follows)
    return waiting


def _read(envelope: bytes) -> AllianceCharter:
    """Read a charter out of the brand's own records, verified before it was put there."""
    return AllianceCharter.model_validate_json(Envelope.from_json(envelope).payload)
