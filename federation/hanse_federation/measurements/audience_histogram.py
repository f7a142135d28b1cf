"""Audience histogram: how many persons lie in each cell of one or two declared axes.

Bound: a person is in exactly one cell, by the one row of the view whose
`hanse_row` is 1, so adding or removing a person moves the vector by 1 in L2.
Cells are public: a categorical axis has its listed categories and `other`
(unlisted or missing), a binned axis its bins and `missing` (null or NaN); with
two axes cells are row-major, the first axis outermost. Cells with nobody in
them are cells like all others. Thresholds act on noised counts alone.

The encoding is an expression on the brand's own view and needs ibis only where
the brand hands one in; importing this module does not load ibis.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import MeasurementRowsError
from hanse_federation.measurements.measurement import (
    NORMAL_QUANTILE,
    Figure,
    Interval,
    ratio_figure,
)
from hanse_policies.documents import AudienceHistogram, Axis, BinnedAxis, CategoricalFeature

if TYPE_CHECKING:
    import ibis

ROW_COLUMN = "hanse_row"
"""The view's rank of each row of a person; row 1 stands for the person."""

OTHER = "other"
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class AudienceCell:
    """One cell of the answer.

    Attributes:
        labels: One label for each axis.
        persons: Count over the alliance; None where it is suppressed. A person
            known to two brands counts twice.
        share: Part of all persons; None where suppressed.
        suppressed: The noised count is below the study's minimum of persons.
        insufficient_evidence: The noise could have put the count on the other
            side of that minimum.
    """

    labels: tuple[str, ...]
    persons: Figure | None
    share: Figure | None
    suppressed: bool
    insufficient_evidence: bool


@dataclass(frozen=True, slots=True)
class AudienceFigures:
    """The decoded answer.

    Attributes:
        axes: The column of each axis.
        cells: All cells, row-major.
        total: Persons in all cells together.
        noise_deviation: Standard deviation of the noise in each cell.
        minimum_persons: Cells below it are suppressed.
    """

    axes: tuple[str, ...]
    cells: tuple[AudienceCell, ...]
    total: Figure
    noise_deviation: float
    minimum_persons: int


class AudienceHistogramMeasurement:
    """Encoding, bound and decoding of one study's audience histogram."""

    def __init__(self, computation: AudienceHistogram) -> None:
        self._axes = computation.axes

    @property
    def cell_count(self) -> int:
        """Length of the vector."""
        return math.prod(len(_labels(axis)) for axis in self._axes)

    @property
    def l2_sensitivity(self) -> float:
        """The most that one person moves the vector, as a Euclidean distance."""
        return 1.0

    def cell_labels(self) -> tuple[tuple[str, ...], ...]:
        """List the labels of every cell, in the order of the vector."""
        return tuple(product(*(_labels(axis) for axis in self._axes)))

    def encode(self, view: ibis.Table) -> ibis.Table:
        """Count persons per cell in the brand's own warehouse.

        Args:
            view: The minimal view: the axes' columns and `hanse_row`.

        Returns:
            A table expression of `cell` (int64) and `persons` (int64); cells
            with nobody in them are absent.
        """
        persons = view.filter(view[ROW_COLUMN] == 1)
        cell = _cell_of_axis(persons, self._axes[0])
        for axis in self._axes[1:]:
            cell = cell * len(_labels(axis)) + _cell_of_axis(persons, axis)
        cells = persons.select(cell=cell.cast("int64"))
        return cells.group_by("cell").agg(persons=cells.count().cast("int64"))

    def bound(self, rows: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
        """Turn fetched rows into the vector, refusing what the encoding cannot yield.

        Args:
            rows: Pairs of `cell` and `persons`.

        Returns:
            Persons in each cell, shape (cell_count,), int64.

        Raises:
            MeasurementRowsError: A cell is unknown or comes twice, or a count
                is negative.
        """
        vector = np.zeros(self.cell_count, dtype=np.int64)
        seen: set[int] = set()
        for cell, persons in rows:
            index, count = int(cell), int(persons)
            if not 0 <= index < len(vector) or index in seen or not 0 <= count < 1 << 53:
                raise MeasurementRowsError(
                    f"expected each cell of 0 to {len(vector) - 1} at most once with a count of "
                    "persons, got other rows; check the warehouse's answer to the preflight SQL"
                )
            seen.add(index)
            vector[index] = count
        return vector

    def decode(
        self,
        noised_sum: NDArray[np.int64],
        *,
        contributions: int,
        noise_multiplier: float,
        minimum_persons: int,
    ) -> AudienceFigures:
        """Turn the sum over brands into counts and shares with 95 % intervals.

        Intervals of shares are Fieller's, which hold however small the total is.

        Args:
            noised_sum: Sum of the brands' noised vectors, shape (cell_count,), int64.
            contributions: Number of brands in the sum; each added its own noise.
            noise_multiplier: Deviation of one brand's noise over the L2 bound, > 0.
            minimum_persons: The study's k; cells with less, noised, are suppressed.

        Raises:
            MeasurementRowsError: The vector has another length, or nobody contributed.
        """
        if noised_sum.shape != (self.cell_count,) or contributions < 1:
            raise MeasurementRowsError(
                f"expected {self.cell_count} cells from at least 1 brand, "
                f"got {noised_sum.size} cells from {contributions}"
            )
        deviation = noise_multiplier * self.l2_sensitivity * math.sqrt(contributions)
        counts = [int(count) for count in noised_sum]
        total = sum(counts)
        cells = tuple(
            _decode_cell(labels, count, total, len(counts), deviation, minimum_persons)
            for labels, count in zip(self.cell_labels(), counts, strict=True)
        )
        return AudienceFigures(
            axes=tuple(axis.column for axis in self._axes),
            cells=cells,
            total=count_figure(total, deviation * math.sqrt(len(counts))),
            noise_deviation=deviation,
            minimum_persons=minimum_persons,
        )


def measurement_for(computation: AudienceHistogram) -> AudienceHistogramMeasurement:
    """Return the measurement that answers a study's computation."""
    return AudienceHistogramMeasurement(computation)


def count_figure(noised: int, deviation: float) -> Figure:
    """Make a figure of a noised count; noise is a discrete Gaussian of this deviation.

    The half width is the least whole number w with P(|noise| <= w) of at least
    95 %, by the normal distribution at w + 1/2.
    """
    half_width = max(0, math.ceil(NORMAL_QUANTILE * deviation - 0.5))
    interval = Interval(max(0.0, noised - half_width), max(0.0, noised + half_width))
    return Figure(max(0.0, float(noised)), interval)


def _decode_cell(
    labels: tuple[str, ...], count: int, total: int, cells: int, deviation: float, minimum: int
) -> AudienceCell:
    persons = count_figure(count, deviation)
    suppressed = count < minimum
    unsure = persons.interval.lower < minimum <= persons.interval.upper
    share = _share_figure(count, total, cells, deviation)
    return AudienceCell(
        labels=labels,
        persons=None if suppressed else persons,
        share=None if suppressed else share,
        suppressed=suppressed,
        insufficient_evidence=unsure,
    )


def _share_figure(count: int, total: int, cells: int, deviation: float) -> Figure:
    """Make the figure count / total, where total holds the noise of all cells.

    count - t total has variance s^2 (1 - 2t + m t^2) for m cells.
    """
    spread = (NORMAL_QUANTILE * deviation) ** 2
    return ratio_figure(
        count / total if total else math.nan,
        square=total**2 - spread * cells,
        linear=2 * (spread - count * total),
        constant=count**2 - spread,
    )


def _labels(axis: Axis) -> tuple[str, ...]:
    """List the labels of an axis: its cells in order, the catch-all last."""
    if isinstance(axis, CategoricalFeature):
        return (*axis.categories, OTHER)
    edges = [str(int(edge)) if edge.is_integer() else repr(edge) for edge in axis.edges]
    between = [f"{low} to <{high}" for low, high in pairwise(edges)]
    return (f"<{edges[0]}", *between, f">={edges[-1]}", MISSING)


def _cell_of_axis(view: ibis.Table, axis: Axis) -> ibis.expr.types.IntegerValue:
    """Return the index of each row's cell along one axis."""
    if isinstance(axis, BinnedAxis):
        return _bin_of(view[axis.column], axis)
    text = view[axis.column].cast("string")
    branches = [(category, index) for index, category in enumerate(axis.categories)]
    return text.cases(*branches, else_=len(branches))


def _bin_of(column: ibis.Column, axis: BinnedAxis) -> ibis.expr.types.IntegerValue:
    """Return how many edges lie at or below each value; one more than all for a missing value."""
    number = column.cast("float64")
    reached = sum((number >= edge).cast("int64") for edge in axis.edges)
    missing = number.isnull() | number.isnan()
    return missing.ifelse(len(axis.edges) + 1, reached)
