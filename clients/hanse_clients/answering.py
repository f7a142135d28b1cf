"""A brand's own answer to one question: gate, store, charge, work, store again.

Rules, in this order: the gate admits or the question is refused; the cohort's
noised size comes first; the same question on the same data gets the answer it got
before, at no cost; else the ledger is charged, durably; only then is there work;
the answer is stored before anything is done with it. An answer that was charged
and lost before it was stored is made again under the same charge, for it never
left. The answer itself never leaves either: `aggregating.py` masks it first.

In mode `local` the cohort's size is fully noised and must reach the floor of
persons here. In mode `distributed` it bears this brand's share of the noise
alone, so nothing this brand does may show it: the floor is held by the operator,
against the decoded sum.

Before each new question of a training, in either mode, a watch looks whether the
floor still holds (see `floor_watch`), at no cost, for the cohort's charge paid for it;
once it does not, this brand answers the study no more. In mode `distributed` what is
watched is this brand's part of the floor: if each of the fewest brands allowed has its
part, their sum has the floor. That refusal shows the watch's noised word alone; others show
what no noise covers: that consents ended and the study was purged here, or that a table or
a disk failed (see docs/explanation/privacy-promise.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from hanse_clients.app import build_client_app
from hanse_clients.data import view_for
from hanse_clients.errors import (
    CohortNotAskedError,
    NoisedCohortTooSmallError,
    RequestNotAdmittedError,
    WorkRefusedError,
)
from hanse_clients.floor_watches import FloorWatches
from hanse_clients.sources import BrandSources
from hanse_clients.study_gate import Admission, StudyGate
from hanse_clients.workbench import Workbench
from hanse_federation.codec import reply_payload_from_wire, reply_payload_to_wire, request_digest
from hanse_federation.link.errors import AnswerFailedError
from hanse_federation.messages import (
    AnswerPayload,
    CellsReply,
    CohortReply,
    Question,
    Refusal,
    Request,
    TrainReply,
)
from hanse_federation.privacy.charges import Charge
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.privacy.plan import least_brands
from hanse_federation.randomness import Randomness
from hanse_flower import ClientAppResponder
from hanse_policies.documents import BrandId, StudyId

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class AdmittedQuestion:
    """A question that the gate let in, and what answering it releases.

    Attributes:
        request: As it came.
        admission: Under which documents it was let in.
        charge: What the ledger is asked to record; its key names the answer.
    """

    request: Request
    admission: Admission
    charge: Charge


class Answering:
    """Answers the questions of one brand, one at a time."""

    def __init__(
        self,
        brand: BrandId,
        gate: StudyGate,
        ledger: Ledger,
        sources: BrandSources,
        floors: FloorWatches,
        *,
        row_salt: str,
        randomness: Randomness,
        clock: Clock,
    ) -> None:
        """Put a brand's parts together.

        Args:
            brand: Who answers.
            gate: Lets questions in.
            ledger: Charges them and keeps answers.
            sources: The brand's data.
            floors: The watches over the floor of persons.
            row_salt: The brand's secret for choosing rows, 64 hex digits.
            randomness: Where noise and samples come from.
            clock: Tells the time, with its zone; read once a question.
        """
        self._gate = gate
        self._ledger = ledger
        self._sources = sources
        self._floors = floors
        self._row_salt = row_salt
        self._randomness = randomness
        self._clock = clock
        self._benches: dict[str, Workbench] = {}
        self._flower = ClientAppResponder(build_client_app(self._bench_of), brand)

    def admit(self, request: Request) -> AdmittedQuestion:
        """Let a question in as things stand now, or refuse it; the decision is recorded.

        Args:
            request: Its payload is the question itself.

        Raises:
            NoisedCohortTooSmallError: The floor of persons was once seen not to hold.
            HanseError: See `StudyGate.admit`; or the data cannot be read.
        """
        admission = self._gate.admit(request, self._clock())
        if self._floors.is_stopped(admission.digest):
            raise _ended(admission)
        data_version = self._sources.for_study(admission.study).version()
        return AdmittedQuestion(request, admission, _charge(request, admission, data_version))

    def answer(self, question: AdmittedQuestion, *, reference_persons: int) -> AnswerPayload:
        """Answer an admitted question: from store, or charged and worked on.

        Args:
            question: From `admit`.
            reference_persons: Public mean of the noised cohorts; in mode distributed it
                stands for this brand's own, which bears too little noise to be used.

        Raises:
            CohortNotAskedError: The cohort was never asked here, or its floor is not watched.
            NoisedCohortTooSmallError: The noised cohort is below the floor, now or before.
            WorkRefusedError: The work failed.
            HanseError: The ledger refuses or cannot record the charge.
        """
        admission, charge = question.admission, question.charge
        noised_persons = self._noised_persons(admission, reference_persons)
        stored = self._ledger.stored_answer(charge.key)
        if stored is not None:
            return _above_floor(_answer_from(stored), admission)
        self._look_at_floor(admission)
        self._ledger.charge(
            charge, study_limit=admission.plan.limit, budget=admission.budget, now=admission.now
        )
        self._open_watch(admission)
        with self._prepared(question.request, admission, noised_persons):
            reply = self._flower.answer(question.request)
        if not isinstance(reply, CohortReply | TrainReply | CellsReply):
            code = reply.code if isinstance(reply, Refusal) else AnswerFailedError.code
            raise WorkRefusedError(code)
        self._ledger.store_answer(charge.key, reply_payload_to_wire(reply))
        return _above_floor(reply, admission)

    def _open_watch(self, admission: Admission) -> None:
        """Open the watch that the cohort's charge has just paid for."""
        watch = admission.plan.watch
        if admission.question is Question.COHORT and watch is not None:
            self._floors.open(admission.digest, watch.noise_scale, self._randomness)

    def _look_at_floor(self, admission: Admission) -> None:
        """Count the persons of a training as they are now, and let the watch compare them.

        Raises:
            CohortNotAskedError: No watch was opened, so none was paid for.
            NoisedCohortTooSmallError: The watch saw fewer; from now on the study is refused.
        """
        if admission.question is Question.COHORT or admission.plan.watch is None:
            return
        view = view_for(
            admission.study, admission.asset, admission.policy, admission.now, self._row_salt
        )
        count = self._sources.for_study(admission.study).persons(view)
        if self._floors.sees_fewer(
            admission.digest,
            count.persons,
            watched_floor(admission),
            now=admission.now,
            randomness=self._randomness,
        ):
            raise _ended(admission)

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

    def _noised_persons(self, admission: Admission, reference_persons: int) -> int:
        """Find the cohort's noised size as it may be used; without one nothing is answered.

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
        if admission.plan.is_distributed:
            return reference_persons
        _above_floor(reply, admission)
        return reply.noised_persons


def watched_floor(admission: Admission) -> int:
    """Return the persons that a brand's watch compares with: the floor, or the brand's part.

    In mode `distributed` the floor is one of the sum over brands.
    """
    if not admission.plan.is_distributed:
        return admission.minimum_persons
    return math.ceil(admission.minimum_persons / least_brands(admission.study))


def _ended(admission: Admission) -> NoisedCohortTooSmallError:
    return NoisedCohortTooSmallError(
        f"expected the noised cohort of study {admission.study.id} to stay at "
        f"{watched_floor(admission)} or more, got fewer; the study has ended at this brand, so "
        "propose a new one once more persons consent"
    )


def _answer_from(stored: bytes) -> AnswerPayload:
    reply = reply_payload_from_wire(stored)
    if not isinstance(reply, CohortReply | TrainReply | CellsReply):
        raise WorkRefusedError(AnswerFailedError.code)
    return reply


def _above_floor(reply: AnswerPayload, admission: Admission) -> AnswerPayload:
    """Return the answer, unless it is a fully noised cohort below the floor.

    The noised size is stored before it is compared, so that asking again meets
    the same noise.
    """
    if not isinstance(reply, CohortReply) or admission.plan.is_distributed:
        return reply
    if reply.noised_persons < admission.minimum_persons:
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
