"""What crosses between the operator's commands and the operator's server, and back."""

from __future__ import annotations

from hanse_federation.codec.brand_desk import study_state_from_wire, study_state_to_wire
from hanse_federation.codec.checks import (
    MAX_BRANDS,
    MAX_EXACT_INTEGER,
    MAX_ROUNDS,
    check_brand,
    check_brands,
    check_code,
    check_count,
    check_digest,
    check_identifier,
    check_member,
    check_optional_digest,
    check_range,
    check_rule,
    check_text,
)
from hanse_federation.desk import OperatorStatus, RunEvent, RunStage, StudyStatus
from hanse_federation.link.interface import TrafficCount
from hanse_federation.link.traffic import FROM_BRAND, TO_BRAND
from hanse_policies.documents import BrandId
from hanse_wire.v1 import operator_desk_pb2 as wire

MAX_DETAIL_LENGTH = 2000
MAX_RULES = 256
MAX_STUDIES = 10_000
MAX_TRAFFIC_COUNTS = 100_000

_STAGES: dict[wire.RunStage, RunStage] = {
    wire.RUN_STAGE_STARTED: RunStage.STARTED,
    wire.RUN_STAGE_COHORT: RunStage.COHORT,
    wire.RUN_STAGE_ROUND: RunStage.ROUND,
    wire.RUN_STAGE_MEASURED: RunStage.MEASURED,
    wire.RUN_STAGE_RELEASED: RunStage.RELEASED,
    wire.RUN_STAGE_REFUSED: RunStage.REFUSED,
    wire.RUN_STAGE_FAILED: RunStage.FAILED,
}
_STAGE_NUMBERS = {stage: number for number, stage in _STAGES.items()}


def run_event_to_wire(event: RunEvent) -> wire.RunEvent:
    """Encode a step of a run."""
    return wire.RunEvent(
        stage=_STAGE_NUMBERS[event.stage],
        round_number=event.round_number,
        rounds=event.rounds,
        brands=event.brands,
        refusals=(wire.BrandRefusal(brand=brand, code=code) for brand, code in event.refusals),
        detail=event.detail,
        release=event.release,
    )


def run_event_from_wire(message: wire.RunEvent) -> RunEvent:
    """Decode a step of a run.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    check_count("refusals", len(message.refusals), 0, MAX_BRANDS)
    return RunEvent(
        stage=check_member("stage", _STAGES, message.stage),
        round_number=check_range("round_number", message.round_number, 0, MAX_ROUNDS),
        rounds=check_range("rounds", message.rounds, 0, MAX_ROUNDS),
        brands=check_brands("brands", message.brands),
        refusals=tuple(
            (check_brand("brand", refusal.brand), check_rule("code", refusal.code))
            for refusal in message.refusals
        ),
        detail=check_text("detail", message.detail, MAX_DETAIL_LENGTH),
        release=check_optional_digest("release", message.release),
    )


def study_status_to_wire(status: StudyStatus) -> wire.StudyStatus:
    """Encode a study and what the brands said of it."""
    return wire.StudyStatus(
        digest=status.digest,
        study_id=status.study_id,
        state=study_state_to_wire(status.state),
        approved=status.approved,
        refused=(wire.BrandDenial(brand=brand, rules=rules) for brand, rules in status.refused),
        release=status.release,
    )


def study_status_from_wire(message: wire.StudyStatus) -> StudyStatus:
    """Decode a study and what the brands said of it.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    check_count("refused", len(message.refused), 0, MAX_BRANDS)
    return StudyStatus(
        digest=check_digest("digest", message.digest),
        study_id=check_identifier("study_id", message.study_id),
        state=study_state_from_wire(message.state),
        approved=check_brands("approved", message.approved),
        refused=tuple(_denial_from_wire(denial) for denial in message.refused),
        release=check_optional_digest("release", message.release),
    )


def traffic_count_to_wire(count: TrafficCount) -> wire.TrafficCount:
    """Encode a traffic count."""
    to_brand = count.direction == TO_BRAND
    return wire.TrafficCount(
        brand=count.brand,
        direction=wire.DIRECTION_TO_BRAND if to_brand else wire.DIRECTION_FROM_BRAND,
        message_type=count.message_type,
        messages=count.messages,
        payload_bytes=count.payload_bytes,
        framed_bytes=count.framed_bytes,
    )


def traffic_count_from_wire(message: wire.TrafficCount) -> TrafficCount:
    """Decode a traffic count.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    check_range("direction", message.direction, 1, 2)
    to_brand = message.direction == wire.DIRECTION_TO_BRAND
    return TrafficCount(
        brand=check_brand("brand", message.brand),
        direction=TO_BRAND if to_brand else FROM_BRAND,
        message_type=check_code("message_type", message.message_type),
        messages=check_range("messages", message.messages, 0, MAX_EXACT_INTEGER),
        payload_bytes=check_range("payload_bytes", message.payload_bytes, 0, MAX_EXACT_INTEGER),
        framed_bytes=check_range("framed_bytes", message.framed_bytes, 0, MAX_EXACT_INTEGER),
    )


def operator_status_to_wire(status: OperatorStatus) -> wire.OperatorStatus:
    """Encode the operator's view of the alliance."""
    return wire.OperatorStatus(
        alliance=status.alliance,
        enrolled=status.enrolled,
        connected=status.connected,
        studies=(study_status_to_wire(study) for study in status.studies),
        traffic=(traffic_count_to_wire(count) for count in status.traffic),
    )


def operator_status_from_wire(message: wire.OperatorStatus) -> OperatorStatus:
    """Decode the operator's view of the alliance.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    check_count("studies", len(message.studies), 0, MAX_STUDIES)
    check_count("traffic", len(message.traffic), 0, MAX_TRAFFIC_COUNTS)
    return OperatorStatus(
        alliance=check_identifier("alliance", message.alliance),
        enrolled=check_brands("enrolled", message.enrolled),
        connected=check_brands("connected", message.connected),
        studies=tuple(study_status_from_wire(study) for study in message.studies),
        traffic=tuple(traffic_count_from_wire(count) for count in message.traffic),
    )


def _denial_from_wire(message: wire.BrandDenial) -> tuple[BrandId, tuple[str, ...]]:
    check_count("rules", len(message.rules), 0, MAX_RULES)
    rules = tuple(check_rule("rules", rule) for rule in message.rules)
    return check_brand("brand", message.brand), rules
