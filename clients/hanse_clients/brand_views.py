"""What `BrandClient` tells of studies and budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hanse_clients.study_gate import Judgement
from hanse_federation.privacy import PrivacySpent
from hanse_policies.documents import PurposeBudget

if TYPE_CHECKING:
    from hanse_clients.data.preflight import Preflight


@dataclass(frozen=True, slots=True)
class StudyPreflight:
    """What a study would run and send, and how the brand's rules judge it.

    `plan` is None where the study does not even fit the brand's asset.
    """

    judgement: Judgement
    plan: Preflight | None


@dataclass(frozen=True, slots=True)
class BudgetStanding:
    """One purpose's budget in the present period, and what is spent of it."""

    budget: PurposeBudget
    period_end: datetime | None
    spent: PrivacySpent | None
