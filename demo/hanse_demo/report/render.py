"""Turn a report into one HTML page that needs nothing else.

Rules: every value is escaped (autoescape is on for all templates, figures are
built as element trees); nothing is loaded, linked or run: no script, no
external asset, and a content security policy in the page says so to the
browser; templates come from this package and from nowhere else; a template
that names a value that does not exist is an error, never an empty string.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from itertools import count

from jinja2 import Environment, FunctionLoader, StrictUndefined

from hanse_demo.report import charts, numerals, tallies, wording
from hanse_demo.report.model import AudienceResult, BrandReport, LeagueReport, ModelResult
from hanse_federation.release import LIMITS

_TEMPLATES = files("hanse_demo.report") / "templates"

_FILTERS: dict[str, Callable[..., str]] = {
    "whole": numerals.whole,
    "persons": numerals.persons,
    "rate": numerals.rate,
    "rate_interval": numerals.rate_interval,
    "percent": numerals.percent,
    "percent_interval": numerals.percent_interval,
    "level": numerals.level,
    "epsilon": numerals.epsilon,
    "delta": numerals.delta,
    "bytes": numerals.size,
    "duration": numerals.duration,
    "instant": numerals.instant,
}


def render(report: LeagueReport) -> str:
    """Render the league's report: what the operator may see, and what only a demo can add.

    Args:
        report: The run; missing parts are None or empty and the page says so.

    Returns:
        A whole HTML document, to be written as UTF-8.
    """
    models = [s for s in report.studies if isinstance(s.result, ModelResult)]
    audiences = [s for s in report.studies if isinstance(s.result, AudienceResult)]
    refused = [s for s in report.studies if s.refusals]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            limits=LIMITS[report.mode],
            models=models,
            audiences=audiences,
            refused=refused,
            seconds=max((report.finished - report.started).total_seconds(), 0.0),
            rows=tallies.traffic_rows(report.traffic),
            names={brand.id: brand.name for brand in report.brands},
        )
    )


def brand_page(report: BrandReport) -> str:
    """Render a brand's own page, with true figures; it is for the brand's own home alone.

    Args:
        report: What the brand's own machine knows.

    Returns:
        A whole HTML document, to be written as UTF-8 with the brand's own access rights.
    """
    return (
        _environment()
        .get_template("brand.html.j2")
        .render(
            report=report,
            rows=tallies.traffic_rows(report.traffic),
            names={report.brand.id: report.brand.name},
        )
    )


def _environment() -> Environment:
    """Make a fresh environment; figures are numbered from one in each page."""
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = count(1)
    environment.filters.update(_FILTERS)
    environment.globals.update(
        next_ident=lambda: f"figure-{next(numbers)}",
        charts=charts,
        wording=wording,
        tallies=tallies,
        overhead=numerals.overhead,
    )
    return environment


def _template(name: str) -> str | None:
    """Read one of the package's own templates."""
    resource = _TEMPLATES / name
    return resource.read_text(encoding="utf-8") if resource.is_file() else None
