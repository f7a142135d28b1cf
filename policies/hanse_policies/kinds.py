"""The kinds of document that stand in files of their own, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from hanse_policies.documents import (
    AllianceCharter,
    Approval,
    BrandExit,
    BrandPolicy,
    BreachRecord,
    CharterAcceptance,
    CounselOpinion,
    DataAsset,
    DecisionExamples,
    LegalPack,
    Study,
    StudyVerdict,
    Withdrawal,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import DocumentKindError, PayloadTypeError


def kind_of(model: type[StrictModel]) -> str:
    """Return the one word that a document class allows as its `kind`.

    Raises:
        PayloadTypeError: The class has no such field, or allows several words.
    """
    field = model.model_fields.get("kind")
    words = get_args(field.annotation) if field is not None else ()
    if len(words) != 1:
        raise PayloadTypeError(f"expected a document with one kind, got {model.__name__}")
    return str(words[0])


DOCUMENT_KINDS: Mapping[str, type[StrictModel]] = {
    kind_of(model): model
    for model in (
        AllianceCharter,
        Approval,
        BrandExit,
        BrandPolicy,
        BreachRecord,
        CharterAcceptance,
        CounselOpinion,
        DataAsset,
        DecisionExamples,
        LegalPack,
        Study,
        StudyVerdict,
        Withdrawal,
    )
}


def document_class(kind: str) -> type[StrictModel]:
    """Return the class of a kind of document.

    Raises:
        DocumentKindError: There is no such kind.
    """
    model = DOCUMENT_KINDS.get(kind)
    if model is None:
        known = ", ".join(DOCUMENT_KINDS)
        raise DocumentKindError(f"field `kind`: expected one of {known}, got `{kind[:64]}`")
    return model
