"""Sums as the operator's store keeps them: what comes back is what was closed, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import Responder
from hanse_federation.messages import CohortReply, CohortRequest, Question
from hanse_federation.round_record import KeptAttempt
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.errors import SumUnrecoverableError
from hanse_federation.secure_aggregation.messages import (
    EndorseRequest,
    MaskRequest,
    RingVector,
    ShareRequest,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.server import DecodedSum
from hanse_federation.secure_aggregation.server_state import Phase, ServerState
from hanse_federation.secure_aggregator import AskingTerms, SecureAggregator
from hanse_policies.documents import BrandId
from hanse_server.errors import UnmaskingBegunError
from hanse_server.store import AggregationStep, OperatorStore, QuestionKey
from hanse_server.stored_rounds import StoredRounds
from tests.support.aggregating_brand import Faulty, brands_of, counting, lost, terms_of
from tests.support.documents import a_histogram_study
from tests.support.identity import NOW
from tests.support.secure_aggregation import brand_names
from tests.support.stores import RUN, running_store

KEY = QuestionKey(RUN, Question.COHORT, 0)
NAMES = brand_names(5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OperatorStore]:
    with running_store(tmp_path / "store.db") as made:
        yield made


def persons_of(brand: BrandId) -> int:
    return 1000 + 7 * int(brand[-3:])


@dataclass
class Reading:
    """Records in the store, and reads back at once what a server started now would find."""

    stored: StoredRounds
    anew: Callable[[], StoredRounds]
    phases: list[Phase] = field(default_factory=list)

    def sum_of(self, question: Question, round_number: int) -> DecodedSum | None:
        return self.stored.sum_of(question, round_number)

    def attempt_of(self, question: Question, round_number: int) -> KeptAttempt | None:
        return self.stored.attempt_of(question, round_number)

    def begin_attempt(self, session: Session) -> None:
        self.stored.begin_attempt(session)
        self._check(ServerState(session, Phase.JOINING), None)

    def close_step(
        self,
        state: ServerState,
        running_sum: RingVector | None,
        envelopes: Mapping[BrandId, bytes],
    ) -> None:
        self.stored.close_step(state, running_sum, envelopes)
        self._check(state, running_sum)

    def keep_sum(
        self, state: ServerState, decoded: DecodedSum, envelopes: Mapping[BrandId, bytes]
    ) -> None:
        self.stored.keep_sum(state, decoded, envelopes)
        assert self.anew().attempt_of(Question.COHORT, 0) is None

    def _check(self, state: ServerState, running_sum: RingVector | None) -> None:
        kept = self.anew().attempt_of(Question.COHORT, 0)
        assert kept is not None
        assert kept.state == state
        if state.survivors:
            assert running_sum is not None
            assert kept.running_sum is not None
            np.testing.assert_array_equal(kept.running_sum, running_sum)
        else:
            assert kept.running_sum is None
        self.phases.append(state.phase)


@dataclass
class Bench:
    terms: AggregationTerms
    responders: dict[BrandId, Responder]
    store: OperatorStore

    def stored(self, terms: AggregationTerms | None = None) -> StoredRounds:
        terms = terms or self.terms
        return StoredRounds(self.store.rounds, terms, RUN, lambda: NOW, lambda _: terms.charter)

    def reading(self) -> Reading:
        return Reading(self.stored(), self.stored)

    def ask(self, record: Reading | StoredRounds) -> CohortReply:
        now = 0.0

        def wait(seconds: float) -> None:
            nonlocal now
            now += seconds

        link = InProcessLink(self.responders, concurrent=False)
        asking = AskingTerms(5.0, 1.0, wait=wait, ticks=lambda: now)
        aggregator = SecureAggregator(
            link, self.terms, RUN, tuple(self.responders), asking, record=record
        )
        reply = aggregator.ask(CohortRequest(), 0).payload
        assert isinstance(reply, CohortReply)
        return reply


def bench_of(store: OperatorStore, lost_in: Mapping[BrandId, type] | None = None) -> Bench:
    terms, keys = terms_of(a_histogram_study(), NAMES)
    brands = brands_of(terms, keys, lambda brand: counting(persons_of(brand)))
    responders: dict[BrandId, Responder] = dict(brands)
    for brand, step in (lost_in or {}).items():
        responders[brand] = Faulty(brands[brand], step, lost)
    return Bench(terms, responders, store)


def test_every_closed_step_comes_back_as_it_was(store: OperatorStore) -> None:
    bench = bench_of(store)
    reading = bench.reading()
    assert bench.ask(reading) == CohortReply(sum(map(persons_of, NAMES)))
    assert reading.phases == list(Phase)


@pytest.mark.parametrize("step", [ShareRequest, MaskRequest, EndorseRequest, UnmaskRequest])
@pytest.mark.parametrize("gone", [NAMES[0], NAMES[2], NAMES[4]])
def test_every_closed_step_comes_back_as_it_was_where_a_brand_is_lost(
    store: OperatorStore, step: type, gone: BrandId
) -> None:
    bench = bench_of(store, {gone: step})
    reading = bench.reading()
    counted = bench.ask(reading)
    rest = sum(persons_of(brand) for brand in NAMES if brand != gone)
    is_left_out = step in {ShareRequest, MaskRequest}
    assert counted.noised_persons == rest + (0 if is_left_out else persons_of(gone))
    assert reading.phases == list(Phase)


def test_a_sum_comes_back_with_its_survivors(store: OperatorStore) -> None:
    bench = bench_of(store, {NAMES[1]: MaskRequest})
    counted = bench.ask(bench.stored())
    decoded = bench.stored().sum_of(Question.COHORT, 0)
    assert decoded is not None
    assert decoded.survivors == tuple(brand for brand in NAMES if brand != NAMES[1])
    assert decoded.values.dtype == np.int64
    assert decoded.values.tolist() == [counted.noised_persons]
    assert bench.stored().sum_of(Question.COHORT, 1) is None
    assert bench.stored().sum_of(Question.MEASURE, 0) is None


def test_a_sum_below_zero_comes_back_below_zero(store: OperatorStore) -> None:
    terms, keys = terms_of(a_histogram_study(), NAMES)
    brands = brands_of(terms, keys, lambda _: counting(-3))
    bench = Bench(terms, dict(brands), store)
    bench.ask(bench.stored())
    decoded = bench.stored().sum_of(Question.COHORT, 0)
    assert decoded is not None
    assert decoded.values.tolist() == [-15]


def test_nothing_begun_is_nothing_to_go_on_with(store: OperatorStore) -> None:
    stored = bench_of(store).stored()
    assert stored.attempt_of(Question.COHORT, 0) is None
    assert stored.sum_of(Question.COHORT, 0) is None


def test_of_several_attempts_the_newest_comes_back(store: OperatorStore) -> None:
    bench = bench_of(store)
    stored = bench.stored()
    for number in (1, 2, 3):
        stored.begin_attempt(bench.terms.session(RUN, Question.COHORT, 0, number))
    kept = bench.stored().attempt_of(Question.COHORT, 0)
    assert kept is not None
    assert kept.state.session.attempt == 3


def test_an_attempt_comes_back_under_the_charter_it_began_under(store: OperatorStore) -> None:
    bench = bench_of(store)
    session = bench.terms.session(RUN, Question.COHORT, 0, 1)
    bench.stored().begin_attempt(session)
    newer = replace(bench.terms, charter_digest="ee" * 32)
    kept = bench.stored(newer).attempt_of(Question.COHORT, 0)
    assert kept is not None
    assert kept.state.session == session
    assert kept.state.session.charter != newer.charter_digest


def test_once_unmasking_began_no_other_attempt_is_begun(store: OperatorStore) -> None:
    bench = bench_of(store, dict.fromkeys(NAMES[:2], UnmaskRequest))
    with pytest.raises(SumUnrecoverableError):
        bench.ask(bench.stored())
    kept = bench.stored().attempt_of(Question.COHORT, 0)
    assert kept is not None
    assert kept.state.phase is Phase.UNMASKING
    with pytest.raises(UnmaskingBegunError):
        bench.stored().begin_attempt(bench.terms.session(RUN, Question.COHORT, 0, 2))


def test_no_masked_vector_and_no_share_is_left_in_the_store(store: OperatorStore) -> None:
    bench = bench_of(store)
    bench.ask(bench.stored())
    envelopes = store.rounds.envelopes(KEY, 1)
    for envelope in envelopes:
        if envelope.step in {AggregationStep.MASK, AggregationStep.SHARE, AggregationStep.UNMASK}:
            assert envelope.content is None
    assert {envelope.step for envelope in envelopes} == set(AggregationStep)
    assert store.rounds.masked_sum(KEY) is None
