"""The operator's desk: what brands and the operator's own commands may ask.

Rules: a study is handed out only as signed; a verdict counts only if the brand
that the certificate names signed it with the key that the charter pins; a
release is handed only to its recipients. The operator's own opinion of a study
is advice: each brand decides by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

from hanse_federation.desk import (
    OperatorStatus,
    ProposedStudy,
    ReleaseEntry,
    ReleaseFile,
    RunEvent,
    StudyState,
    StudyStatus,
)
from hanse_federation.privacy import plan_study
from hanse_federation.release import is_recipient, release_files
from hanse_policies.documents import (
    AllianceCharter,
    BrandId,
    Study,
    StudyVerdict,
    Verdict,
)
from hanse_policies.errors import SignatureError
from hanse_policies.signing import Envelope, open_envelope
from hanse_server.errors import (
    ReleaseNotFoundError,
    StudyForeignError,
    StudyRunError,
    VerdictRefusedError,
)
from hanse_server.run_board import Execute, RunBoard
from hanse_server.store import StudyRecord, VerdictRecord
from hanse_server.study_run import RunSetting, StudyRun

_LOG = logging.getLogger(__name__)

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a brand's clock may be ahead of the operator's."""


class AllianceDesk:
    """Implements `BrandDesk` and `OperatorDesk` over the operator's store."""

    def __init__(self, setting: RunSetting, session: str) -> None:
        """Serve one alliance.

        Args:
            setting: The operator's link, store and key.
            session: Names this life of the serving process, for traffic counts.
        """
        self._setting = setting
        self._store = setting.store
        self._session = session
        self._board = RunBoard()

    # What brands ask.

    def charter(self) -> bytes:
        """Return the charter in force, as a signed envelope."""
        return self._store.membership.charter().envelope

    def studies(self, brand: BrandId) -> tuple[ProposedStudy, ...]:
        """List the studies proposed to the alliance; every brand hears of every study."""
        del brand
        return tuple(
            ProposedStudy(record.digest, record.envelope, record.state)
            for record in self._store.studies.studies()
        )

    def submit_verdict(self, brand: BrandId, envelope: bytes) -> None:
        """Take a brand's signed verdict.

        Raises:
            VerdictRefusedError: It is another brand's, or not about a study proposed.
            SignatureError: The brand's pinned key did not sign it.
            VerdictStaleError: A newer one was handed in before.
        """
        member = self._charter().member(brand)
        if member is None:
            raise VerdictRefusedError(f"expected a verdict of a member, got one of {brand}")
        verdict = open_envelope(Envelope.from_json(envelope), StudyVerdict, member.signing_key)
        if verdict.brand != brand:
            raise VerdictRefusedError(
                f"expected a verdict of brand {brand}, got one that names another brand"
            )
        now = self._setting.clock()
        if verdict.decided > now + CLOCK_TOLERANCE:
            raise VerdictRefusedError(
                "expected a verdict decided by now, got one from the future, which no later one "
                "could replace; set the brand's clock right"
            )
        record = VerdictRecord(brand, verdict.study, envelope, verdict.decided, now)
        self._store.studies.record_verdict(record)

    def releases(self, brand: BrandId) -> tuple[ReleaseEntry, ...]:
        """List the releases that this brand may fetch."""
        return tuple(
            ReleaseEntry(
                record.digest, record.study, self._store.studies.study(record.study).study_id
            )
            for record in self._store.runs.releases()
            if is_recipient(brand, record.recipients)
        )

    def release_files(self, brand: BrandId, digest: str) -> Iterator[ReleaseFile]:
        """Hand out a release, file by file.

        Raises:
            ReleaseNotFoundError: No such release, or not for this brand.
        """
        for record in self._store.runs.releases():
            if record.digest == digest and is_recipient(brand, record.recipients):
                return iter(release_files(self._setting.releases / record.directory))
        raise ReleaseNotFoundError(
            "expected a release made for this brand, got another digest; list the releases first"
        )

    # What the operator's own commands ask.

    def propose(self, envelope: bytes) -> str:
        """Take a signed study and hand it to the brands.

        Returns:
            The study's digest.

        Raises:
            SignatureError: The operator did not sign it.
            StudyForeignError: It is for another alliance, or expired.
            StudyConflictError: Another study has its id and version.
            PrivacyPlanError: No noise gives what it asks for.
        """
        signed, now = Envelope.from_json(envelope), self._setting.clock()
        study = open_envelope(signed, Study, self._setting.signing_key.public_hex)
        plan_study(study)
        charter = self._charter()
        if study.alliance != charter.id or study.is_expired(now):
            raise StudyForeignError(
                f"expected a study of alliance {charter.id} that has not expired, got one of "
                f"{study.alliance} that expires {study.expires.isoformat()}"
            )
        self._store.studies.propose(
            StudyRecord(
                signed.payload_digest,
                study.id,
                study.version,
                envelope,
                StudyState.PROPOSED,
                now,
            )
        )
        return signed.payload_digest

    def run(self, study: str) -> Iterator[RunEvent]:
        """Run a study to its end, telling each step; it goes on if nobody listens.

        A run that goes on already is followed from its beginning here.

        Raises:
            StudyUnknownError: No such study was proposed.
            StudyRunError: It is released or expired.
        """
        record = self._store.studies.study(study)
        opened = self._opened(record)
        is_begun = record.state is StudyState.RUNNING
        if opened.is_expired(self._setting.clock()) and not is_begun:
            raise StudyRunError(f"expected study {opened.id} to be in force, got an expired one")
        for event in self._board.follow(study, self._executing(opened, study)):
            self._store.traffic.record(self._session, self._setting.link.traffic())
            yield event

    def resume(self) -> None:
        """Take up the runs that nobody carries on; each goes on by itself.

        A killed server left them behind, or they could not write down that they stopped.
        """
        for run in self._store.runs.resumable():
            opened = self._opened(self._store.studies.study(run.study))
            self._board.begin(run.study, self._executing(opened, run.study))

    def _executing(self, study: Study, digest: str) -> Execute:
        def execute(tell: Callable[[RunEvent], None]) -> None:
            verdicts = self._verdicts(digest)
            held = Envelope.from_json(self._store.membership.charter().envelope)
            run = StudyRun(
                self._setting,
                study,
                digest,
                self._charter(),
                held.payload_digest,
                brands=tuple(BrandId(v.brand) for v in verdicts if v.verdict is Verdict.PERMIT),
                denials=tuple((BrandId(v.brand), v.codes[0]) for v in verdicts if v.codes),
            )
            run.execute(tell)

        return execute

    def status(self) -> OperatorStatus:
        """Describe the alliance now."""
        self._store.traffic.record(self._session, self._setting.link.traffic())
        charter = self._charter()
        return OperatorStatus(
            alliance=charter.id,
            enrolled=tuple(BrandId(member.brand) for member in charter.members),
            connected=self._setting.link.brands(),
            studies=tuple(self._study_status(r) for r in self._store.studies.studies()),
            traffic=self._store.traffic.totals(),
        )

    def _study_status(self, record: StudyRecord) -> StudyStatus:
        verdicts = self._verdicts(record.digest)
        released = [r.digest for r in self._store.runs.releases() if r.study == record.digest]
        return StudyStatus(
            digest=record.digest,
            study_id=record.study_id,
            state=record.state,
            approved=tuple(BrandId(v.brand) for v in verdicts if v.verdict is Verdict.PERMIT),
            refused=tuple(
                (BrandId(v.brand), v.codes) for v in verdicts if v.verdict is Verdict.DENY
            ),
            release=released[-1] if released else "",
        )

    def _verdicts(self, study: str) -> tuple[StudyVerdict, ...]:
        """Read the verdicts that present members signed with the keys pinned for them now."""
        charter = self._charter()
        held = []
        for record in self._store.studies.verdicts(study):
            member = charter.member(record.brand)
            if member is None:
                continue
            envelope = Envelope.from_json(record.envelope)
            try:
                held.append(open_envelope(envelope, StudyVerdict, member.signing_key))
            except SignatureError:
                # A brand that was enrolled anew with other keys has to say it again.
                _LOG.info("verdict of %s does not carry its present key", record.brand)
        return tuple(held)

    def _opened(self, record: StudyRecord) -> Study:
        key = self._setting.signing_key.public_hex
        return open_envelope(Envelope.from_json(record.envelope), Study, key)

    def _charter(self) -> AllianceCharter:
        held = Envelope.from_json(self._store.membership.charter().envelope)
        return open_envelope(held, AllianceCharter, self._setting.signing_key.public_hex)
