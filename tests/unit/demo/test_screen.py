from __future__ import annotations

import io

import pytest
from rich.console import Console

from hanse_demo.answers import Plan, PlannedAnswer, PlannedQuestion, Scored, ToldDecision
from hanse_demo.screen import Screen
from hanse_federation.desk import StudyState, StudyStatus
from hanse_policies.decision import FindingReport
from hanse_policies.documents import BrandId, Verdict
from tests.support.demo_summary import AS_PLANNED


def screen() -> tuple[Screen, io.StringIO]:
    text = io.StringIO()
    return Screen(Console(file=text, width=120)), text


def finding(message: str, verdict: Verdict) -> FindingReport:
    return FindingReport(
        rule="columns.permit",
        verdict=verdict,
        source="policy.yaml:40",
        article="",
        message=message,
        fix="",
    )


def test_a_step_that_went_well_is_one_line_and_is_timed() -> None:
    shown, text = screen()
    with shown.step("building", "league built", total=2) as step:
        step.advance()
        step.at(2, "done")
    assert text.getvalue().startswith("✓ league built  ")
    assert [phase.name for phase in shown.phases] == ["league built"]


def test_a_step_that_failed_leaves_no_tick() -> None:
    shown, text = screen()
    with pytest.raises(ValueError, match="no"), shown.step("building", "league built"):
        raise ValueError("no")
    assert "✓" not in text.getvalue()
    assert not shown.phases


def test_brands_of_one_mind_share_a_line() -> None:
    shown, text = screen()
    brands = (BrandId("brand-1"), BrandId("brand-2"))
    refused = tuple((brand, ("purpose.permit", "columns.permit")) for brand in brands)
    shown.verdicts(
        [
            StudyStatus("d" * 64, "a-study", StudyState.PROPOSED, brands, (), ""),
            StudyStatus("e" * 64, "b-study", StudyState.PROPOSED, (), refused, ""),
        ]
    )
    lines = text.getvalue().splitlines()[1:]
    assert len(lines) == 2
    assert "permit" in lines[0]
    assert all(word in lines[1] for word in ("refuse", "brand-1, brand-2", "columns.permit"))


def test_a_preflight_says_that_answers_leave_masked_and_with_how_much_noise() -> None:
    shown, text = screen()
    question = PlannedQuestion(
        question="measure",
        times=2,
        noise_multiplier=5.5,
        answer=PlannedAnswer(leaves="noised numbers", values=3),
    )
    shown.preflight(
        "brand-1",
        Plan(
            title="A study",
            columns=("age",),
            recipients=("members",),
            retention_days=30,
            epsilon=1.0,
            delta=1e-6,
            questions=(question,),
        ),
    )
    assert "2 × noised numbers, noise 5.5" in text.getvalue()
    assert "masked; only sums over at least three brands can be read" in text.getvalue()


def test_a_refusal_is_explained_in_both_languages_and_permits_are_left_out() -> None:
    shown, text = screen()
    shown.refusal(
        ToldDecision(
            brand="brand-1",
            verdict=Verdict.DENY,
            findings=(finding("not permitted", Verdict.DENY), finding("fine", Verdict.PERMIT)),
            findings_zh=(finding("未获许可", Verdict.DENY), finding("好", Verdict.PERMIT)),
        )
    )
    assert "not permitted" in text.getvalue()
    assert "未获许可" in text.getvalue()
    assert "fine" not in text.getvalue()


def test_scores_are_shown_as_sums_under_the_brands_own_name() -> None:
    shown, text = screen()
    shown.scores("brand-1", Scored(scored=12, left_out=0), (2, 10))
    assert "brand-1, its own screen: 12 customers scored" in text.getvalue()
    assert "0.5 to 1.0" in text.getvalue()


def test_the_end_names_outcomes_figures_and_pages() -> None:
    shown, text = screen()
    shown.end(AS_PLANNED)
    for expected in ("0.800 (0.700 to 0.900)", "refused", "report.html", "my-page.html", "3.00 GB"):
        assert expected in text.getvalue()
