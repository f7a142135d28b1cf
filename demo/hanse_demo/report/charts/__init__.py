"""The report's figures, as inline SVG made by pure functions of values."""

from hanse_demo.report.charts.audience import audience_bars, audience_figure, audience_heat_map
from hanse_demo.report.charts.budget import budget_bars
from hanse_demo.report.charts.flow import flow_narrow, flow_wide
from hanse_demo.report.charts.model_quality import calibration_plot, learning_curve, roc_curve

__all__ = [
    "audience_bars",
    "audience_figure",
    "audience_heat_map",
    "budget_bars",
    "calibration_plot",
    "flow_narrow",
    "flow_wide",
    "learning_curve",
    "roc_curve",
]
