"""What requests and replies of secure aggregation have in common, to the wire and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hanse_federation.codec.checks import (
    MAX_BRANDS,
    check_ascending,
    check_brand,
    check_bytes,
    check_count,
    check_member,
    check_range,
)
from hanse_federation.messages import Question, question_named
from hanse_federation.secure_aggregation.messages import (
    DIGEST_BYTES,
    KEY_BYTES,
    SEALED_BYTES,
    SIGNATURE_BYTES,
    Advertisement,
    SealedShare,
)
from hanse_policies.documents import BrandId
from hanse_wire.v1 import aggregation_pb2 as wire

MAX_ATTEMPTS = 1_000_000

_QUESTIONS: dict[wire.Question, Question] = {
    wire.QUESTION_COHORT: Question.COHORT,
    wire.QUESTION_TRAIN: Question.TRAIN,
    wire.QUESTION_EVALUATE: Question.EVALUATE,
    wire.QUESTION_MEASURE: Question.MEASURE,
}
_QUESTION_NUMBERS = {question: number for number, question in _QUESTIONS.items()}


def check_attempt(number: int) -> int:
    """Check the number of an attempt."""
    return check_range("attempt", number, 1, MAX_ATTEMPTS)


def check_list(field: str, brands: Sequence[str]) -> None:
    """Check that a list has an entry a brand: 1 to 1000 of them, strictly ascending."""
    check_count(field, len(brands), 1, MAX_BRANDS)
    check_ascending(field, brands)


def attempt_to_wire(question: str, number: int) -> wire.Attempt:
    """Encode what a step belongs to.

    Raises:
        InvalidMessageError: There is no such question, or the number is out of range.
    """
    question_number = _QUESTION_NUMBERS[question_named(question)]
    return wire.Attempt(question=question_number, number=check_attempt(number))


def attempt_from_wire(message: wire.Attempt) -> tuple[str, int]:
    """Decode the question and the number of an attempt.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    question = check_member("question", _QUESTIONS, message.question)
    return question.value, check_attempt(message.number)


def survivors_to_wire(survivors: Sequence[BrandId]) -> Sequence[str]:
    """Check a list of survivors that is to be sent.

    Raises:
        InvalidMessageError: It is empty, too long, not ascending or no list of brands.
    """
    return survivors_from_wire(survivors)


def survivors_from_wire(texts: Sequence[str]) -> tuple[BrandId, ...]:
    """Check a list of survivors that came.

    Raises:
        InvalidMessageError: It is empty, too long, not ascending or no list of brands.
    """
    check_list("survivors", texts)
    return tuple(check_brand("survivors", text) for text in texts)


def advertisement_to_wire(advertisement: Advertisement) -> wire.Advertisement:
    """Encode an advertisement.

    Raises:
        InvalidMessageError: A field has another form or length.
    """
    return wire.Advertisement(
        brand=check_brand("brand", advertisement.brand),
        mask_key=check_bytes("mask_key", advertisement.mask_key, KEY_BYTES),
        policy=check_bytes("policy", advertisement.policy, DIGEST_BYTES),
        commitment=check_bytes("commitment", advertisement.commitment, DIGEST_BYTES),
        signature=check_bytes("signature", advertisement.signature, SIGNATURE_BYTES),
    )


def advertisement_from_wire(message: wire.Advertisement) -> Advertisement:
    """Decode an advertisement; whether its brand signed it is still to be verified.

    Raises:
        InvalidMessageError: A field has another form or length.
    """
    return Advertisement(
        brand=check_brand("brand", message.brand),
        mask_key=check_bytes("mask_key", message.mask_key, KEY_BYTES),
        policy=check_bytes("policy", message.policy, DIGEST_BYTES),
        commitment=check_bytes("commitment", message.commitment, DIGEST_BYTES),
        signature=check_bytes("signature", message.signature, SIGNATURE_BYTES),
    )


def sealed_shares_to_wire(shares: Iterable[SealedShare]) -> tuple[wire.SealedShare, ...]:
    """Encode sealed shares; their order is for the message that holds them to check.

    Raises:
        InvalidMessageError: A field has another form or length.
    """
    return tuple(
        wire.SealedShare(
            owner=check_brand("owner", share.owner),
            holder=check_brand("holder", share.holder),
            ciphertext=check_bytes("ciphertext", share.ciphertext, SEALED_BYTES),
        )
        for share in shares
    )


def sealed_shares_from_wire(messages: Iterable[wire.SealedShare]) -> tuple[SealedShare, ...]:
    """Decode sealed shares; their order is for the message that holds them to check.

    Raises:
        InvalidMessageError: A field has another form or length.
    """
    return tuple(
        SealedShare(
            owner=check_brand("owner", message.owner),
            holder=check_brand("holder", message.holder),
            ciphertext=check_bytes("ciphertext", message.ciphertext, SEALED_BYTES),
        )
        for message in messages
    )
