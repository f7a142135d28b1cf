from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Question(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUESTION_UNSPECIFIED: _ClassVar[Question]
    QUESTION_COHORT: _ClassVar[Question]
    QUESTION_TRAIN: _ClassVar[Question]
    QUESTION_EVALUATE: _ClassVar[Question]
    QUESTION_MEASURE: _ClassVar[Question]

class ShareKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHARE_KIND_UNSPECIFIED: _ClassVar[ShareKind]
    SHARE_KIND_SELF_MASK: _ClassVar[ShareKind]
    SHARE_KIND_MASK_KEY: _ClassVar[ShareKind]
QUESTION_UNSPECIFIED: Question
QUESTION_COHORT: Question
QUESTION_TRAIN: Question
QUESTION_EVALUATE: Question
QUESTION_MEASURE: Question
SHARE_KIND_UNSPECIFIED: ShareKind
SHARE_KIND_SELF_MASK: ShareKind
SHARE_KIND_MASK_KEY: ShareKind

class Attempt(_message.Message):
    __slots__ = ("question", "number")
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    question: Question
    number: int
    def __init__(self, question: _Optional[_Union[Question, str]] = ..., number: _Optional[int] = ...) -> None: ...

class Advertisement(_message.Message):
    __slots__ = ("brand", "mask_key", "policy", "commitment", "signature")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    MASK_KEY_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    brand: str
    mask_key: bytes
    policy: bytes
    commitment: bytes
    signature: bytes
    def __init__(self, brand: _Optional[str] = ..., mask_key: _Optional[bytes] = ..., policy: _Optional[bytes] = ..., commitment: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class SealedShare(_message.Message):
    __slots__ = ("owner", "holder", "ciphertext")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    owner: str
    holder: str
    ciphertext: bytes
    def __init__(self, owner: _Optional[str] = ..., holder: _Optional[str] = ..., ciphertext: _Optional[bytes] = ...) -> None: ...

class Endorsement(_message.Message):
    __slots__ = ("brand", "signature")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    brand: str
    signature: bytes
    def __init__(self, brand: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class RevealedShare(_message.Message):
    __slots__ = ("owner", "kind", "value")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    owner: str
    kind: ShareKind
    value: bytes
    def __init__(self, owner: _Optional[str] = ..., kind: _Optional[_Union[ShareKind, str]] = ..., value: _Optional[bytes] = ...) -> None: ...

class ShareRequest(_message.Message):
    __slots__ = ("attempt", "roster")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ROSTER_FIELD_NUMBER: _ClassVar[int]
    attempt: Attempt
    roster: _containers.RepeatedCompositeFieldContainer[Advertisement]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., roster: _Optional[_Iterable[_Union[Advertisement, _Mapping]]] = ...) -> None: ...

class MaskRequest(_message.Message):
    __slots__ = ("attempt", "shares")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    attempt: Attempt
    shares: _containers.RepeatedCompositeFieldContainer[SealedShare]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., shares: _Optional[_Iterable[_Union[SealedShare, _Mapping]]] = ...) -> None: ...

class EndorseRequest(_message.Message):
    __slots__ = ("attempt", "survivors")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SURVIVORS_FIELD_NUMBER: _ClassVar[int]
    attempt: Attempt
    survivors: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., survivors: _Optional[_Iterable[str]] = ...) -> None: ...

class UnmaskRequest(_message.Message):
    __slots__ = ("attempt", "survivors", "endorsements")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SURVIVORS_FIELD_NUMBER: _ClassVar[int]
    ENDORSEMENTS_FIELD_NUMBER: _ClassVar[int]
    attempt: Attempt
    survivors: _containers.RepeatedScalarFieldContainer[str]
    endorsements: _containers.RepeatedCompositeFieldContainer[Endorsement]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., survivors: _Optional[_Iterable[str]] = ..., endorsements: _Optional[_Iterable[_Union[Endorsement, _Mapping]]] = ...) -> None: ...

class JoinReply(_message.Message):
    __slots__ = ("advertisement",)
    ADVERTISEMENT_FIELD_NUMBER: _ClassVar[int]
    advertisement: Advertisement
    def __init__(self, advertisement: _Optional[_Union[Advertisement, _Mapping]] = ...) -> None: ...

class ShareReply(_message.Message):
    __slots__ = ("shares",)
    SHARES_FIELD_NUMBER: _ClassVar[int]
    shares: _containers.RepeatedCompositeFieldContainer[SealedShare]
    def __init__(self, shares: _Optional[_Iterable[_Union[SealedShare, _Mapping]]] = ...) -> None: ...

class MaskReply(_message.Message):
    __slots__ = ("ring_bits", "elements", "signature")
    RING_BITS_FIELD_NUMBER: _ClassVar[int]
    ELEMENTS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ring_bits: int
    elements: int
    signature: bytes
    def __init__(self, ring_bits: _Optional[int] = ..., elements: _Optional[int] = ..., signature: _Optional[bytes] = ...) -> None: ...

class EndorseReply(_message.Message):
    __slots__ = ("signature",)
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    signature: bytes
    def __init__(self, signature: _Optional[bytes] = ...) -> None: ...

class UnmaskReply(_message.Message):
    __slots__ = ("shares",)
    SHARES_FIELD_NUMBER: _ClassVar[int]
    shares: _containers.RepeatedCompositeFieldContainer[RevealedShare]
    def __init__(self, shares: _Optional[_Iterable[_Union[RevealedShare, _Mapping]]] = ...) -> None: ...
