"""Measurements: persons to bounded integers, noised sums to figures with intervals."""

from hanse_federation.measurements.audience_histogram import (
    AudienceCell,
    AudienceFigures,
    AudienceHistogramMeasurement,
    measurement_for,
)
from hanse_federation.measurements.measurement import Figure, Interval, Measurement
from hanse_federation.measurements.score_histogram import (
    CalibrationPoint,
    RocPoint,
    ScoreHistogram,
    ScoreQuality,
)

__all__ = [
    "AudienceCell",
    "AudienceFigures",
    "AudienceHistogramMeasurement",
    "CalibrationPoint",
    "Figure",
    "Interval",
    "Measurement",
    "RocPoint",
    "ScoreHistogram",
    "ScoreQuality",
    "measurement_for",
]
