"""What a run tells whoever watches it: steps, never contents of a brand's answer.

An observer is called in the run's own thread, in order; an exception it raises
ends the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hanse_federation.messages import Question
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True)
class BrandRefusal:
    """A brand without an answer that counts, and the code that says why."""

    brand: BrandId
    code: str


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """One question went out."""

    question: Question
    round_number: int
    brands: tuple[BrandId, ...]


@dataclass(frozen=True, slots=True)
class AnswersCollected:
    """The answers to one question are in, as far as they came and were admitted."""

    question: Question
    round_number: int
    answered: tuple[BrandId, ...]
    refused: tuple[BrandRefusal, ...]


@dataclass(frozen=True, slots=True)
class ForeignReplyDropped:
    """A reply was bound to another request than any open one of its sender."""

    sender: BrandId


@dataclass(frozen=True, slots=True)
class RoundAggregated:
    """Enough answers were admitted, and the strategy aggregated them.

    Attributes:
        question: `train` or `evaluate`.
        round_number: From 1.
        answers: How many answers count.
        cells: The sum of the brands' noised cells; empty for `train`.
    """

    question: Question
    round_number: int
    answers: int
    cells: tuple[int, ...] = ()


RunStep = QuestionAsked | AnswersCollected | ForeignReplyDropped | RoundAggregated
Observer = Callable[[RunStep], None]


def unobserved(step: RunStep) -> None:
    """Take a step and tell nobody."""
