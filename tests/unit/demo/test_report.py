from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from hanse_demo.report import (
    AudienceCell,
    AudienceResult,
    BrandVerdict,
    Estimate,
    InvalidFigureError,
    LeagueReport,
    StudySection,
    brand_page,
    render,
    tallies,
    wording,
)
from hanse_demo.report.charts.drawing import SVG_NAMESPACE
from hanse_federation.codec.message_types import MESSAGE_TYPES
from hanse_federation.desk import StudyState
from hanse_federation.link.interface import TrafficCount
from hanse_federation.messages import Question
from hanse_federation.release import LIMITS
from hanse_policies.documents import BrandId, TrustMode
from tests.support.league_report import (
    STARTED,
    brand_report,
    budget_lines,
    league_report,
    model_result,
)

SVG = re.compile(r"<svg .*?</svg>", re.DOTALL)
SECTIONS = (
    "headline", "league", "studies", "model", "audience", "budget", "refusal", "messages",
    "promise", "data",
)  # fmt: skip
HOSTILE = '<script>alert("x")</script>'
VOID = {"meta", "br", "link", "img", "hr", "input"}


class _Balance(HTMLParser):
    """Check that every element is closed in order, and list ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> _Balance:
    balance = _Balance()
    balance.feed(page)
    balance.close()
    assert balance.open == []
    return balance


PAGES: dict[str, Callable[[], str]] = {
    "one axis": lambda: render(league_report()),
    "distributed": lambda: render(league_report(mode=TrustMode.DISTRIBUTED)),
    "two axes": lambda: render(league_report(two_axes=True)),
    "own page": lambda: brand_page(brand_report()),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]()


# The page as a whole


def test_every_section_is_there() -> None:
    assert set(SECTIONS) <= set(parsed(render(league_report())).ids)


def test_page_is_balanced_and_its_ids_are_unique(page: str) -> None:
    ids = parsed(page).ids
    assert len(set(ids)) == len(ids)


def test_page_loads_links_and_runs_nothing(page: str) -> None:
    outside = re.findall(r"\w+://[^\s\"'<>]*", page)
    assert set(outside) == {SVG_NAMESPACE}
    assert parsed(page).tags.isdisjoint({"script", "link", "img", "iframe", "object", "base"})
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_every_figure_is_well_formed_and_says_what_it_shows(page: str) -> None:
    figures = SVG.findall(page)
    assert figures
    for figure in figures:
        root = ET.fromstring(figure)  # noqa: S314 - our own figure
        named = {e.get("id"): e for e in root.iter() if e.get("id")}
        assert root.get("role") == "img"
        assert all(named[i].text for i in root.attrib["aria-labelledby"].split())


def test_same_report_gives_the_same_page() -> None:
    assert render(league_report()) == render(league_report())


def test_page_follows_dark_print_and_phone(page: str) -> None:
    for rule in ("prefers-color-scheme: dark", "@media print", "max-width: 600px", "width=device"):
        assert rule in page


def test_hostile_names_are_escaped_everywhere() -> None:
    report = league_report()
    brands = tuple(replace(brand, name=HOSTILE) for brand in report.brands)
    studies = tuple(
        replace(
            section,
            study=section.study.model_copy(update={"title": HOSTILE}),
            detail=HOSTILE,
            verdicts=tuple(replace(v, codes=(HOSTILE,)) for v in section.verdicts),
        )
        for section in report.studies
    )
    page = render(
        replace(report, alliance=HOSTILE, operator=HOSTILE, brands=brands, studies=studies,
                attribution=HOSTILE)
    )  # fmt: skip
    assert "script" not in parsed(page).tags
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_hostile_name_of_a_brand_is_escaped_on_its_own_page() -> None:
    report = brand_report()
    page = brand_page(replace(report, brand=replace(report.brand, name=HOSTILE)))
    assert "<script" not in page


# What it says


def test_headline_says_what_ran_and_how_it_ended() -> None:
    assert wording.headline(league_report()) == (
        "Five brands and an operator went through three studies in 2 min 41 s: "
        "two released, one refused by the brands."
    )


def test_demo_only_figures_are_marked_so() -> None:
    page = render(league_report())
    assert "demo only: needs the pooled data, which no league has" in page
    assert "Consent is synthetic." in page


def test_own_page_says_that_its_figures_are_true_and_stay() -> None:
    page = brand_page(brand_report())
    assert "True figures. This page stays with Manufacturer 764." in page
    assert "1,871" in page


def test_own_page_says_that_what_left_was_masked_and_in_a_sum_over_how_many() -> None:
    page = brand_page(brand_report())
    assert page.count("masked, in a sum over 5 brands") == 1
    assert page.count("none was sent") == 1


def test_league_page_shows_the_persons_of_all_brands_and_of_no_single_one() -> None:
    league = render(league_report()).partition('id="league"')[2].partition("</section>")[0]
    assert re.findall(r"[\d,]+ ± \d+", league) == ["7,640 ± 32", "8,365 ± 32"]
    assert league.count("✓ masked") == 10


def test_brand_outside_the_sum_is_shown_as_such() -> None:
    section = league_report().studies[0]
    assert section.cohort is not None
    without = replace(section.cohort, brands=section.cohort.brands[1:])
    page = render(replace(league_report(), studies=(replace(section, cohort=without),)))
    assert page.count("✓ masked") == 4


@pytest.mark.parametrize("mode", list(TrustMode))
def test_page_says_who_sees_what_and_what_the_trust_mode_does_not_protect(mode: TrustMode) -> None:
    page = html.unescape(render(league_report(mode=mode)))
    assert "the operator sees only sums over at least three brands" in page
    assert wording.MODES[mode].en in page
    for sight in wording.sights(mode):
        assert sight.sees in page
    for limit in LIMITS[mode]:
        assert limit in page


def test_shared_noise_is_among_the_parameters_of_a_distributed_study_alone() -> None:
    told = {
        mode: {fact.name for fact in wording.parameters(league_report(mode=mode).studies[0].study)}
        for mode in TrustMode
    }
    assert told[TrustMode.DISTRIBUTED] - told[TrustMode.LOCAL] == {
        "brands that may drop out of a round",
        "brands assumed to tell their noise",
    }


def test_refusal_is_explained_in_both_languages() -> None:
    page = render(league_report())
    for text in ("policy.yaml:18", "purpose.permit", "propose the study", "改以受众分析为目的"):
        assert text in page


def test_gap_beyond_what_was_allowed_is_said() -> None:
    result = replace(model_result(), allowed_gap=0.01)
    assert wording.gap_sentence(result) == (
        "Scored without noise (demo only) it is 0.781, 0.021 below the pooled, non-private model "
        "(0.802); beyond the 0.01 that was allowed."
    )


def test_traffic_is_added_up_over_brands() -> None:
    rows = tallies.traffic_rows(league_report().traffic)
    join = next(row for row in rows if row.message_type == "join-request")
    assert (join.messages, join.payload_bytes, join.framed_bytes) == (135, 160_900, 164_545)
    assert [row.direction for row in rows] == ["to-brand"] * 5 + ["from-brand"] * 5
    steps = ["join", "share", "mask", "endorse", "unmask"]
    assert [row.message_type.partition("-")[0] for row in rows] == steps * 2


@pytest.mark.parametrize("name", ["mask-reply", "hanse_wire.v1.MaskReply", "MASK_REPLY"])
def test_message_type_is_known_however_it_is_written(name: str) -> None:
    assert "masks" in tallies.carries(name)


def test_every_message_type_that_crosses_is_told_in_words() -> None:
    # Questions and answers by themselves are types too; both travel inside a step.
    by_itself = {"cells-reply", *(f"{question}-request" for question in Question)}
    by_itself |= {"cohort-reply", "train-reply"}
    assert {kind for kind in MESSAGE_TYPES if tallies.carries(kind) == "–"} == by_itself


# Parts that are missing


def empty_report() -> LeagueReport:
    return replace(league_report(), brands=(), studies=(), budgets=(), traffic=(), notes=())


def test_report_of_nothing_still_has_every_section() -> None:
    page = render(empty_report())
    assert set(SECTIONS) <= set(parsed(page).ids)
    assert "No study was proposed" in page


@pytest.mark.parametrize("state", list(StudyState))
def test_study_without_any_result_is_shown_with_its_state(state: StudyState) -> None:
    bare = StudySection(league_report().studies[0].study, state, ())
    page = render(replace(league_report(), studies=(bare,)))
    assert wording.STATES[state].en in page
    assert "No model was released" in page


def test_failed_study_stops_on_its_track_and_says_why() -> None:
    section = replace(
        league_report().studies[0], state=StudyState.FAILED, result=None, release="",
        detail="2 of 5 brands answered, and the floor is 3",
    )  # fmt: skip
    outcomes = [step.outcome.value for step in wording.track(section)]
    assert outcomes == ["done", "done", "stopped", "not reached"]
    assert "the floor is 3" in render(replace(league_report(), studies=(section,)))


def test_model_without_quality_or_references_is_shown() -> None:
    bare = replace(
        model_result(), rounds=(), final_auc=None, roc=(), calibration=(), exact=None, pooled=None
    )
    section = replace(league_report().studies[0], result=bare)
    page = render(replace(league_report(), studies=(section,)))
    assert "no released quality figure" in page
    assert "No round ended" in page


def test_silent_brand_is_shown_as_having_no_verdict() -> None:
    section = replace(
        league_report().studies[0], verdicts=(BrandVerdict(BrandId("quiet-brand"), None),)
    )
    page = render(replace(league_report(), studies=(section,)))
    assert "no verdict" in page
    assert "quiet-brand" in page


@pytest.mark.parametrize("ends", [(0.5, 0.6, 0.4), (float("nan"), 0, 1), (0.5, 0, float("inf"))])
def test_figure_that_cannot_be_drawn_is_refused(ends: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidFigureError):
        Estimate(*ends)


def test_cell_with_another_number_of_labels_than_axes_is_refused() -> None:
    with pytest.raises(InvalidFigureError):
        AudienceResult(("age", "income"), (AudienceCell(("19-24",), None),), None, (), 50)


def test_budgets_are_grouped_by_purpose() -> None:
    groups = tallies.by_purpose(budget_lines())
    assert [(group.purpose.value, len(group.lines)) for group in groups] == [
        ("audience-analytics", 5),
        ("model-training", 5),
    ]


def test_unknown_traffic_and_clock_going_back_do_not_stop_the_report() -> None:
    odd = TrafficCount(BrandId("x"), "sideways", "mystery", 1, 0, 0)
    report = replace(league_report(), traffic=(odd,), finished=STARTED - timedelta(seconds=5))
    assert "mystery" in render(report)
