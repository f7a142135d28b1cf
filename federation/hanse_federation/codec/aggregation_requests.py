"""The requests of secure aggregation to the wire and back."""

from __future__ import annotations

from hanse_federation.codec.aggregation_parts import (
    advertisement_from_wire,
    advertisement_to_wire,
    attempt_from_wire,
    attempt_to_wire,
    check_attempt,
    check_list,
    sealed_shares_from_wire,
    sealed_shares_to_wire,
    survivors_from_wire,
    survivors_to_wire,
)
from hanse_federation.codec.checks import (
    MAX_EXACT_INTEGER,
    check_brand,
    check_bytes,
    check_range,
)
from hanse_federation.codec.questions import question_from_wire, question_to_wire
from hanse_federation.messages import CohortRequest, JoinRequest, QuestionPayload
from hanse_federation.secure_aggregation.messages import (
    SIGNATURE_BYTES,
    Endorsement,
    EndorseRequest,
    MaskRequest,
    ShareRequest,
    UnmaskRequest,
)
from hanse_wire.v1 import aggregation_pb2 as aggregation
from hanse_wire.v1 import messages_pb2 as wire


def join_request_to_wire(request: JoinRequest) -> tuple[wire.JoinRequest, tuple[memoryview, ...]]:
    """Encode a request to join, and views of the values of its question.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    message = wire.JoinRequest(
        attempt=check_attempt(request.attempt),
        reference_persons=_check_reference(request.asked, request.reference_persons),
    )
    return message, question_to_wire(message, request.asked)


def join_request_from_wire(message: wire.JoinRequest, body: memoryview) -> JoinRequest:
    """Decode a request to join and the values of its question.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    asked = question_from_wire(message.WhichOneof("asked"), message, body)
    reference = _check_reference(asked, message.reference_persons)
    return JoinRequest(asked, check_attempt(message.attempt), reference)


def share_request_to_wire(request: ShareRequest) -> aggregation.ShareRequest:
    """Encode a request for sealed shares.

    Raises:
        InvalidMessageError: A field is out of range, or the roster is not ascending.
    """
    check_list("roster", [entry.brand for entry in request.roster])
    return aggregation.ShareRequest(
        attempt=attempt_to_wire(request.question, request.attempt),
        roster=[advertisement_to_wire(entry) for entry in request.roster],
    )


def share_request_from_wire(message: aggregation.ShareRequest) -> ShareRequest:
    """Decode a request for sealed shares.

    Raises:
        InvalidMessageError: A field is out of range, or the roster is not ascending.
    """
    check_list("roster", [entry.brand for entry in message.roster])
    question, attempt = attempt_from_wire(message.attempt)
    roster = tuple(advertisement_from_wire(entry) for entry in message.roster)
    return ShareRequest(question, attempt, roster)


def mask_request_to_wire(request: MaskRequest) -> aggregation.MaskRequest:
    """Encode a request for the masked vector.

    Raises:
        InvalidMessageError: A field is out of range, or the owners are not ascending.
    """
    check_list("shares", [share.owner for share in request.shares])
    return aggregation.MaskRequest(
        attempt=attempt_to_wire(request.question, request.attempt),
        shares=sealed_shares_to_wire(request.shares),
    )


def mask_request_from_wire(message: aggregation.MaskRequest) -> MaskRequest:
    """Decode a request for the masked vector.

    Raises:
        InvalidMessageError: A field is out of range, or the owners are not ascending.
    """
    check_list("shares", [share.owner for share in message.shares])
    question, attempt = attempt_from_wire(message.attempt)
    return MaskRequest(question, attempt, sealed_shares_from_wire(message.shares))


def endorse_request_to_wire(request: EndorseRequest) -> aggregation.EndorseRequest:
    """Encode a request for a signature on the survivor list.

    Raises:
        InvalidMessageError: A field is out of range, or the list is not ascending.
    """
    return aggregation.EndorseRequest(
        attempt=attempt_to_wire(request.question, request.attempt),
        survivors=survivors_to_wire(request.survivors),
    )


def endorse_request_from_wire(message: aggregation.EndorseRequest) -> EndorseRequest:
    """Decode a request for a signature on the survivor list.

    Raises:
        InvalidMessageError: A field is out of range, or the list is not ascending.
    """
    question, attempt = attempt_from_wire(message.attempt)
    return EndorseRequest(question, attempt, survivors_from_wire(message.survivors))


def unmask_request_to_wire(request: UnmaskRequest) -> aggregation.UnmaskRequest:
    """Encode a request for shares.

    Raises:
        InvalidMessageError: A field is out of range, or a list is not ascending.
    """
    check_list("endorsements", [entry.brand for entry in request.endorsements])
    return aggregation.UnmaskRequest(
        attempt=attempt_to_wire(request.question, request.attempt),
        survivors=survivors_to_wire(request.survivors),
        endorsements=[
            aggregation.Endorsement(
                brand=check_brand("brand", entry.brand),
                signature=check_bytes("signature", entry.signature, SIGNATURE_BYTES),
            )
            for entry in request.endorsements
        ],
    )


def unmask_request_from_wire(message: aggregation.UnmaskRequest) -> UnmaskRequest:
    """Decode a request for shares; the signatures are still to be verified.

    Raises:
        InvalidMessageError: A field is out of range, or a list is not ascending.
    """
    check_list("endorsements", [entry.brand for entry in message.endorsements])
    question, attempt = attempt_from_wire(message.attempt)
    endorsements = tuple(
        Endorsement(
            brand=check_brand("brand", entry.brand),
            signature=check_bytes("signature", entry.signature, SIGNATURE_BYTES),
        )
        for entry in message.endorsements
    )
    return UnmaskRequest(question, attempt, survivors_from_wire(message.survivors), endorsements)


def _check_reference(asked: QuestionPayload, persons: int) -> int:
    highest = 0 if isinstance(asked, CohortRequest) else MAX_EXACT_INTEGER
    return check_range("reference_persons", persons, 0, highest)
