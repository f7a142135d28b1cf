"""What a brand's earlier folder holds that must outlive a change of key.

Rules: a person's no, a signed withdrawal with what follows from it, and a purge that is due go
on; a yes does not, for whoever held the earlier key could have given it, so that a person is
asked anew. What was signed is carried over only where it bears a key that a charter named for
this very brand, and a study only where the pinned operator signed it; anything else refuses the
whole, by its name, and nothing is written. What a document says stays the same to the byte. A
charge of the earlier ledger that the present one lacks refuses the whole too: no renewal ever
frees budget. Carried over again, nothing is there twice; what was said since stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from hanse_clients.end_records import PlannedPurge
from hanse_clients.errors import LedgerRenewalError, RecordsRenewalError
from hanse_clients.home import BrandHome
from hanse_clients.key_history import KeyHistory, opened
from hanse_clients.state import Approval, BrandState, OwnVerdict, SeenStudy
from hanse_clients.verdicts import REFUSED_BY_PERSON
from hanse_federation.privacy.charges import LedgerEntry
from hanse_federation.privacy.ledger import Ledger
from hanse_policies.documents import StrictModel, Study, StudyVerdict, Verdict, Withdrawal
from hanse_policies.errors import SignatureError
from hanse_policies.signing import Envelope, SigningKey

Signed = TypeVar("Signed", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class CarriedRefusal:
    """A person's no, and the refusal that the brand signed for it.

    Attributes:
        word: The no.
        verdict: The signed refusal, signed anew; None where it never came to one.
    """

    word: Approval
    verdict: OwnVerdict | None


@dataclass(frozen=True, slots=True)
class CarriedWithdrawal:
    """A signed withdrawal, signed anew."""

    digest: str
    document: Withdrawal
    envelope: bytes

    @property
    def studies(self) -> tuple[str, ...]:
        """Digests of the studies whose consents ended."""
        return tuple(dict.fromkeys(one.study for one in self.document.consequences))


@dataclass(frozen=True, slots=True)
class EarlierRecords:
    """What is carried over, each verified.

    Attributes:
        studies: What the others and the ledger name, as the operator signed it.
        refusals: What a person refused.
        withdrawals: Oldest first.
        purges: Planned or done; done again, for the new folder may hold a copy of what went.
    """

    studies: tuple[SeenStudy, ...] = ()
    refusals: tuple[CarriedRefusal, ...] = ()
    withdrawals: tuple[CarriedWithdrawal, ...] = ()
    purges: tuple[PlannedPurge, ...] = ()

    def write(self, state: BrandState, present: str) -> None:
        """Record all that is not there yet; cut short, the same call goes on.

        Args:
            state: The records of today.
            present: The brand's public key of today.

        Raises:
            StateAccessError: The disk is full or broken.
        """
        for study in self.studies:
            state.see_study(study)
        for refusal in self.refusals:
            _write_refusal(refusal, state, present)
        held = {Envelope.from_json(one).payload_digest for one in state.ends.withdrawals()}
        for signed in self.withdrawals:
            if signed.digest not in held:
                for named in signed.studies:
                    state.ends.plan_purge(named, signed.document.purge_by)
                state.ends.record_withdrawal(
                    signed.digest, signed.envelope, signed.studies[0], signed.document.purge_by
                )
        done = {one.study for one in state.ends.purges() if one.done_at is not None}
        for purge in self.purges:
            if purge.study not in done:
                state.ends.plan_purge(purge.study, purge.purge_by)


def _write_refusal(refusal: CarriedRefusal, state: BrandState, present: str) -> None:
    word = state.approval(refusal.word.study)
    if word is not None and word.approved:
        return  # A person said so after the key had changed.
    if word is None:
        state.record_approval(refusal.word)
    newest = state.verdict(refusal.word.study)
    ours = (
        None
        if newest is None
        else opened(Envelope.from_json(newest.envelope), StudyVerdict, present)
    )
    stands = ours is not None and ours.verdict is Verdict.DENY
    if refusal.verdict is not None and not stands:
        state.record_verdict(refusal.verdict)


@dataclass(frozen=True, slots=True)
class EarlierReading:
    """Reads and verifies an earlier folder's records.

    Attributes:
        held: The records.
        history: The keys that the brand had.
        key: The brand's key of today.
    """

    held: BrandState
    history: KeyHistory
    key: SigningKey

    def read(self, charged: frozenset[str]) -> EarlierRecords:
        """Verify all that is carried over.

        Args:
            charged: Digests of the studies that the ledger was charged for.

        Raises:
            RecordsRenewalError: Something bears no key that a charter named for this brand, or
                a study is not signed by the pinned operator.
        """
        seen = self.held.studies()
        refusals = tuple(one for study in seen for one in self._refusal(study.digest))
        withdrawals = tuple(self._withdrawal(one) for one in self.held.ends.withdrawals())
        purges = self.held.ends.purges()
        named = charged | {one.word.study for one in refusals} | {one.study for one in purges}
        named |= {study for one in withdrawals for study in one.studies}
        studies = tuple(self._study(one) for one in seen if one.digest in named)
        return EarlierRecords(studies, refusals, withdrawals, purges)

    def _refusal(self, study: str) -> Iterator[CarriedRefusal]:
        word, signed = self.held.approval(study), self.held.verdict(study)
        if word is not None and word.approved:
            return
        claims = signed is not None and _claims_refusal(signed)
        if word is None and not claims:
            return
        verdict = None if signed is None else self._verdict(study, signed)
        if word is None:
            if signed is None or verdict is None:
                return
            word = Approval(study, approved=False, given_at=signed.signed_at)
        yield CarriedRefusal(word, verdict)

    def _verdict(self, study: str, signed: OwnVerdict) -> OwnVerdict | None:
        """Sign a refusal anew; None for a permit that a person's no followed."""
        name = f"the verdict on study {study[:12]}"
        document, envelope = self._signed_anew(name, signed.envelope, StudyVerdict)
        if (document.study, document.brand) != (study, self.history.name.brand):
            raise self._foreign(name)
        if document.verdict is Verdict.PERMIT:
            return None
        return OwnVerdict(study, envelope.to_json(), signed.signed_at)

    def _withdrawal(self, envelope: bytes) -> CarriedWithdrawal:
        name = f"withdrawal {_digest_of(envelope)}"
        document, signed = self._signed_anew(name, envelope, Withdrawal)
        ours = self.history.name
        if (document.alliance, document.brand) != (ours.alliance, ours.brand):
            raise self._foreign(name)
        return CarriedWithdrawal(signed.payload_digest, document, signed.to_json())

    def _study(self, seen: SeenStudy) -> SeenStudy:
        try:
            envelope = Envelope.from_json(seen.envelope)
        except SignatureError:
            envelope = None
        key = self.history.operator_key
        if envelope is None or opened(envelope, Study, key) is None:
            raise RecordsRenewalError(
                f"expected study {seen.digest[:12]} of the earlier folder to be signed by the "
                "pinned operator, got another signature or changed content; restore state.db from "
                "a copy, nothing was carried over"
            )
        if envelope.payload_digest != seen.digest:
            raise self._foreign(f"study {seen.digest[:12]}")
        return seen

    def _signed_anew(
        self, name: str, signed: bytes, model: type[Signed]
    ) -> tuple[Signed, Envelope]:
        """Verify what an earlier key signed and sign the same bytes with the key of today."""
        try:
            envelope = Envelope.from_json(signed)
        except SignatureError as error:
            raise self._foreign(name) from error
        document = self.history.open(envelope, model, self.key.public_hex)
        if document is None:
            raise self._foreign(name)
        return document, self.key.sign(document)

    def _foreign(self, name: str) -> RecordsRenewalError:
        brand = self.history.name.brand
        return RecordsRenewalError(
            f"expected {name} of the earlier folder to be of brand {brand} and signed by a key "
            "that an accepted charter named for it, got another; restore state.db from a copy, "
            "nothing was carried over"
        )


def check_ledger(home: BrandHome, earlier: BrandHome) -> None:
    """Refuse a ledger that lacks what the earlier folder's one holds.

    A charge counts by its instant and its question; one that was answered there must be
    answered here, or its question would be answered a second time for nothing.

    Raises:
        LedgerRenewalError: A charge, or that it was answered, is not there.
        LedgerReadError, LedgerCorruptError: A ledger cannot be read.
    """
    ours = Ledger(home.ledger_file).entries()
    counted = Counter(_mark(one) for one in ours)
    answered = {one.charge.key for one in ours if one.answered}
    lacking = 0
    for entry in Ledger(earlier.ledger_file).entries():
        counted[_mark(entry)] -= 1
        is_open = entry.answered and entry.charge.key not in answered
        lacking += counted[_mark(entry)] < 0 or is_open
    if lacking:
        raise LedgerRenewalError(
            f"expected {home.ledger_file} to hold every charge and answer of "
            f"{earlier.ledger_file}, got one that lacks {lacking}; what was spent stays spent with "
            f"a new key, so copy {earlier.ledger_file} to {home.ledger_file} while nothing answers "
            "for this brand, and renew again"
        )


def charged_studies(home: BrandHome) -> frozenset[str]:
    """Tell which studies a brand's ledger was charged for; raises as `check_ledger`."""
    return frozenset(one.charge.study_digest for one in Ledger(home.ledger_file).entries())


def _mark(entry: LedgerEntry) -> tuple[object, ...]:
    return entry.charged_at, entry.charge


def _claims_refusal(signed: OwnVerdict) -> bool:
    """Tell whether a verdict says that a person refused, or may, whoever signed it."""
    try:
        payload = Envelope.from_json(signed.envelope).payload
    except SignatureError:
        return True
    return f'"{REFUSED_BY_PERSON}"'.encode() in payload


def _digest_of(envelope: bytes) -> str:
    try:
        return Envelope.from_json(envelope).payload_digest[:12]
    except SignatureError:
        return "that cannot be read"
