"""The brand's lasting process: it listens for studies and answers approved ones.

Rules: it dials out and listens on no port; each message that leaves is in the
egress journal before its first byte is sent; a study is decided on as soon as
it is heard of; what fails in hearing of studies is logged by its code, a defect by
its type and place, and tried again: neither one study nor a server that is away
keeps other studies, retention or planned purges waiting, and nothing of it stops
the answering of requests.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from hanse_clients.aggregating import AggregatingResponder
from hanse_clients.link import BrandConnection, SentMessage
from hanse_clients.purging import StudyPurge
from hanse_clients.round_retention import RoundRetention
from hanse_clients.verdicts import OperatorContact, VerdictDesk
from hanse_federation.audit import EgressJournal, EgressRecord
from hanse_federation.errors import LinkError
from hanse_federation.link.errors import DeskRefusedError
from hanse_federation.randomness import SystemRandomness
from hanse_federation.structured_logs import without_words
from hanse_policies.documents import StudyVerdict, TrainModel, Verdict
from hanse_policies.errors import HanseError

_LOG = logging.getLogger(__name__)

TIDY_AFTER = timedelta(hours=1)
"""How often a brand looks for contributions whose retention has ended."""

REJUDGE_AFTER = timedelta(seconds=60)
"""How long a decision on a study that does not run yet stands before it is made anew."""


class BrandAgent:
    """Runs a brand's side of the alliance until told to stop."""

    def __init__(
        self,
        connection: BrandConnection,
        contact: OperatorContact,
        desk: VerdictDesk,
        *,
        retention: RoundRetention,
        purge: StudyPurge,
        poll_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._retention = retention
        self._purge = purge
        self._tidied: datetime | None = None
        self._connection = connection
        self._contact = contact
        self._desk = desk
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._sent: dict[str, StudyVerdict] = {}
        self._judged: dict[str, datetime] = {}
        self._will_train: TrainModel | None = None
        self._is_warm = False

    def run(self, stop: threading.Event) -> None:
        """Answer and listen until `stop` is set.

        Raises:
            CertificateRefusedError: The operator no longer lets this brand in.
        """
        listening = threading.Thread(target=self._listen, args=(stop,), daemon=True)
        listening.start()
        try:
            self._connection.run(stop)
        finally:
            stop.set()
            listening.join(timeout=10)

    def _listen(self, stop: threading.Event) -> None:
        failed = ""
        while not stop.is_set():
            try:
                self.hear_and_settle()
                failed = ""
            except HanseError as error:
                if error.code != failed:
                    _LOG.warning("cannot hear of studies now (%s); trying again", error.code)
                failed = error.code
            except Exception as error:  # noqa: BLE001 - a defect must not end the listening
                if (defect := without_words(error)) != failed:
                    _LOG.error("cannot hear of studies now, a defect (%s); trying again", defect)
                failed = defect
            stop.wait(self._poll_seconds)

    def hear_and_settle(self) -> None:
        """Hear of studies once, decide on each and hand the verdicts in; tidy up in any case."""
        now = self._clock()
        try:
            for digest in self._desk.hear(self._contact, now):
                if digest in self._judged and now - self._judged[digest] < REJUDGE_AFTER:
                    continue
                self._settle_apart(digest, now)
                self._judged[digest] = now
        finally:
            self._tidy(now)
        self._warm_up()

    def _settle_apart(self, digest: str, now: datetime) -> None:
        """Settle a study so that it keeps no other waiting; raises if the server is away."""
        try:
            self._settle(digest, now)
        except HanseError as error:
            if isinstance(error, LinkError) and not isinstance(error, DeskRefusedError):
                raise
            _LOG.warning("study %s: not settled (%s)", digest[:12], error.code)
        except Exception as error:  # noqa: BLE001 - a defect in one study is that study's alone
            _LOG.error("study %s: not settled, a defect (%s)", digest[:12], without_words(error))

    def _tidy(self, now: datetime) -> None:
        """Forget, once in a while, what has no more time: by retention, or by a planned purge."""
        if self._tidied is None or now - self._tidied >= TIDY_AFTER:
            for study in self._retention.forget_due(now):
                _LOG.info("study %s: contributions forgotten, their time is over", study[:12])
            self._purge.forget_rows()
            for study in self._purge.purge_due(now):
                _LOG.info("study %s: purged, as was planned", study[:12])
            self._tidied = now

    def _settle(self, digest: str, now: datetime) -> None:
        verdict = self._desk.settle(digest, now)
        if verdict is None:
            return
        if self._sent.get(digest) != verdict:
            self._desk.send(self._contact, digest)
            self._sent[digest] = verdict
            _LOG.info("study %s: %s", digest[:12], verdict.verdict.value)
        computation = self._desk.study(digest).computation
        if verdict.verdict is Verdict.PERMIT and isinstance(computation, TrainModel):
            self._will_train = self._will_train or computation

    def _warm_up(self) -> None:
        """Load the training libraries before the first round asks for them, not in it."""
        if self._is_warm or self._will_train is None:
            return
        # torch takes seconds and 200 MB: only a brand that will train pays.
        from hanse_clients.training import warm_up  # noqa: PLC0415

        warm_up(self._will_train, SystemRandomness())
        self._is_warm = True


def journal_writer(
    journal: EgressJournal, responder: AggregatingResponder, clock: Callable[[], datetime]
) -> Callable[[SentMessage], None]:
    """Return the hook that writes each message into the journal before it leaves."""

    def write(sent: SentMessage) -> None:
        journal.record(
            EgressRecord(
                time=clock(),
                study=sent.binding.study,
                run=sent.binding.run,
                round_number=sent.binding.round_number,
                message_type=sent.message_type,
                byte_count=sent.byte_count,
                sha256=sent.sha256,
                decision=responder.decision_of(sent.binding.request),
            )
        )

    return write
