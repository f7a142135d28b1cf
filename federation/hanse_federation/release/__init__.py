"""Releases: what comes out of a study, signed, with its card and its privacy cost."""

from hanse_federation.release.card import (
    AcrossAlliance,
    CalibrationBin,
    Cohort,
    Interval,
    LearningPoint,
    MeasuredCell,
    MeasurementTable,
    ModelQuality,
    PrivacyStatement,
    ReleaseCard,
    RocPoint,
    SharedNoise,
)
from hanse_federation.release.directory import (
    Release,
    read_release,
    receive_release,
    release_files,
    write_release,
)
from hanse_federation.release.guarantee import (
    DISTRIBUTED_LIMITS,
    LIMITS,
    LOCAL_LIMITS,
    guarantee_sentence,
)
from hanse_federation.release.recipients import ALL_MEMBERS, is_recipient

__all__ = [
    "ALL_MEMBERS",
    "DISTRIBUTED_LIMITS",
    "LIMITS",
    "LOCAL_LIMITS",
    "AcrossAlliance",
    "CalibrationBin",
    "Cohort",
    "Interval",
    "LearningPoint",
    "MeasuredCell",
    "MeasurementTable",
    "ModelQuality",
    "PrivacyStatement",
    "Release",
    "ReleaseCard",
    "RocPoint",
    "SharedNoise",
    "guarantee_sentence",
    "is_recipient",
    "read_release",
    "receive_release",
    "release_files",
    "write_release",
]
