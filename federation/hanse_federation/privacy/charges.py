"""What the ledger is asked to record, and what it tells.

A charge names the question by its study, round, request and data version, so
that the same question can be told from a new one. Nothing in a charge is about
a person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hanse_federation.errors import PrivacyEventError
from hanse_federation.messages import Question
from hanse_federation.privacy.accountant import PrivacySpent
from hanse_federation.privacy.events import (
    ComposedEvent,
    Event,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_policies.documents import Purpose, StudyId


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What makes two questions the same: equal keys may be answered with equal bytes.

    Attributes:
        study_digest: SHA-256 of the signed study, 64 hex digits.
        round_number: 0 outside training rounds.
        question: What was asked.
        request_digest: SHA-256 of what the request carries (parameters), without
            its random identifier, 64 hex digits.
        data_version: The brand's own mark for the state of data and consent.
    """

    study_digest: str
    round_number: int
    question: Question
    request_digest: str
    data_version: str


@dataclass(frozen=True, slots=True)
class Charge:
    """One question that is about to be worked on, and what answering it releases."""

    study_digest: str
    study_id: StudyId
    purpose: Purpose
    round_number: int
    question: Question
    request_digest: str
    data_version: str
    event: Event

    @property
    def key(self) -> AnswerKey:
        """What the answer is stored under."""
        return AnswerKey(
            self.study_digest,
            self.round_number,
            self.question,
            self.request_digest,
            self.data_version,
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a charge is on disk; only with it may work start.

    Attributes:
        number: The entry's number in the ledger, from 1.
        key: What the answer is to be stored under.
        charged_at: When.
        study: Spent on the study so far, this charge included.
        purpose: Spent on the purpose in this period so far, this charge included.
    """

    number: int
    key: AnswerKey
    charged_at: datetime
    study: PrivacySpent
    purpose: PrivacySpent


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A charge as the ledger holds it.

    Attributes:
        number: From 1, in the order of charging.
        charged_at: When, in UTC.
        charge: What was charged.
        answered: Whether an answer to this question is stored.
    """

    number: int
    charged_at: datetime
    charge: Charge
    answered: bool


def event_to_json(event: Event) -> str:
    """Write an event as one line of JSON; numbers keep all their digits."""
    return json.dumps(_event_value(event), sort_keys=True, separators=(",", ":"))


def event_from_json(text: str) -> Event:
    """Read what `event_to_json` wrote.

    Raises:
        PrivacyEventError: `text` is not an event.
    """
    try:
        return _event_from_value(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise PrivacyEventError("expected a privacy event in JSON, got something else") from error


def _event_value(event: Event) -> dict[str, Any]:
    if isinstance(event, GaussianEvent):
        return {"kind": "gaussian", "noise_multiplier": float(event.noise_multiplier)}
    if isinstance(event, PoissonSampledGaussianEvent):
        return {
            "kind": "poisson-sampled-gaussian",
            "noise_multiplier": float(event.noise_multiplier),
            "sampling_rate": float(event.sampling_rate),
            "steps": int(event.steps),
        }
    if isinstance(event, SummedGaussianEvent):
        return {"kind": "summed-gaussian", **_sum_value(event)}
    if isinstance(event, PoissonSampledSummedGaussianEvent):
        return {
            "kind": "poisson-sampled-summed-gaussian",
            **_sum_value(event.summed),
            "sampling_rate": float(event.sampling_rate),
            "steps": int(event.steps),
        }
    if isinstance(event, FloorWatchEvent):
        return {"kind": "floor-watch", "noise_scale": int(event.noise_scale)}
    return {"kind": "composed", "events": [_event_value(part) for part in event.events]}


def _sum_value(event: SummedGaussianEvent) -> dict[str, Any]:
    return {
        "noise_multiplier": float(event.noise_multiplier),
        "shares": int(event.shares),
        "share_sigma": float(event.share_sigma),
        "dimension": int(event.dimension),
    }


def _event_from_value(value: dict[str, Any]) -> Event:
    if value["kind"] == "gaussian":
        return GaussianEvent(float(value["noise_multiplier"]))
    if value["kind"] == "poisson-sampled-gaussian":
        return PoissonSampledGaussianEvent(
            float(value["noise_multiplier"]), float(value["sampling_rate"]), int(value["steps"])
        )
    if value["kind"] == "summed-gaussian":
        return _sum_from_value(value)
    if value["kind"] == "poisson-sampled-summed-gaussian":
        return PoissonSampledSummedGaussianEvent(
            _sum_from_value(value), float(value["sampling_rate"]), int(value["steps"])
        )
    if value["kind"] == "floor-watch":
        return FloorWatchEvent(int(value["noise_scale"]))
    if value["kind"] == "composed":
        return ComposedEvent(tuple(_event_from_value(part) for part in value["events"]))
    raise ValueError(value["kind"])


def _sum_from_value(value: dict[str, Any]) -> SummedGaussianEvent:
    return SummedGaussianEvent(
        float(value["noise_multiplier"]),
        int(value["shares"]),
        float(value["share_sigma"]),
        int(value["dimension"]),
    )
