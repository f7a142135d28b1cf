"""Which studies used consents that have ended since, and what follows for their releases.

Rules: nobody's name is kept or shown; whose consent ended is asked of the register, for
the instants at which this brand was charged for a question, which are those at which
consent was judged. A number of persons is an upper bound, rounded up to the charter's
floor. What follows is what the signed policy in force says when it is found, and is
signed; a later policy does not take it back. Whatever cannot be told is told so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from hanse_clients.earlier_registers import earlier_assets
from hanse_clients.errors import ReleaseRetiredError, ReleaseRetrainDueError
from hanse_clients.home import BrandHome
from hanse_clients.key_history import KeyHistory, opened
from hanse_clients.sources import BrandSources
from hanse_clients.state import BrandState
from hanse_clients.study_gate import OpenedStudy, StudyGate
from hanse_federation.desk import ReleaseEntry
from hanse_federation.errors import ReleaseError
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.release import read_release
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    BrandPolicy,
    ConsentEnd,
    ModelConsequence,
    PersonsAtMost,
    ReleaseConsequence,
    Withdrawal,
)
from hanse_policies.signing import Envelope, open_envelope

NEVER = datetime.max.replace(tzinfo=UTC)
PURPOSE_GONE = "purpose-not-recorded"
ASSET_GONE = "asset-not-described"
REGISTER_UNREADABLE = "register-unreadable"
REGISTER_CHANGED = "register-changed"
MAXIMUM_NAMED = 999
"""How many releases one withdrawal names."""


@dataclass(frozen=True, slots=True)
class StudyEnds:
    """What the register says now of the consents that one study used.

    Attributes:
        opened: The study.
        used: When consents were judged for it, oldest first.
        persons: For each way of ending that there is, how many persons at most.
        problem: Why it cannot be told in full, as a code; empty where it can.
    """

    opened: OpenedStudy
    used: tuple[datetime, ...]
    persons: tuple[tuple[ConsentEnd, PersonsAtMost], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SignedWithdrawal:
    """A withdrawal that this brand signed, with the digest of what was signed."""

    digest: str
    document: Withdrawal
    envelope: bytes


class ConsentEnds:
    """Finds what ended consents went into, and signs what follows."""

    def __init__(
        self,
        home: BrandHome,
        state: BrandState,
        gate: StudyGate,
        ledger: Ledger,
        sources: BrandSources,
    ) -> None:
        self._home = home
        self._state = state
        self._gate = gate
        self._ledger = ledger
        self._sources = sources

    def find(self, now: datetime) -> tuple[StudyEnds, ...]:
        """Ask the register about each study that this brand was charged for.

        Raises:
            DataError: The register cannot be read at all.
            SignedDocumentError: The asset document that describes it is not in effect.
            SignatureError: Charter or study are not signed by the pinned operator.
        """
        floor = self._home.charter(self._state).floors.minimum_persons
        used: dict[str, set[datetime]] = {}
        for entry in self._ledger.entries():
            used.setdefault(entry.charge.study_digest, set()).add(entry.charged_at)
        return tuple(
            self._found(self._gate.open(study), tuple(sorted(instants)), floor, now)
            for study, instants in used.items()
        )

    def _found(
        self, opened: OpenedStudy, used: tuple[datetime, ...], floor: int, now: datetime
    ) -> StudyEnds:
        asset = self._home.documents.signed_asset().document
        if opened.study.asset != asset.id:
            return StudyEnds(opened, used, problem=ASSET_GONE)
        word = asset.consent.purposes.get(opened.study.purpose)
        if word is None:
            return StudyEnds(opened, used, problem=PURPOSE_GONE)
        is_hidden = any(
            one.hides_from(asset, opened.study) and used[0] <= one.until
            for one in earlier_assets(self._home.documents, asset)
        )
        problem = REGISTER_CHANGED if is_hidden else ""
        ended = self._sources.rows().ended_consents(word, used, now)
        counted = (
            (ConsentEnd.WITHDRAWN, ended.withdrawn),
            (ConsentEnd.INVALIDATED, ended.invalidated),
        )
        persons = tuple((end, PersonsAtMost.of(n, floor)) for end, n in counted if n)
        return StudyEnds(
            opened, used, persons, REGISTER_UNREADABLE if ended.unreadable else problem
        )

    def record(self, found: Iterable[StudyEnds], now: datetime) -> tuple[SignedWithdrawal, ...]:
        """Sign what follows where it was not signed yet, or for fewer persons; plan the purges.

        Raises:
            DocumentError, SignedDocumentError: There is no policy in force to say it.
            StateAccessError: It cannot be recorded.
        """
        signed = []
        for ends in found:
            for end, persons in ends.persons:
                before = self._newest(ends.opened.digest, end)
                if before is not None and _covers(before.document, persons):
                    continue
                signed.append(self._sign(ends, end, persons, before, now))
        return tuple(signed)

    def withdrawals(self) -> tuple[SignedWithdrawal, ...]:
        """List what this brand signed, oldest first, each verified anew.

        What an earlier key of the brand signed stands, where a charter named that key for it.

        Raises:
            SignatureError: A record is not signed by this brand.
        """
        key = self._home.signing_key().public_hex
        envelopes = [Envelope.from_json(one) for one in self._state.ends.withdrawals()]
        return tuple(
            SignedWithdrawal(one.payload_digest, self._opened(one, key), one.to_json())
            for one in envelopes
        )

    def _opened(self, envelope: Envelope, key: str) -> Withdrawal:
        document = opened(envelope, Withdrawal, key)
        if document is None:
            operator = self._home.membership().operator_key
            history = KeyHistory(self._home.name, operator, self._state.charters())
            document = history.open(envelope, Withdrawal, key)
        return open_envelope(envelope, Withdrawal, key) if document is None else document

    def releases(self, now: datetime) -> tuple[ReleaseEntry, ...]:
        """List the releases that this brand fetched and may still read, each verified."""
        key = self._home.membership().operator_key
        found = []
        for folder in sorted(self._home.releases_folder.iterdir()):
            try:
                release = read_release(folder, key, now)
            except ReleaseError:
                continue
            card = release.card
            found.append(ReleaseEntry(release.digest, card.study, card.study_id))
        return tuple(found)

    def consequence_of(self, study: str, release: str | None) -> ReleaseConsequence | None:
        """Return what follows for a release of a study, the strictest of all; None if nothing."""
        standing = [
            one
            for signed in self.withdrawals()
            for one in _concerning(signed.document, study, release)
        ]
        return min(standing, key=_strictest_first, default=None)

    def _newest(self, study: str, end: ConsentEnd) -> SignedWithdrawal | None:
        of_study = (
            signed
            for signed in reversed(self.withdrawals())
            if signed.document.end is end
            and any(one.study == study for one in signed.document.consequences)
        )
        return next(of_study, None)

    def _sign(
        self,
        ends: StudyEnds,
        end: ConsentEnd,
        persons: PersonsAtMost,
        before: SignedWithdrawal | None,
        now: datetime,
    ) -> SignedWithdrawal:
        policy, study = self._home.documents.policy_in_force(now), ends.opened.digest
        name, ids = f"{end}-{study[:12]}", [one.document.id for one in self.withdrawals()]
        number = sum(known.startswith(name) for known in ids)
        document = Withdrawal(
            kind="Withdrawal",
            id=f"{name}-{number + 1}",
            alliance=self._home.configuration.alliance,
            brand=self._home.configuration.brand,
            asset=ends.opened.study.asset,
            purposes=(ends.opened.study.purpose,),
            end=end,
            after=min(ends.used[0], now),
            before=now,
            persons=persons,
            supersedes=None if before is None else before.digest,
            consequences=self._consequences(study, policy, end, now),
            purge_by=policy.withdrawal.by_end[end].purge_by(now),
        )
        envelope = self._home.signing_key().sign(document)
        signed = SignedWithdrawal(envelope.payload_digest, document, envelope.to_json())
        self._state.ends.record_withdrawal(signed.digest, signed.envelope, study, document.purge_by)
        return signed

    def _consequences(
        self, study: str, policy: BrandPolicy, end: ConsentEnd, now: datetime
    ) -> tuple[ReleaseConsequence, ...]:
        rule = policy.withdrawal.by_end[end]
        fetched = [entry.digest for entry in self.releases(now) if entry.study == study]
        return tuple(
            ReleaseConsequence(
                study=study,
                release=release,
                consequence=rule.consequence,
                due=rule.due(now),
                evidence=rule.evidence,
                policy=digest(policy),
            )
            # None stands for whatever is not named, so a long list may end early.
            for release in (*fetched[:MAXIMUM_NAMED], None)
        )


def check_in_use(study: str, consequence: ReleaseConsequence | None, now: datetime) -> None:
    """Refuse to use a release whose time is over.

    Args:
        study: The study's id, for the message.
        consequence: What follows for the release; None if nothing.
        now: When it is to be used.

    Raises:
        ReleaseRetiredError: It is retired.
        ReleaseRetrainDueError: Another one should have replaced it.
    """
    if consequence is None or consequence.due is None or now < consequence.due:
        return
    due = f"{consequence.due.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    rule = f"policy {consequence.policy[:12]}, rule withdrawal"
    if consequence.consequence is ModelConsequence.RETIRE:
        raise ReleaseRetiredError(
            f"expected a release in use, got one of study {study} that is retired since {due}, for "
            f"consents that went into it have ended ({rule}); use a release of another study"
        )
    raise ReleaseRetrainDueError(
        f"expected a release in use, got one of study {study} that was to be retrained by {due}, "
        f"for consents that went into it have ended ({rule}); fetch a release of a newer study"
    )


def _covers(before: Withdrawal, persons: PersonsAtMost) -> bool:
    return before.persons is not None and persons.at_most <= before.persons.at_most


def _concerning(
    document: Withdrawal, study: str, release: str | None
) -> tuple[ReleaseConsequence, ...]:
    """Return what a document says of a release: by its name, or else of all of its study."""
    of_study = [one for one in document.consequences if one.study == study]
    named = tuple(one for one in of_study if one.release == release)
    return named or tuple(one for one in of_study if one.release is None)


def _strictest_first(one: ReleaseConsequence) -> tuple[datetime, bool]:
    return one.due or NEVER, one.consequence is not ModelConsequence.RETIRE
