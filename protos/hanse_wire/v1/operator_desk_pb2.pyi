from hanse_wire.v1 import brand_desk_pb2 as _brand_desk_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STAGE_UNSPECIFIED: _ClassVar[RunStage]
    RUN_STAGE_STARTED: _ClassVar[RunStage]
    RUN_STAGE_COHORT: _ClassVar[RunStage]
    RUN_STAGE_ROUND: _ClassVar[RunStage]
    RUN_STAGE_MEASURED: _ClassVar[RunStage]
    RUN_STAGE_RELEASED: _ClassVar[RunStage]
    RUN_STAGE_REFUSED: _ClassVar[RunStage]
    RUN_STAGE_FAILED: _ClassVar[RunStage]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_TO_BRAND: _ClassVar[Direction]
    DIRECTION_FROM_BRAND: _ClassVar[Direction]
RUN_STAGE_UNSPECIFIED: RunStage
RUN_STAGE_STARTED: RunStage
RUN_STAGE_COHORT: RunStage
RUN_STAGE_ROUND: RunStage
RUN_STAGE_MEASURED: RunStage
RUN_STAGE_RELEASED: RunStage
RUN_STAGE_REFUSED: RunStage
RUN_STAGE_FAILED: RunStage
DIRECTION_UNSPECIFIED: Direction
DIRECTION_TO_BRAND: Direction
DIRECTION_FROM_BRAND: Direction

class BrandRefusal(_message.Message):
    __slots__ = ("brand", "code")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    brand: str
    code: str
    def __init__(self, brand: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class BrandDenial(_message.Message):
    __slots__ = ("brand", "rules")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    brand: str
    rules: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, brand: _Optional[str] = ..., rules: _Optional[_Iterable[str]] = ...) -> None: ...

class RunEvent(_message.Message):
    __slots__ = ("stage", "round_number", "rounds", "brands", "refusals", "detail", "release")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ROUND_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    stage: RunStage
    round_number: int
    rounds: int
    brands: _containers.RepeatedScalarFieldContainer[str]
    refusals: _containers.RepeatedCompositeFieldContainer[BrandRefusal]
    detail: str
    release: str
    def __init__(self, stage: _Optional[_Union[RunStage, str]] = ..., round_number: _Optional[int] = ..., rounds: _Optional[int] = ..., brands: _Optional[_Iterable[str]] = ..., refusals: _Optional[_Iterable[_Union[BrandRefusal, _Mapping]]] = ..., detail: _Optional[str] = ..., release: _Optional[str] = ...) -> None: ...

class StudyStatus(_message.Message):
    __slots__ = ("digest", "study_id", "state", "approved", "refused", "release")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    APPROVED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    digest: str
    study_id: str
    state: _brand_desk_pb2.StudyState
    approved: _containers.RepeatedScalarFieldContainer[str]
    refused: _containers.RepeatedCompositeFieldContainer[BrandDenial]
    release: str
    def __init__(self, digest: _Optional[str] = ..., study_id: _Optional[str] = ..., state: _Optional[_Union[_brand_desk_pb2.StudyState, str]] = ..., approved: _Optional[_Iterable[str]] = ..., refused: _Optional[_Iterable[_Union[BrandDenial, _Mapping]]] = ..., release: _Optional[str] = ...) -> None: ...

class TrafficCount(_message.Message):
    __slots__ = ("brand", "direction", "message_type", "messages", "payload_bytes", "framed_bytes")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    FRAMED_BYTES_FIELD_NUMBER: _ClassVar[int]
    brand: str
    direction: Direction
    message_type: str
    messages: int
    payload_bytes: int
    framed_bytes: int
    def __init__(self, brand: _Optional[str] = ..., direction: _Optional[_Union[Direction, str]] = ..., message_type: _Optional[str] = ..., messages: _Optional[int] = ..., payload_bytes: _Optional[int] = ..., framed_bytes: _Optional[int] = ...) -> None: ...

class OperatorStatus(_message.Message):
    __slots__ = ("alliance", "enrolled", "connected", "studies", "traffic")
    ALLIANCE_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    STUDIES_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_FIELD_NUMBER: _ClassVar[int]
    alliance: str
    enrolled: _containers.RepeatedScalarFieldContainer[str]
    connected: _containers.RepeatedScalarFieldContainer[str]
    studies: _containers.RepeatedCompositeFieldContainer[StudyStatus]
    traffic: _containers.RepeatedCompositeFieldContainer[TrafficCount]
    def __init__(self, alliance: _Optional[str] = ..., enrolled: _Optional[_Iterable[str]] = ..., connected: _Optional[_Iterable[str]] = ..., studies: _Optional[_Iterable[_Union[StudyStatus, _Mapping]]] = ..., traffic: _Optional[_Iterable[_Union[TrafficCount, _Mapping]]] = ...) -> None: ...

class ProposeStudyRequest(_message.Message):
    __slots__ = ("envelope",)
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    envelope: bytes
    def __init__(self, envelope: _Optional[bytes] = ...) -> None: ...

class ProposeStudyResponse(_message.Message):
    __slots__ = ("digest",)
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: str
    def __init__(self, digest: _Optional[str] = ...) -> None: ...

class RunStudyRequest(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: str
    def __init__(self, study: _Optional[str] = ...) -> None: ...

class RunStudyResponse(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: RunEvent
    def __init__(self, event: _Optional[_Union[RunEvent, _Mapping]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: OperatorStatus
    def __init__(self, status: _Optional[_Union[OperatorStatus, _Mapping]] = ...) -> None: ...
