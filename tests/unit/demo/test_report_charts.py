from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_demo.report import (
    AudienceCell,
    AudienceResult,
    CalibrationBin,
    Estimate,
    RocPoint,
    RoundQuality,
)
from hanse_demo.report.charts import (
    audience_bars,
    audience_heat_map,
    budget_bars,
    calibration_plot,
    flow_narrow,
    flow_wide,
    learning_curve,
    roc_curve,
)
from hanse_demo.report.charts.axes import Scale, round_out
from hanse_demo.report.charts.drawing import SVG_NAMESPACE, Drawing, shorten, text_width
from hanse_demo.report.charts.flow import BOX, stages
from hanse_policies.documents import TrustMode
from tests.support.league_report import estimate

NOTE_SIZE = 11.5
"""Of `.chart .note` in the style sheet."""

HOSTILE = '<script>alert("x")</script>'


def shapes(figure: str, tag: str, style: str) -> list[ET.Element]:
    root = ET.fromstring(figure)  # noqa: S314 - our own figure
    return [e for e in root.iter(f"{{{SVG_NAMESPACE}}}{tag}") if e.get("class") == style]


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def texts(figure: str) -> str:
    return " ".join(ET.fromstring(figure).itertext())  # noqa: S314 - our own figure


def test_scale_maps_ends_middle_and_beyond() -> None:
    scale = Scale(0, 10, 300, 100)
    assert [scale.at(v) for v in (0, 5, 10, 12, -1)] == [300, 200, 100, 100, 300]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_axis_ends_on_ticks_and_holds_every_value(low: float, width: float, ticks: int) -> None:
    start, end = round_out(low, low + width, ticks)
    marks = Scale(start, end, 0, 100).ticks(ticks + 2)
    assert start <= low + 1e-6 * width
    assert end >= low + width - 1e-6 * width
    assert marks[0] >= start - 1e-6 * width
    assert marks[-1] <= end + 1e-6 * width


def test_whiskers_of_bars_end_at_the_interval() -> None:
    cells = (AudienceCell(("a",), Estimate(100, 80, 130)),)
    figure = audience_bars(AudienceResult(("x",), cells, None, (), 50), ident="f")
    (bar,) = shapes(figure, "rect", "bar")
    whisker = shapes(figure, "line", "whisker")[0]
    zero, per_person = number(bar, "x"), number(bar, "width") / 100
    assert number(whisker, "x1") == pytest.approx(zero + 80 * per_person, abs=0.02)
    assert number(whisker, "x2") == pytest.approx(zero + 130 * per_person, abs=0.02)


def test_negative_noised_count_is_drawn_left_of_zero() -> None:
    cells = (AudienceCell(("a",), Estimate(-20, -40, 5)), AudienceCell(("b",), estimate(90, 9)))
    figure = audience_bars(AudienceResult(("x",), cells, None, (), 50), ident="f")
    below, above = shapes(figure, "rect", "bar")
    assert number(below, "x") + number(below, "width") == pytest.approx(
        number(above, "x"), abs=0.02
    )
    assert "−20 ± 25" in texts(figure)


def test_suppressed_cell_has_no_bar_and_no_figure() -> None:
    cells = (AudienceCell(("rare",), None),)
    figure = audience_bars(AudienceResult(("x",), cells, None, (), 50), ident="f")
    assert shapes(figure, "rect", "bar") == []
    assert len(shapes(figure, "rect", "hidden")) == 1
    assert "suppressed: not shown below 50 (noised)" in texts(figure)


def test_heat_map_marks_suppressed_tiles_and_grades_the_others() -> None:
    cells = (
        AudienceCell(("a", "p"), estimate(400, 9)),
        AudienceCell(("a", "q"), estimate(100, 9)),
        AudienceCell(("b", "p"), None),
        AudienceCell(("b", "q"), estimate(200, 9)),
    )
    figure = audience_heat_map(AudienceResult(("x", "y"), cells, None, (), 50), ident="f")
    strengths = [number(tile, "fill-opacity") for tile in shapes(figure, "rect", "tile")]
    assert strengths == pytest.approx([0.5, 0.125, 0.25], abs=0.006)
    assert len(shapes(figure, "rect", "hidden")) == 1


def test_calibration_whiskers_end_at_the_interval_and_point_at_the_middle() -> None:
    bins = [CalibrationBin(0.2, 0.4, Estimate(0.5, 0.25, 1.0))]
    figure = calibration_plot(bins, level=0.95, ident="f")
    diagonal, whisker = shapes(figure, "line", "diagonal")[0], shapes(figure, "line", "whisker")[0]
    bottom, top = number(diagonal, "y1"), number(diagonal, "y2")
    left, right = number(diagonal, "x1"), number(diagonal, "x2")
    assert number(whisker, "y1") == pytest.approx(bottom + 0.25 * (top - bottom), abs=0.02)
    assert number(whisker, "y2") == pytest.approx(top, abs=0.02)
    assert number(whisker, "x1") == pytest.approx(left + 0.3 * (right - left), abs=0.02)


def test_learning_curve_breaks_where_a_round_has_no_figure() -> None:
    rounds = [RoundQuality(n, None if n == 3 else estimate(0.7, 0.02)) for n in range(1, 6)]
    figure = learning_curve(rounds, None, level=0.95, ident="f")
    assert len(shapes(figure, "path", "series")) == 2
    assert len(shapes(figure, "circle", "dot")) == 4


def test_pooled_reference_is_a_dashed_line_at_its_value() -> None:
    rounds = [RoundQuality(n, estimate(0.8, 0.02)) for n in (1, 2)]
    figure = learning_curve(rounds, 0.8, level=0.95, ident="f")
    line = shapes(figure, "line", "reference")[0]
    dot = shapes(figure, "circle", "dot")[0]
    assert number(line, "y1") == number(line, "y2") == number(dot, "cy")


def test_roc_joins_both_corners_and_stays_within_the_square() -> None:
    points = [RocPoint(1.2, 1.1), RocPoint(0.5, 0.8)]
    figure = roc_curve(points, None, None, auc=0.7, ident="f")
    diagonal, (series,) = shapes(figure, "line", "diagonal")[0], shapes(figure, "path", "series")
    steps = [tuple(map(float, s.split())) for s in series.attrib["d"][1:].split(" L")]
    assert steps[0] == (number(diagonal, "x1"), number(diagonal, "y1"))
    assert steps[-1] == steps[-2] == (number(diagonal, "x2"), number(diagonal, "y2"))


def test_budget_bar_fills_the_share_that_is_spent() -> None:
    figure = budget_bars([("a", 1.0, 4.0), ("b", 5.0, 4.0)], purpose="p", ident="f")
    (bar,), (over,) = shapes(figure, "rect", "bar"), shapes(figure, "rect", "bar over")
    limit = shapes(figure, "rect", "limit")[0]
    assert number(bar, "width") == pytest.approx(number(limit, "width") / 4, abs=0.02)
    assert number(over, "width") > number(limit, "width")


def test_long_label_is_cut_with_an_ellipsis() -> None:
    assert shorten("short", 100) == "short"
    assert shorten("a very long category of persons", 60).endswith("…")


def test_chinese_text_in_a_figure_is_marked_as_such() -> None:
    drawing = Drawing(10, 10, ident="f", title="t", description="d")
    drawing.text((1, 1), "加噪")
    assert 'lang="zh-Hans"' in drawing.markup()


def test_hostile_labels_in_figures_are_escaped() -> None:
    cells = (AudienceCell((HOSTILE,), estimate(80, 9)), AudienceCell(("]]>\x00&",), None))
    figure = audience_bars(AudienceResult((HOSTILE,), cells, None, (), 50), ident="f")
    assert "<script" not in figure
    assert HOSTILE in texts(figure)


@pytest.mark.parametrize("mode", list(TrustMode))
def test_flow_shows_masks_and_where_the_noise_is_enough(mode: TrustMode) -> None:
    enough = {TrustMode.LOCAL: "part has (ε, δ)", TrustMode.DISTRIBUTED: "sum has (ε, δ)"}
    for figure in (flow_wide(mode, ident="f"), flow_narrow(mode, ident="f")):
        told = texts(figure)
        assert "Mask 掩码" in told
        assert "Unmask 去掩码 the sum alone, of 3 brands up" in told
        assert [words for words in enough.values() if words in told] == [enough[mode]]


@pytest.mark.parametrize("mode", list(TrustMode))
def test_words_of_the_flow_fit_their_boxes(mode: TrustMode) -> None:
    lines = [line for stage in stages(mode) for line in stage.lines]
    assert max(text_width(line, NOTE_SIZE) for line in lines) <= BOX
