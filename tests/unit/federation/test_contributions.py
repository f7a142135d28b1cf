"""Answers as integers that add up, and sums as answers, in both modes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hanse_federation.contributions import (
    MOST_WEIGHT,
    Contributions,
    update_limit,
)
from hanse_federation.contributions_training import gradient_shares_for, parameter_count
from hanse_federation.errors import MeasurementRowsError, NonFiniteUpdateError
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    Question,
    QuestionPayload,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_federation.model import initial_parameters, input_width
from hanse_federation.privacy.plan import plan_study
from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.errors import (
    AggregationFormatError,
    ContributionRangeError,
)
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents import Study, TrainModel
from tests.support.documents import (
    a_charter,
    a_histogram_study,
    a_member,
    a_shared_privacy,
    a_shared_training_study,
    a_training_study,
)

BRANDS = 3
REFERENCE = 300


def contributions_of(study: Study) -> Contributions:
    return Contributions.of(study, plan_study(study), a_charter())


def training_of(study: Study) -> TrainModel:
    assert isinstance(study.computation, TrainModel)
    return study.computation


def start(study: Study) -> Parameters:
    computation = training_of(study)
    return initial_parameters(computation, input_width(computation.features), "ab" * 32)


def moved(parameters: Parameters, changes: NDArray[np.float64]) -> Parameters:
    parts = np.split(changes, np.cumsum([t.values.size for t in parameters])[:-1])
    return tuple(
        Tensor(t.name, (t.values + part.reshape(t.values.shape)).astype(np.float32))
        for t, part in zip(parameters, parts, strict=True)
    )


def flat(parameters: Parameters) -> NDArray[np.float64]:
    return np.concatenate([t.values.reshape(-1).astype(np.float64) for t in parameters])


def summed(
    contributions: Contributions,
    asked: QuestionPayload,
    answers: list[CohortReply] | list[CellsReply] | list[TrainReply],
) -> CohortReply | CellsReply | TrainReply:
    """Encode, add up in the ring as masked vectors are, and decode."""
    question = {
        CohortRequest: Question.COHORT,
        MeasureRequest: Question.MEASURE,
        EvaluateRequest: Question.EVALUATE,
        TrainRequest: Question.TRAIN,
    }[type(asked)]
    vector, randomness = contributions.vector(question), SeededRandomness(5)
    total = vector.ring.zeros(vector.length)
    for answer in answers:
        values = contributions.encode(
            asked, answer, reference_persons=REFERENCE, randomness=randomness
        )
        np.add(total, vector.check(values), out=total)
    return contributions.decode(
        asked,
        vector.decode(total, len(answers)),
        contributors=len(answers),
        reference_persons=REFERENCE,
    )


# Counts.


def test_cohorts_add_up_below_zero_too() -> None:
    replies = [CohortReply(persons) for persons in (512, -7, 90_000_000)]
    assert summed(contributions_of(a_histogram_study()), CohortRequest(), replies) == CohortReply(
        90_000_505
    )


@pytest.mark.parametrize("question", [Question.MEASURE, Question.EVALUATE])
def test_cells_add_up_cell_by_cell(question: Question) -> None:
    measures = question is Question.MEASURE
    study = a_histogram_study() if measures else a_training_study()
    contributions = contributions_of(study)
    length = contributions.vector(question).length
    table = np.random.default_rng(1).integers(-50, 100_000, (BRANDS, length))
    asked = MeasureRequest() if measures else EvaluateRequest(start(study))
    replies = [CellsReply(tuple(row.tolist())) for row in table]
    assert summed(contributions, asked, replies) == CellsReply(tuple(table.sum(axis=0).tolist()))


def test_counts_with_shared_noise_are_read_to_the_count_within_their_deviation() -> None:
    study = a_histogram_study(privacy=a_shared_privacy())
    contributions = contributions_of(study)
    counts = contributions.counts(Question.MEASURE)
    length = contributions.vector(Question.MEASURE).length
    true = np.arange(BRANDS * length, dtype=np.int64).reshape(BRANDS, length) * 1000
    replies = [
        CellsReply(tuple(counts.add_share(row, SeededRandomness(number)).tolist()))
        for number, row in enumerate(true)
    ]
    decoded = summed(contributions, MeasureRequest(), replies)
    assert isinstance(decoded, CellsReply)
    error = np.abs(np.array(decoded.cells) - true.sum(axis=0))
    assert 0 < error.max() < 6 * counts.standard_deviation(BRANDS)


def test_the_scale_of_counts_with_shared_noise_is_taken_off_exactly() -> None:
    study = a_histogram_study(privacy=a_shared_privacy())
    contributions = contributions_of(study)
    scale = contributions.counts(Question.COHORT).scale
    replies = [CohortReply(scale * persons) for persons in (300, 411, 17)]
    assert summed(contributions, CohortRequest(), replies) == CohortReply(728)


# The weighted mean of updates.


def weighted_mean(updates: NDArray[np.float64], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.average(updates, axis=0, weights=weights)


def test_updates_come_to_their_weighted_mean_within_the_grid() -> None:
    study = a_training_study()
    contributions, begun = contributions_of(study), start(study)
    size, limit = flat(begun).size, update_limit(study, contributions.plan)
    weights = np.array([210, 390, 288])
    draws = np.random.default_rng(2).uniform(-0.9, 0.9, (BRANDS, size)) * limit
    replies = [
        TrainReply(moved(begun, row), int(weight))
        for row, weight in zip(draws, weights, strict=True)
    ]
    decoded = summed(contributions, TrainRequest(begun), replies)
    assert isinstance(decoded, TrainReply)
    assert decoded.weight == weights.sum()
    sent = np.array([flat(reply.parameters) - flat(begun) for reply in replies])
    # Each brand's rounding is off by less than one step, in the update and in the weight.
    step = 1.0 / contributions.vector(Question.TRAIN).bound
    shares = weights.sum() / (MOST_WEIGHT * REFERENCE)
    grid = 2 * BRANDS * step / shares * limit
    found = flat(decoded.parameters) - flat(begun)
    rounding = np.finfo(np.float32).eps * np.abs(flat(begun) + found)
    assert (np.abs(found - weighted_mean(sent, weights)) <= grid + rounding).all()
    assert grid < 1e-6 * limit


def test_a_brand_weighs_at_most_so_many_times_the_mean() -> None:
    study = a_training_study()
    contributions, begun = contributions_of(study), start(study)
    size, limit = flat(begun).size, update_limit(study, contributions.plan)
    still = TrainReply(moved(begun, np.zeros(size)), REFERENCE)
    boast = TrainReply(moved(begun, np.full(size, limit / 2)), 1_000_000_000)
    decoded = summed(contributions, TrainRequest(begun), [still, still, boast])
    assert isinstance(decoded, TrainReply)
    assert decoded.weight == (2 + MOST_WEIGHT) * REFERENCE
    pulled = (flat(decoded.parameters) - flat(begun)) / (limit / 2)
    assert pulled == pytest.approx(MOST_WEIGHT / (2 + MOST_WEIGHT), rel=1e-5)


def test_an_update_beyond_the_public_limit_is_cut_at_it() -> None:
    study = a_training_study()
    contributions, begun = contributions_of(study), start(study)
    size, limit = flat(begun).size, update_limit(study, contributions.plan)
    wild = TrainReply(moved(begun, np.full(size, 100 * limit)), REFERENCE)
    decoded = summed(contributions, TrainRequest(begun), [wild, wild, wild])
    assert isinstance(decoded, TrainReply)
    assert flat(decoded.parameters) - flat(begun) == pytest.approx(limit, rel=1e-5)


def test_updates_without_any_weight_leave_the_model_finite() -> None:
    study = a_training_study()
    contributions, begun = contributions_of(study), start(study)
    silent = contributions.decode(
        TrainRequest(begun),
        np.zeros(flat(begun).size + 1, dtype=np.int64),
        contributors=BRANDS,
        reference_persons=REFERENCE,
    )
    assert isinstance(silent, TrainReply)
    np.testing.assert_array_equal(flat(silent.parameters), flat(begun))
    assert silent.weight == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_update_that_is_not_finite_is_refused(value: float) -> None:
    study = a_training_study()
    contributions, begun = contributions_of(study), start(study)
    changes = np.zeros(flat(begun).size)
    changes[0] = value
    if np.isinf(value):
        changes[0] = 3e39  # which float32 has no number for
    with np.errstate(over="ignore"), pytest.raises(NonFiniteUpdateError):
        contributions.encode(
            TrainRequest(begun),
            TrainReply(moved(begun, changes), REFERENCE),
            reference_persons=REFERENCE,
            randomness=SeededRandomness(1),
        )


# The mean gradient.


def test_gradient_sums_come_to_one_step_along_the_mean_gradient() -> None:
    study = a_shared_training_study()
    contributions, begun = contributions_of(study), start(study)
    computation = training_of(study)
    width = input_width(computation.features)
    shares = gradient_shares_for(study, contributions.plan, width)
    steps = np.random.default_rng(3).integers(-1000, 1000, (BRANDS, flat(begun).size))
    replies = [CellsReply(tuple(row.tolist())) for row in steps]
    decoded = summed(contributions, TrainRequest(begun), replies)
    assert isinstance(decoded, TrainReply)
    sampled = (
        computation.local.sampling_rate
        * (1 - computation.evaluation.holdout_share)
        * BRANDS
        * REFERENCE
    )
    gradient = steps.sum(axis=0) * shares.step / sampled
    expected = flat(begun) - computation.local.learning_rate * gradient
    assert flat(decoded.parameters) == pytest.approx(expected, rel=1e-5, abs=1e-7)
    assert decoded.weight == BRANDS * REFERENCE


def test_gradient_sums_with_their_noise_come_to_the_mean_gradient_within_its_deviation() -> None:
    study = a_shared_training_study()
    contributions, begun = contributions_of(study), start(study)
    computation = training_of(study)
    shares = gradient_shares_for(study, contributions.plan, input_width(computation.features))
    sums = np.random.default_rng(4).uniform(-20, 20, (BRANDS, flat(begun).size))
    replies = [
        CellsReply(tuple(shares.add_share(row, SeededRandomness(number)).tolist()))
        for number, row in enumerate(sums)
    ]
    vector = contributions.vector(Question.TRAIN)
    total = np.sum([np.array(reply.cells) for reply in replies], axis=0)
    found = shares.decode(total)
    deviation = shares.share_sigma * shares.step * BRANDS**0.5
    error = np.abs(found - sums.sum(axis=0))
    assert 0 < error.max() < 6 * deviation
    assert all(np.abs(np.array(reply.cells)).max() <= vector.bound for reply in replies)
    decoded = summed(contributions, TrainRequest(begun), replies)
    assert isinstance(decoded, TrainReply)
    step = computation.local.learning_rate / (
        computation.local.sampling_rate
        * (1 - computation.evaluation.holdout_share)
        * BRANDS
        * REFERENCE
    )
    assert flat(decoded.parameters) == pytest.approx(flat(begun) - step * found, rel=1e-5, abs=1e-7)


# Lengths, rings and ranges.


@pytest.mark.parametrize("study", [a_training_study(), a_shared_training_study()])
@pytest.mark.parametrize("question", [Question.COHORT, Question.TRAIN, Question.EVALUATE])
def test_no_sum_over_all_members_can_wrap_around(study: Study, question: Question) -> None:
    members = tuple(a_member(name) for name in ("alder", "birch", "cedar", "dogwood"))
    contributions = Contributions.of(study, plan_study(study), a_charter(members=members))
    vector = contributions.vector(question)
    assert vector.contributors == len(members)
    assert vector.contributors * vector.bound < vector.ring.half
    edge = np.full(vector.length, vector.bound, dtype=np.int64)
    total = vector.ring.zeros(vector.length)
    for _ in members:
        np.add(total, vector.check(edge), out=total)
    np.testing.assert_array_equal(vector.decode(total, len(members)), len(members) * edge)
    with pytest.raises(ContributionRangeError):
        vector.check(edge + 1)


def test_an_update_takes_four_bytes_an_element_and_its_weight_one_element_more() -> None:
    study = a_training_study()
    vector = contributions_of(study).vector(Question.TRAIN)
    computation = training_of(study)
    assert vector.ring is Ring.Z32
    assert vector.length == parameter_count(computation, input_width(computation.features)) + 1


@pytest.mark.parametrize(
    ("study", "question"),
    [
        (a_histogram_study(), Question.TRAIN),
        (a_histogram_study(), Question.EVALUATE),
        (a_training_study(), Question.MEASURE),
    ],
)
def test_a_question_that_the_study_does_not_ask_has_no_contribution(
    study: Study, question: Question
) -> None:
    with pytest.raises(AggregationFormatError):
        contributions_of(study).vector(question)


def test_the_answer_to_another_question_is_refused() -> None:
    study = a_training_study()
    contributions, begun = contributions_of(study), start(study)
    foreign: list[tuple[QuestionPayload, CohortReply | CellsReply | TrainReply]] = [
        (TrainRequest(begun), CellsReply((1, 2))),
        (EvaluateRequest(begun), CohortReply(5)),
        (EvaluateRequest(begun), CellsReply((1, 2, 3))),
        (CohortRequest(), TrainReply(begun, 3)),
        (CohortRequest(), CellsReply((1, 2))),
    ]
    for asked, answer in foreign:
        with pytest.raises(MeasurementRowsError):
            contributions.encode(
                asked, answer, reference_persons=REFERENCE, randomness=SeededRandomness(1)
            )


def test_parameters_are_no_answer_where_gradients_are_summed() -> None:
    study = a_shared_training_study()
    contributions, begun = contributions_of(study), start(study)
    with pytest.raises(MeasurementRowsError):
        contributions.encode(
            TrainRequest(begun),
            TrainReply(begun, 3),
            reference_persons=REFERENCE,
            randomness=SeededRandomness(1),
        )
