from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StudyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUDY_STATE_UNSPECIFIED: _ClassVar[StudyState]
    STUDY_STATE_PROPOSED: _ClassVar[StudyState]
    STUDY_STATE_RUNNING: _ClassVar[StudyState]
    STUDY_STATE_RELEASED: _ClassVar[StudyState]
    STUDY_STATE_REFUSED: _ClassVar[StudyState]
    STUDY_STATE_FAILED: _ClassVar[StudyState]
STUDY_STATE_UNSPECIFIED: StudyState
STUDY_STATE_PROPOSED: StudyState
STUDY_STATE_RUNNING: StudyState
STUDY_STATE_RELEASED: StudyState
STUDY_STATE_REFUSED: StudyState
STUDY_STATE_FAILED: StudyState

class ProposedStudy(_message.Message):
    __slots__ = ("digest", "envelope", "state")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    digest: str
    envelope: bytes
    state: StudyState
    def __init__(self, digest: _Optional[str] = ..., envelope: _Optional[bytes] = ..., state: _Optional[_Union[StudyState, str]] = ...) -> None: ...

class ReleaseEntry(_message.Message):
    __slots__ = ("digest", "study", "study_id")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    digest: str
    study: str
    study_id: str
    def __init__(self, digest: _Optional[str] = ..., study: _Optional[str] = ..., study_id: _Optional[str] = ...) -> None: ...

class ReleaseFileOpening(_message.Message):
    __slots__ = ("name", "total_bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    total_bytes: int
    def __init__(self, name: _Optional[str] = ..., total_bytes: _Optional[int] = ...) -> None: ...

class GetCharterRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCharterResponse(_message.Message):
    __slots__ = ("envelope",)
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    envelope: bytes
    def __init__(self, envelope: _Optional[bytes] = ...) -> None: ...

class ListStudiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListStudiesResponse(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: ProposedStudy
    def __init__(self, study: _Optional[_Union[ProposedStudy, _Mapping]] = ...) -> None: ...

class SubmitVerdictRequest(_message.Message):
    __slots__ = ("envelope",)
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    envelope: bytes
    def __init__(self, envelope: _Optional[bytes] = ...) -> None: ...

class SubmitVerdictResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReleasesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReleasesResponse(_message.Message):
    __slots__ = ("release",)
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    release: ReleaseEntry
    def __init__(self, release: _Optional[_Union[ReleaseEntry, _Mapping]] = ...) -> None: ...

class FetchReleaseRequest(_message.Message):
    __slots__ = ("digest",)
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: str
    def __init__(self, digest: _Optional[str] = ...) -> None: ...

class FetchReleaseResponse(_message.Message):
    __slots__ = ("opening", "content")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    opening: ReleaseFileOpening
    content: bytes
    def __init__(self, opening: _Optional[_Union[ReleaseFileOpening, _Mapping]] = ..., content: _Optional[bytes] = ...) -> None: ...
