"""Score histogram: how a model's scores spread over its held-out persons, by label.

Bound: a person has one score and one label, so is in one of 2 x bins cells and
moves the vector by 1 in L2. Cell of label y and bin b is y * bins + b; bins cut
[0, 1] evenly. AUC, calibration and ROC are decoded from the noised cells alone.

AUC is that of the binned scores, ties counting half. Its interval is a normal
one around the estimate: with p, n the noised cells of the two labels, P, N
their sums and K(b, c) = 1, 1/2, 0 for b above, at, below c, the sum
M(A) = sum p_b n_c (K(b, c) - A) is zero at the true A and is bilinear in noise,
so its variance from noise of deviation s is, without approximation,
s^2 (|Kn - A N|^2 + |K'p - A P|^2) + s^4 sum (K - A)^2; sampling adds DeLong's
variance. Sampled and noised parts are plugged in, cleared of the noise's own
square. Calibration intervals are Wilson's with the noise added (Fieller).

Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); Wilson, J. Am.
Stat. Assoc. 22 (1927).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import MeasurementRowsError
from hanse_federation.measurements.measurement import (
    NORMAL_QUANTILE,
    Figure,
    Interval,
    ratio_figure,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """Persons whose score lies in one bin.

    Attributes:
        predicted: Middle of the bin, what the model says.
        observed: Share of positive labels among them.
        persons: Their noised number, at least 0.
    """

    predicted: float
    observed: Figure
    persons: float


@dataclass(frozen=True, slots=True)
class RocPoint:
    """True and false positive rate when scores of at least `threshold` count as positive."""

    threshold: float
    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, slots=True)
class ScoreQuality:
    """How good a model's scores are, from noised cells."""

    auc: Figure
    calibration: tuple[CalibrationPoint, ...]
    roc: tuple[RocPoint, ...]
    positives: float
    negatives: float


class ScoreHistogram:
    """Encoding, bound and decoding of a score x label histogram."""

    def __init__(self, bins: int) -> None:
        """Fix the number of bins.

        Raises:
            MeasurementRowsError: `bins` is below 1.
        """
        if bins < 1:
            raise MeasurementRowsError(f"expected at least 1 bin, got {bins}")
        self.bins = bins

    @property
    def cell_count(self) -> int:
        """Length of the vector."""
        return 2 * self.bins

    @property
    def l2_sensitivity(self) -> float:
        """The most that one person moves the vector, as a Euclidean distance."""
        return 1.0

    def cells(self, scores: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count persons by label and score.

        Args:
            scores: One score in [0, 1] a person, shape (n,).
            labels: 0 or 1 a person, shape (n,), of any numeric dtype.

        Returns:
            Counts, shape (2 * bins,), int64; zeros if there is nobody.

        Raises:
            MeasurementRowsError: Shapes differ, a score is not in [0, 1] (NaN
                included) or a label is not 0 or 1.
        """
        if scores.ndim != 1 or scores.shape != labels.shape:
            raise MeasurementRowsError(
                f"expected one score and one label a person, got {scores.shape} and {labels.shape}"
            )
        if not ((scores >= 0) & (scores <= 1)).all():
            raise MeasurementRowsError(
                "expected scores from 0 to 1, got others; check the model and its features"
            )
        if not ((labels == 0) | (labels == 1)).all():
            raise MeasurementRowsError("expected labels 0 and 1, got others; check the label")
        bins = np.minimum((scores * self.bins).astype(np.int64), self.bins - 1)
        cells = labels.astype(np.int64) * self.bins + bins
        return np.bincount(cells, minlength=self.cell_count).astype(np.int64)

    def decode(
        self, noised_sum: NDArray[np.int64], *, contributions: int, noise_multiplier: float
    ) -> ScoreQuality:
        """Turn the sum over brands into AUC, calibration and ROC with 95 % intervals.

        Args:
            noised_sum: Sum of the brands' noised vectors, shape (2 * bins,), int64.
            contributions: Number of brands in the sum; each added its own noise.
            noise_multiplier: Deviation of one brand's noise over the L2 bound, > 0.

        Returns:
            The figures; an AUC that noise drowns says insufficient evidence.

        Raises:
            MeasurementRowsError: The vector has another length, or nobody contributed.
        """
        if noised_sum.shape != (self.cell_count,) or contributions < 1:
            raise MeasurementRowsError(
                f"expected {self.cell_count} cells from at least 1 brand, "
                f"got {noised_sum.size} cells from {contributions}"
            )
        deviation = noise_multiplier * self.l2_sensitivity * math.sqrt(contributions)
        cells = noised_sum.astype(np.float64)
        negatives, positives = cells[: self.bins], cells[self.bins :]
        return ScoreQuality(
            auc=_auc(positives, negatives, deviation),
            calibration=tuple(
                self._calibration(
                    index, float(positives[index]), float(negatives[index]), deviation
                )
                for index in range(self.bins)
            ),
            roc=self._roc(positives, negatives),
            positives=max(0.0, float(positives.sum())),
            negatives=max(0.0, float(negatives.sum())),
        )

    def _calibration(
        self, index: int, positive: float, negative: float, deviation: float
    ) -> CalibrationPoint:
        """Make one point; positive - t persons has variance s^2 (1 - 2t + 2t^2) + m t (1 - t)."""
        persons = positive + negative
        noise = (NORMAL_QUANTILE * deviation) ** 2
        sampling = NORMAL_QUANTILE**2 * max(0.0, persons)
        observed = ratio_figure(
            positive / persons if persons > 0 else math.nan,
            square=persons**2 - 2 * noise + sampling,
            linear=2 * noise - 2 * positive * persons - sampling,
            constant=positive**2 - noise,
        )
        return CalibrationPoint((index + 0.5) / self.bins, observed, max(0.0, persons))

    def _roc(self, positives: Floats, negatives: Floats) -> tuple[RocPoint, ...]:
        """Draw the curve from (0, 0) to (1, 1), never falling."""
        true_rates, false_rates = _rates(positives), _rates(negatives)
        return tuple(
            RocPoint(1 - index / self.bins, float(false_rate), float(true_rate))
            for index, (false_rate, true_rate) in enumerate(
                zip(false_rates, true_rates, strict=True)
            )
        )


def _rates(cells: Floats) -> Floats:
    """Return the share of persons at or above each threshold, from the highest down."""
    above = np.concatenate(([0.0], np.cumsum(cells[::-1])))
    total = above[-1]
    if total <= 0:
        return np.linspace(0.0, 1.0, len(above))
    rates: Floats = np.clip(np.maximum.accumulate(above / total), 0.0, 1.0)
    return rates


def _auc(positives: Floats, negatives: Floats, deviation: float) -> Figure:
    """Make the figure of the AUC, see the module's docstring."""
    bins = len(positives)
    total_positive, total_negative = float(positives.sum()), float(negatives.sum())
    unknown = Figure(0.5, Interval(0.0, 1.0), insufficient_evidence=True)
    least = NORMAL_QUANTILE * deviation * math.sqrt(bins)
    if total_positive <= least or total_negative <= least:
        return unknown
    wins = np.tri(bins, k=-1) + 0.5 * np.eye(bins)
    pairs = total_positive * total_negative
    auc = float(positives @ wins @ negatives) / pairs
    centred = wins - auc
    for_positive, for_negative = centred @ negatives, centred.T @ positives
    pure_noise = deviation**2 * float((centred**2).sum())
    # Each square below holds `pure_noise` of the noise's own; it is taken off once.
    squares = float(for_positive @ for_positive + for_negative @ for_negative)
    from_noise = deviation**2 * max(pure_noise, squares - pure_noise)
    sampled = float(
        np.maximum(positives, 0) @ for_positive**2 + np.maximum(negatives, 0) @ for_negative**2
    )
    half_width = NORMAL_QUANTILE * math.sqrt(from_noise + sampled) / pairs
    if half_width >= 0.5:
        return unknown
    interval = Interval(max(0.0, auc - half_width), min(1.0, auc + half_width))
    return Figure(min(1.0, max(0.0, auc)), interval)
