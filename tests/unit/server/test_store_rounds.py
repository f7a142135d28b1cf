"""Secure aggregation in the store: phases only move forward, sums never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_federation.desk import StudyState
from hanse_federation.messages import Question
from hanse_policies.documents import BrandId
from hanse_server.errors import (
    AttemptPhaseError,
    EnvelopeConflictError,
    StudyRunError,
    SumConflictError,
    UnmaskingBegunError,
)
from hanse_server.store import (
    AggregationStep,
    AttemptPhase,
    MaskedSum,
    OperatorStore,
    QuestionKey,
    SumRecord,
)
from tests.support.identity import NOW
from tests.support.stores import (
    BRANDS,
    CELLS,
    CHARTER,
    DIGEST,
    HOUR,
    KEY,
    KINDS,
    MASKED,
    RUN,
    STEP_OF,
    aggregate,
    aggregate_to,
    close,
    envelopes_of,
    new_location,
    running_store,
)

UNMASKED = envelopes_of(AggregationStep.UNMASK)
BEFORE_UNMASKING = tuple(STEP_OF)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OperatorStore]:
    with new_location(request.param, tmp_path) as location, running_store(location) as made:
        yield made


def recorded(store: OperatorStore) -> tuple[object, ...]:
    """All that the store holds of the question."""
    rounds = store.rounds
    return (
        rounds.attempt_of(KEY),
        rounds.envelopes(KEY, 1),
        rounds.masked_sum(KEY),
        rounds.sum_of(KEY),
    )


def test_question_goes_from_its_first_envelope_to_its_sum(store: OperatorStore) -> None:
    aggregate(store.rounds)

    assert store.rounds.sum_of(KEY) == SumRecord(KEY, 1, BRANDS[:2], 32, CELLS)
    (held,) = store.rounds.rounds_of(RUN)
    assert (held.phase, held.survivors) == (AttemptPhase.DECODED, BRANDS[:2])
    assert held.charter == CHARTER


def test_what_was_recorded_is_there_for_the_next_process(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.ENDORSING)

    assert store.rounds.masked_sum(KEY) == MASKED
    joined = [e for e in store.rounds.envelopes(KEY, 1) if e.step is AggregationStep.JOIN]
    assert [(e.brand, e.content) for e in joined] == [(b, f"join of {b}".encode()) for b in BRANDS]


@pytest.mark.parametrize("phase", [*STEP_OF, AttemptPhase.UNMASKING])
def test_each_closing_begins_the_phase_that_follows(
    store: OperatorStore, phase: AttemptPhase
) -> None:
    aggregate_to(store.rounds, phase)

    held = store.rounds.attempt_of(KEY)
    assert held is not None
    assert held.phase is phase


# Calls made again, by a server that does not know whether the first was recorded.


@pytest.mark.parametrize("phase", [AttemptPhase.UNMASKING, AttemptPhase.DECODED])
@pytest.mark.parametrize("step", STEP_OF.values())
def test_step_closed_again_with_the_same_content_changes_nothing(
    store: OperatorStore, step: AggregationStep, phase: AttemptPhase
) -> None:
    aggregate_to(store.rounds, AttemptPhase.UNMASKING)
    if phase is AttemptPhase.DECODED:
        aggregate(store.rounds)
    before = recorded(store)

    close(store.rounds, step)

    assert recorded(store) == before


@pytest.mark.parametrize("step", STEP_OF.values())
def test_step_closed_again_with_other_envelopes_is_refused(
    store: OperatorStore, step: AggregationStep
) -> None:
    aggregate_to(store.rounds, AttemptPhase.UNMASKING)
    before, held = recorded(store), envelopes_of(step)
    masked = MASKED if step is AggregationStep.MASK else None
    fewer = {BRANDS[0]: held[BRANDS[0]]}
    others = [held | {BRANDS[0]: b"\x08" * 32}, held | {BrandId("late"): b"\x09" * 32}, fewer]

    for other in others:
        survivors = tuple(sorted(other))
        sums = replace(masked, survivors=survivors) if masked else None
        with pytest.raises(EnvelopeConflictError, match="look at the attempt anew"):
            store.rounds.close_step(KEY, 1, step, other, sums)

    assert recorded(store) == before


def test_another_masked_sum_is_refused_once_one_is_fixed(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.ENDORSING)
    digests = envelopes_of(AggregationStep.MASK)

    for other in (replace(MASKED, elements=b"\x00" * 20), replace(MASKED, ring_bits=16)):
        with pytest.raises(SumConflictError, match="that are fixed"):
            store.rounds.close_step(KEY, 1, AggregationStep.MASK, digests, other)

    assert store.rounds.masked_sum(KEY) == MASKED


def test_sum_recorded_again_is_the_same_and_another_is_refused(store: OperatorStore) -> None:
    aggregate(store.rounds)
    before = recorded(store)

    assert store.rounds.record_sum(KEY, 1, CELLS, UNMASKED) == store.rounds.sum_of(KEY)
    with pytest.raises(SumConflictError, match="the sum that is recorded"):
        store.rounds.record_sum(KEY, 1, b"\x00" * 40, UNMASKED)

    assert recorded(store) == before


# The order of phases.


@pytest.mark.parametrize("step", list(STEP_OF.values())[1:])
def test_phase_is_never_skipped(store: OperatorStore, step: AggregationStep) -> None:
    aggregate_to(store.rounds, AttemptPhase.JOINING)
    before = recorded(store)

    with pytest.raises(AttemptPhaseError, match="got one joining"):
        close(store.rounds, step)

    assert recorded(store) == before


def test_sum_of_another_length_than_the_masked_sum_is_refused(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.UNMASKING)

    with pytest.raises(SumConflictError, match="expected 5 cells as in the masked sum, got 32"):
        store.rounds.record_sum(KEY, 1, b"\x00" * 32, UNMASKED)

    assert store.rounds.sum_of(KEY) is None


@pytest.mark.parametrize("phase", BEFORE_UNMASKING)
def test_sum_before_unmasking_is_refused(store: OperatorStore, phase: AttemptPhase) -> None:
    aggregate_to(store.rounds, phase)

    with pytest.raises(AttemptPhaseError, match="expected an attempt that is unmasking"):
        store.rounds.record_sum(KEY, 1, CELLS, UNMASKED)


@pytest.mark.parametrize("is_decoded", [False, True])
def test_no_attempt_is_opened_once_unmasking_began(store: OperatorStore, is_decoded: bool) -> None:
    aggregate_to(store.rounds, AttemptPhase.UNMASKING)
    if is_decoded:
        aggregate(store.rounds)

    with pytest.raises(UnmaskingBegunError):
        store.rounds.open_attempt(KEY, NOW, CHARTER)


@pytest.mark.parametrize("phase", BEFORE_UNMASKING)
def test_attempt_before_unmasking_makes_room_for_the_next(
    store: OperatorStore, phase: AttemptPhase
) -> None:
    aggregate_to(store.rounds, phase)

    opened = store.rounds.open_attempt(KEY, NOW + HOUR, CHARTER)

    assert (opened.attempt, opened.phase, opened.survivors) == (2, AttemptPhase.JOINING, ())
    assert store.rounds.attempt_of(KEY) == opened
    assert store.rounds.envelopes(KEY, 2) == ()


def test_attempt_that_was_replaced_is_taken_no_further(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.ENDORSING)
    store.rounds.open_attempt(KEY, NOW, CHARTER)

    with pytest.raises(AttemptPhaseError, match="the newest is attempt 2"):
        close(store.rounds, AggregationStep.ENDORSE)
    with pytest.raises(AttemptPhaseError, match="the newest is attempt 2"):
        store.rounds.record_sum(KEY, 1, CELLS, UNMASKED)


# What makes no sense is a defect of the caller, and nothing of it is recorded.


@pytest.mark.parametrize(
    "bad",
    [
        MaskedSum((), 32, b"1234"),
        MaskedSum((BRANDS[1], BRANDS[0]), 32, b"1234"),
        MaskedSum((BRANDS[0], BRANDS[0]), 32, b"1234"),
        MaskedSum(BRANDS[:1], 32, b"1234"),
        MaskedSum(BRANDS[:2], 24, b"123"),
        MaskedSum(BRANDS[:2], 32, b"12345"),
        None,
    ],
)
def test_masked_sum_that_makes_no_sense_is_a_defect(
    store: OperatorStore, bad: MaskedSum | None
) -> None:
    aggregate_to(store.rounds, AttemptPhase.MASKING)
    before, digests = recorded(store), envelopes_of(AggregationStep.MASK)

    with pytest.raises(ValueError, match="expected"):
        store.rounds.close_step(KEY, 1, AggregationStep.MASK, digests, bad)

    assert recorded(store) == before


def test_survivor_whose_vector_never_came_is_refused(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.MASKING)
    digests = envelopes_of(AggregationStep.MASK)

    for sent, masked in ((digests, replace(MASKED, survivors=BRANDS)), ({}, MASKED)):
        with pytest.raises(ValueError, match="those whose vectors came in"):
            store.rounds.close_step(KEY, 1, AggregationStep.MASK, sent, masked)


def test_masked_sum_with_another_step_is_a_defect(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.JOINING)

    with pytest.raises(ValueError, match="with the step of masked vectors alone"):
        store.rounds.close_step(KEY, 1, AggregationStep.JOIN, {}, MASKED)


def test_one_bad_envelope_of_many_leaves_none_behind(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.JOINING)
    before = recorded(store)

    with pytest.raises(ValueError, match="small envelope"):
        store.rounds.close_step(
            KEY, 1, AggregationStep.JOIN, {BRANDS[0]: b"join", BRANDS[1]: bytes(2**20 + 1)}
        )

    assert recorded(store) == before


# What is never kept, and what is dropped.


def test_masked_vector_is_never_kept(store: OperatorStore) -> None:
    aggregate_to(store.rounds, AttemptPhase.MASKING)
    vectors = dict.fromkeys(MASKED.survivors, b"vector")

    with pytest.raises(ValueError, match="expected a digest of 32 bytes"):
        store.rounds.close_step(KEY, 1, AggregationStep.MASK, vectors, MASKED)

    close(store.rounds, AggregationStep.MASK)
    masked = [e for e in store.rounds.envelopes(KEY, 1) if e.step is AggregationStep.MASK]
    assert {(e.digest, e.content) for e in masked} == {(DIGEST, None)}


@pytest.mark.parametrize("is_decoded", [False, True], ids=["replaced", "decoded"])
def test_shares_and_masked_sum_are_dropped_when_an_attempt_is_over(
    store: OperatorStore, is_decoded: bool
) -> None:
    aggregate_to(store.rounds, AttemptPhase.ENDORSING)
    sealed = [e for e in store.rounds.envelopes(KEY, 1) if e.step is AggregationStep.SHARE]
    assert all(record.content for record in sealed)
    if is_decoded:
        aggregate(store.rounds)
    else:
        store.rounds.open_attempt(KEY, NOW, CHARTER)

    assert store.rounds.masked_sum(KEY) is None
    steps = set()
    for record in store.rounds.envelopes(KEY, 1):
        is_kept = record.step in {AggregationStep.JOIN, AggregationStep.ENDORSE}
        assert (record.content is not None) == is_kept
        assert len(record.digest) == 32
        steps.add(record.step)
    last = {AggregationStep.ENDORSE, AggregationStep.UNMASK}
    assert steps == set(AggregationStep) - (set() if is_decoded else last)


def test_no_share_is_in_the_file_once_an_attempt_is_over(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    sealed, revealed = b"canary sealed for one brand", b"canary revealed by one brand"
    second = QuestionKey(RUN, Question.EVALUATE, 1)
    with running_store(path) as store:
        aggregate_to(store.rounds, AttemptPhase.SHARING)
        many = {BRANDS[0]: sealed * 1000}
        store.rounds.close_step(KEY, 1, AggregationStep.SHARE, many)
        store.rounds.open_attempt(KEY, NOW, CHARTER)
        aggregate_to(store.rounds, AttemptPhase.UNMASKING, second)
        store.rounds.record_sum(second, 1, CELLS, {BRANDS[0]: revealed * 1000})

    assert [file.name for file in tmp_path.iterdir()] == ["store.db"]
    held = path.read_bytes()
    assert sealed not in held
    assert revealed not in held


# Questions and runs.


def test_questions_do_not_touch_each_other(store: OperatorStore) -> None:
    other = QuestionKey(RUN, Question.EVALUATE, 1)
    aggregate(store.rounds)

    opened = store.rounds.open_attempt(other, NOW + HOUR, CHARTER)

    assert opened.attempt == 1
    assert store.rounds.sum_of(other) is None
    assert [held.key for held in store.rounds.rounds_of(RUN)] == [KEY, other]
    assert store.rounds.rounds_of(1) == ()


def test_attempt_of_a_run_that_ended_is_refused(store: OperatorStore) -> None:
    store.runs.end(RUN, StudyState.FAILED, NOW)

    with pytest.raises(StudyRunError):
        store.rounds.open_attempt(KEY, NOW, CHARTER)
    with pytest.raises(AttemptPhaseError, match="where the newest is none"):
        close(store.rounds, AggregationStep.JOIN)
