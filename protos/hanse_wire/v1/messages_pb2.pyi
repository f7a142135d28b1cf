from hanse_wire.v1 import aggregation_pb2 as _aggregation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Binding(_message.Message):
    __slots__ = ("run", "study", "round_number", "request")
    RUN_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    ROUND_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    run: int
    study: str
    round_number: int
    request: str
    def __init__(self, run: _Optional[int] = ..., study: _Optional[str] = ..., round_number: _Optional[int] = ..., request: _Optional[str] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("name", "shape")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ...) -> None: ...

class Parameters(_message.Message):
    __slots__ = ("tensors",)
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    tensors: _containers.RepeatedCompositeFieldContainer[Tensor]
    def __init__(self, tensors: _Optional[_Iterable[_Union[Tensor, _Mapping]]] = ...) -> None: ...

class CohortRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TrainRequest(_message.Message):
    __slots__ = ("parameters",)
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    parameters: Parameters
    def __init__(self, parameters: _Optional[_Union[Parameters, _Mapping]] = ...) -> None: ...

class EvaluateRequest(_message.Message):
    __slots__ = ("parameters",)
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    parameters: Parameters
    def __init__(self, parameters: _Optional[_Union[Parameters, _Mapping]] = ...) -> None: ...

class MeasureRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JoinRequest(_message.Message):
    __slots__ = ("attempt", "reference_persons", "cohort", "train", "evaluate", "measure")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PERSONS_FIELD_NUMBER: _ClassVar[int]
    COHORT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    reference_persons: int
    cohort: CohortRequest
    train: TrainRequest
    evaluate: EvaluateRequest
    measure: MeasureRequest
    def __init__(self, attempt: _Optional[int] = ..., reference_persons: _Optional[int] = ..., cohort: _Optional[_Union[CohortRequest, _Mapping]] = ..., train: _Optional[_Union[TrainRequest, _Mapping]] = ..., evaluate: _Optional[_Union[EvaluateRequest, _Mapping]] = ..., measure: _Optional[_Union[MeasureRequest, _Mapping]] = ...) -> None: ...

class Request(_message.Message):
    __slots__ = ("binding", "deadline_seconds", "cohort", "train", "evaluate", "measure", "join", "share", "mask", "endorse", "unmask")
    BINDING_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    COHORT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    JOIN_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    ENDORSE_FIELD_NUMBER: _ClassVar[int]
    UNMASK_FIELD_NUMBER: _ClassVar[int]
    binding: Binding
    deadline_seconds: float
    cohort: CohortRequest
    train: TrainRequest
    evaluate: EvaluateRequest
    measure: MeasureRequest
    join: JoinRequest
    share: _aggregation_pb2.ShareRequest
    mask: _aggregation_pb2.MaskRequest
    endorse: _aggregation_pb2.EndorseRequest
    unmask: _aggregation_pb2.UnmaskRequest
    def __init__(self, binding: _Optional[_Union[Binding, _Mapping]] = ..., deadline_seconds: _Optional[float] = ..., cohort: _Optional[_Union[CohortRequest, _Mapping]] = ..., train: _Optional[_Union[TrainRequest, _Mapping]] = ..., evaluate: _Optional[_Union[EvaluateRequest, _Mapping]] = ..., measure: _Optional[_Union[MeasureRequest, _Mapping]] = ..., join: _Optional[_Union[JoinRequest, _Mapping]] = ..., share: _Optional[_Union[_aggregation_pb2.ShareRequest, _Mapping]] = ..., mask: _Optional[_Union[_aggregation_pb2.MaskRequest, _Mapping]] = ..., endorse: _Optional[_Union[_aggregation_pb2.EndorseRequest, _Mapping]] = ..., unmask: _Optional[_Union[_aggregation_pb2.UnmaskRequest, _Mapping]] = ...) -> None: ...

class CohortReply(_message.Message):
    __slots__ = ("noised_persons",)
    NOISED_PERSONS_FIELD_NUMBER: _ClassVar[int]
    noised_persons: int
    def __init__(self, noised_persons: _Optional[int] = ...) -> None: ...

class TrainReply(_message.Message):
    __slots__ = ("parameters", "weight")
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    parameters: Parameters
    weight: int
    def __init__(self, parameters: _Optional[_Union[Parameters, _Mapping]] = ..., weight: _Optional[int] = ...) -> None: ...

class CellsReply(_message.Message):
    __slots__ = ("cells",)
    CELLS_FIELD_NUMBER: _ClassVar[int]
    cells: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, cells: _Optional[_Iterable[int]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("binding", "cohort", "train", "cells", "refusal", "join", "share", "mask", "endorse", "unmask")
    BINDING_FIELD_NUMBER: _ClassVar[int]
    COHORT_FIELD_NUMBER: _ClassVar[int]
    TRAIN_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    JOIN_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    ENDORSE_FIELD_NUMBER: _ClassVar[int]
    UNMASK_FIELD_NUMBER: _ClassVar[int]
    binding: Binding
    cohort: CohortReply
    train: TrainReply
    cells: CellsReply
    refusal: Refusal
    join: _aggregation_pb2.JoinReply
    share: _aggregation_pb2.ShareReply
    mask: _aggregation_pb2.MaskReply
    endorse: _aggregation_pb2.EndorseReply
    unmask: _aggregation_pb2.UnmaskReply
    def __init__(self, binding: _Optional[_Union[Binding, _Mapping]] = ..., cohort: _Optional[_Union[CohortReply, _Mapping]] = ..., train: _Optional[_Union[TrainReply, _Mapping]] = ..., cells: _Optional[_Union[CellsReply, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ..., join: _Optional[_Union[_aggregation_pb2.JoinReply, _Mapping]] = ..., share: _Optional[_Union[_aggregation_pb2.ShareReply, _Mapping]] = ..., mask: _Optional[_Union[_aggregation_pb2.MaskReply, _Mapping]] = ..., endorse: _Optional[_Union[_aggregation_pb2.EndorseReply, _Mapping]] = ..., unmask: _Optional[_Union[_aggregation_pb2.UnmaskReply, _Mapping]] = ...) -> None: ...
