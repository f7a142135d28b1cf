from __future__ import annotations

from hanse_federation.messages import CellsReply, CohortReply, CohortRequest, MeasureRequest
from hanse_flower import Answers, BrandAnswer, BrandRefusal, LinkGrid, ask_brands
from tests.support.fake_link import FakeLink, RefusingResponder
from tests.support.flower_apps import BRANDS, RUN, STUDY, honest_responders


def test_cohort_of_each_brand_is_asked_before_the_first_round() -> None:
    link = FakeLink(honest_responders())
    grid = LinkGrid(link, RUN, STUDY, BRANDS, deadline_seconds=5.0)
    answers = ask_brands(grid, CohortRequest())
    assert answers == Answers(
        tuple(BrandAnswer(b, CohortReply(n)) for b, n in zip(BRANDS, (-20, -30, -43), strict=True)),
        (),
    )
    assert {request.binding.round_number for _, request in link.submitted} == {0}


def test_brand_that_refuses_a_measurement_is_named_with_its_code() -> None:
    responders = {**honest_responders(), BRANDS[1]: RefusingResponder("consent-stale")}
    grid = LinkGrid(FakeLink(responders), RUN, STUDY, BRANDS, deadline_seconds=5.0)
    answers = ask_brands(grid, MeasureRequest())
    assert [answer.brand for answer in answers.admitted] == [BRANDS[0], BRANDS[2]]
    assert answers.admitted[0].payload == CellsReply((1, 2, 30))
    assert answers.refused == (BrandRefusal(BRANDS[1], "consent-stale"),)
