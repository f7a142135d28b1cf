"""Ask every brand of a run one question outside a strategy, and read the answers.

For what is not training: the noised cohort before the first round, and a
study's measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

from hanse_federation.messages import CohortRequest, MeasureRequest
from hanse_flower.grid import LinkGrid
from hanse_flower.progress import BrandRefusal
from hanse_flower.records import (
    MESSAGE_TYPE_OF,
    AnswerPayload,
    AskedQuestion,
    answer_from_content,
    question_to_content,
)
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True)
class BrandAnswer:
    """One brand's admitted answer."""

    brand: BrandId
    payload: AnswerPayload


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of one question; each brand stands in one of the two, ordered by brand."""

    admitted: tuple[BrandAnswer, ...]
    refused: tuple[BrandRefusal, ...]


def ask_brands(
    grid: LinkGrid, payload: CohortRequest | MeasureRequest, *, round_number: int = 0
) -> Answers:
    """Ask all brands of a grid and wait until each answered or the deadline passed.

    Args:
        grid: The grid of the run.
        payload: The question.
        round_number: 0 before the first round.

    Returns:
        The admitted answers, and who is missing with which code.
    """
    asked = AskedQuestion(round_number, payload)
    replies = grid.send_and_receive(
        grid.create_message(
            question_to_content(asked), MESSAGE_TYPE_OF[asked.question], node, str(round_number)
        )
        for node in grid.get_node_ids()
    )
    admitted, refused = [], []
    for reply in replies:
        brand = grid.brand_of(reply.metadata.src_node_id)
        if reply.has_error():
            refused.append(BrandRefusal(brand, reply.error.reason or ""))
        else:
            answer = answer_from_content(asked.question, reply.content)
            admitted.append(BrandAnswer(brand, answer))
    return Answers(tuple(admitted), tuple(refused))
