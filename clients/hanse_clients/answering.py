"""A brand's answer to one request: gate, store, charge, work, store again.

Rules, in this order: the gate admits or the request is refused; the cohort's
noised size comes first and must reach the floor; the same
question on the same data gets the bytes it got before, at no cost; else the
ledger is charged, durably; only then is there work; the answer is stored before
it is sent. A failure after the charge stays charged. Only a code ever crosses:
what went wrong stays with the brand.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from hanse_clients.app import build_client_app
from hanse_clients.errors import (
    CohortNotAskedError,
    NoisedCohortTooSmallError,
    RequestNotAdmittedError,
)
from hanse_clients.sources import BrandSources
from hanse_clients.study_gate import Admission, StudyGate
from hanse_clients.workbench import Workbench
from hanse_federation.codec import reply_payload_from_wire, reply_payload_to_wire, request_digest
from hanse_federation.messages import CohortReply, Question, Refusal, ReplyPayload, Request
from hanse_federation.privacy.charges import Charge
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.randomness import Randomness
from hanse_flower import ClientAppResponder
from hanse_policies.documents import BrandId, StudyId
from hanse_policies.errors import HanseError

_LOG = logging.getLogger(__name__)

Clock = Callable[[], datetime]

DECISIONS_KEPT = 1024
"""How many requests' decisions are remembered for the journal."""


class BrandResponder:
    """Answers requests for one brand, one at a time; see `Responder`."""

    def __init__(
        self,
        brand: BrandId,
        gate: StudyGate,
        ledger: Ledger,
        sources: BrandSources,
        *,
        row_salt: str,
        randomness: Randomness,
        clock: Clock,
    ) -> None:
        """Put a brand's parts together.

        Args:
            brand: Who answers.
            gate: Lets requests in.
            ledger: Charges them and keeps answers.
            sources: The brand's data.
            row_salt: The brand's secret for choosing rows, 64 hex digits.
            randomness: Where noise and samples come from.
            clock: Tells the time, with its zone; read once a request.
        """
        self._gate = gate
        self._ledger = ledger
        self._sources = sources
        self._row_salt = row_salt
        self._randomness = randomness
        self._clock = clock
        self._benches: dict[str, Workbench] = {}
        self._decisions: OrderedDict[str, str] = OrderedDict()
        self._one_at_a_time = threading.Lock()
        self._flower = ClientAppResponder(build_client_app(self._bench_of), brand)

    def answer(self, request: Request) -> ReplyPayload:
        """Answer a request; a refusal is a payload, never an exception."""
        with self._one_at_a_time:
            try:
                return self._answer(request)
            except HanseError as error:
                _LOG.warning(
                    "refused a request of round %d with code %s (%s)",
                    request.binding.round_number,
                    error.wire_code(),
                    error.code,
                )
                return Refusal(error.wire_code())

    def decision_of(self, request: str) -> str:
        """Return the digest of the decision that let a request in; empty if none did."""
        return self._decisions.get(request, "")

    def _answer(self, request: Request) -> ReplyPayload:
        admission = self._gate.admit(request, self._clock())
        self._remember(request.binding.request, admission.decision)
        noised_persons = self._noised_persons(admission)
        data_version = self._sources.for_study(admission.study).version()
        charge = _charge(request, admission, data_version)
        stored = self._ledger.stored_answer(charge.key)
        if stored is not None:
            return _above_floor(reply_payload_from_wire(stored), admission)
        self._ledger.charge(
            charge, study_limit=admission.plan.limit, budget=admission.budget, now=admission.now
        )
        with self._prepared(request, admission, noised_persons):
            reply = self._flower.answer(request)
        if not isinstance(reply, Refusal):
            self._ledger.store_answer(charge.key, reply_payload_to_wire(reply))
        return _above_floor(reply, admission)

    def _remember(self, request: str, decision: str) -> None:
        self._decisions[request] = decision
        while len(self._decisions) > DECISIONS_KEPT:
            self._decisions.popitem(last=False)

    @contextmanager
    def _prepared(
        self, request: Request, admission: Admission, noised_persons: int
    ) -> Iterator[None]:
        """Lay out the workbench of an admitted and charged request."""
        name = request.binding.request
        self._benches[name] = Workbench(
            study=admission.study,
            plan=admission.plan,
            policy=admission.policy,
            asset=admission.asset,
            sources=self._sources,
            row_salt=self._row_salt,
            noised_persons=noised_persons,
            randomness=self._randomness,
            now=admission.now,
        )
        try:
            yield
        finally:
            del self._benches[name]

    def _bench_of(self, request: str) -> Workbench:
        try:
            return self._benches[request]
        except KeyError:
            raise RequestNotAdmittedError(
                "expected a request that the gate admitted, got another; ask through the link"
            ) from None

    def _noised_persons(self, admission: Admission) -> int:
        """Find the cohort's noised size as released; without one nothing else is answered.

        Raises:
            CohortNotAskedError: It was never asked.
            NoisedCohortTooSmallError: It is below the floor.
        """
        if admission.question is Question.COHORT:
            return 0
        stored = self._ledger.latest_answer(admission.digest, Question.COHORT)
        reply = None if stored is None else reply_payload_from_wire(stored)
        if not isinstance(reply, CohortReply):
            raise CohortNotAskedError(
                f"expected the cohort of study {admission.study.id} to be asked first, got "
                "another question; start the run with the cohort"
            )
        _above_floor(reply, admission)
        return reply.noised_persons


def _above_floor(reply: ReplyPayload, admission: Admission) -> ReplyPayload:
    """Return the reply, unless it is a noised cohort below the floor.

    The noised size is stored before it is compared, so that asking again meets
    the same noise.
    """
    if isinstance(reply, CohortReply) and reply.noised_persons < admission.minimum_persons:
        raise NoisedCohortTooSmallError(
            f"expected a noised cohort of at least {admission.minimum_persons} for study "
            f"{admission.study.id}, got fewer; widen the population or wait for more consent"
        )
    return reply


def _charge(request: Request, admission: Admission, data_version: str) -> Charge:
    return Charge(
        study_digest=admission.digest,
        study_id=StudyId(admission.study.id),
        purpose=admission.study.purpose,
        round_number=request.binding.round_number,
        question=admission.question,
        request_digest=request_digest(request.payload),
        data_version=data_version,
        event=admission.plan.event(admission.question),
    )
