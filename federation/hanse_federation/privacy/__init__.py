"""Noise, accounting, the plan of a study's privacy loss, and the brand's ledger."""

from hanse_federation.privacy.accountant import (
    Accountant,
    PrivacyLimit,
    PrivacySpent,
    RenyiCurve,
)
from hanse_federation.privacy.charges import AnswerKey, Charge, LedgerEntry, Receipt
from hanse_federation.privacy.discrete_gaussian import DiscreteGaussian
from hanse_federation.privacy.events import (
    ComposedEvent,
    Event,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_federation.privacy.floor_watch import FloorWatch, open_floor_watch
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.privacy.mechanism import GaussianGrid, gaussian_integers
from hanse_federation.privacy.plan import PrivacyPlan, plan_study

__all__ = [
    "Accountant",
    "AnswerKey",
    "Charge",
    "ComposedEvent",
    "DiscreteGaussian",
    "Event",
    "FloorWatch",
    "FloorWatchEvent",
    "GaussianEvent",
    "GaussianGrid",
    "Ledger",
    "LedgerEntry",
    "PoissonSampledGaussianEvent",
    "PoissonSampledSummedGaussianEvent",
    "PrivacyLimit",
    "PrivacyPlan",
    "PrivacySpent",
    "Receipt",
    "RenyiCurve",
    "SummedGaussianEvent",
    "gaussian_integers",
    "open_floor_watch",
    "plan_study",
]
