"""Adding up bare contributions in a test's process gives what the protocol gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hanse_federation.aggregation import (
    Aggregation,
    BareContributor,
    CohortAnswer,
    UnsafePlaintextAggregation,
    reference_persons_of,
)
from hanse_federation.contributions import update_limit
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.measurements import measurement_for
from hanse_federation.messages import (
    AnswerPayload,
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
from hanse_federation.secure_aggregator import AskingTerms, SecureAggregator
from hanse_policies.documents import AudienceHistogram, BrandId, Study, TrainModel
from tests.support.aggregating_brand import brands_of, terms_of
from tests.support.documents import (
    a_histogram_study,
    a_shared_privacy,
    a_shared_training_study,
    a_training_study,
)
from tests.support.secure_aggregation import brand_names

NAMES = brand_names(4)
RUN = 7


class Answering:
    """A brand that answers every question of a study with numbers of its own."""

    def __init__(self, study: Study, brand: BrandId) -> None:
        self._study, self._rank = study, int(brand[-3:]) + 1
        self._plan = plan_study(study)
        computation = study.computation
        self._cells = 0
        if isinstance(computation, AudienceHistogram):
            self._cells = measurement_for(computation).cell_count

    def __call__(self, asked: QuestionPayload, round_number: int) -> AnswerPayload:
        draws = np.random.default_rng([self._rank, round_number])
        match asked:
            case CohortRequest():
                return CohortReply(250 + 41 * self._rank)
            case TrainRequest() if self._plan.is_distributed:
                size = sum(tensor.values.size for tensor in asked.parameters)
                return CellsReply(tuple(draws.integers(-90, 90, size).tolist()))
            case TrainRequest():
                limit = update_limit(self._study, self._plan)
                parameters = tuple(
                    Tensor(
                        t.name,
                        t.values + draws.uniform(-limit, limit, t.values.shape).astype(np.float32),
                    )
                    for t in asked.parameters
                )
                return TrainReply(parameters, 250 + 41 * self._rank)
            case EvaluateRequest():
                computation = self._study.computation
                assert isinstance(computation, TrainModel)
                bins = 2 * computation.evaluation.score_bins
                return CellsReply(tuple(draws.integers(0, 500, bins).tolist()))
            case MeasureRequest():
                return CellsReply(tuple(draws.integers(0, 500, self._cells).tolist()))


def both(study: Study) -> tuple[Aggregation, Aggregation]:
    """The same brands with the same rounding: bare, and over the protocol."""
    terms, keys = terms_of(study, NAMES)
    contributors: dict[BrandId, BareContributor] = {
        brand: Answering(study, brand) for brand in NAMES
    }
    bare = UnsafePlaintextAggregation(terms, contributors, SeededRandomness(1))
    brands = brands_of(terms, keys, contributors.__getitem__)
    one_stream = SeededRandomness(1)
    for brand in brands.values():
        brand.rounding = one_stream
    link = InProcessLink(brands, concurrent=False)
    return bare, SecureAggregator(link, terms, RUN, NAMES, AskingTerms(5.0))


def start(study: Study) -> Parameters:
    assert isinstance(study.computation, TrainModel)
    width = input_width(study.computation.features)
    return initial_parameters(study.computation, width, "ab" * 32)


def compared(answer: CohortAnswer) -> tuple[object, ...]:
    """A form in which answers with arrays can be compared byte by byte."""
    payload = answer.payload
    if isinstance(payload, TrainReply):
        tensors = tuple((t.name, t.values.tobytes()) for t in payload.parameters)
        return (tensors, payload.weight, answer.brands, answer.refused)
    return (payload, answer.brands, answer.refused)


STUDIES: list[Callable[[], Study]] = [
    a_training_study,
    a_shared_training_study,
    a_histogram_study,
    lambda: a_histogram_study(privacy=a_shared_privacy()),
]


@pytest.mark.parametrize("make", STUDIES)
def test_bare_sums_are_those_of_secure_aggregation_question_by_question(
    make: Callable[[], Study],
) -> None:
    study = make()
    bare, secure = both(study)
    assert bare.brands == secure.brands == NAMES
    asked: list[tuple[QuestionPayload, int]] = [(CohortRequest(), 0)]
    if isinstance(study.computation, TrainModel):
        begun = start(study)
        for number in (1, 2):
            asked += [(TrainRequest(begun), number), (EvaluateRequest(begun), number)]
    else:
        asked.append((MeasureRequest(), 0))
    for question, number in asked:
        assert compared(bare.ask(question, number)) == compared(secure.ask(question, number))


def test_the_mean_cohort_is_what_weights_are_measured_by() -> None:
    bare, _ = both(a_training_study())
    answer = bare.ask(CohortRequest(), 0)
    assert reference_persons_of(answer) == round(np.mean([250 + 41 * n for n in (1, 2, 3, 4)]))
    below = CohortAnswer(CohortReply(-12), NAMES, ())
    assert reference_persons_of(below) == 1
    cells = CohortAnswer(CellsReply((5,)), NAMES, ())
    assert reference_persons_of(cells) == 1


def test_every_question_of_a_study_has_a_contribution_that_both_add_up() -> None:
    terms, _ = terms_of(a_training_study(), NAMES)
    for question in (Question.COHORT, Question.TRAIN, Question.EVALUATE):
        assert terms.contributions.vector(question).contributors == len(NAMES)
