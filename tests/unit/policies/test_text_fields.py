"""Whatever a document's field, its text is bound to letters of ASCII or checked for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, get_args, get_origin

import pytest
from pydantic import StringConstraints

import hanse_policies.kinds
from hanse_policies.documents.base import ONE_LINE, VISIBLE, StrictModel


def documents(model: type[StrictModel] = StrictModel) -> Iterator[type[StrictModel]]:
    for child in model.__subclasses__():
        if child.__module__.startswith(hanse_policies.kinds.__package__ + ".documents"):
            yield child
        yield from documents(child)


def unchecked(annotation: object, metadata: tuple[object, ...]) -> bool:
    """Tell whether a type holds text that neither a pattern nor a rule for readers bounds."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return unchecked(inner, (*metadata, *more))
    if annotation is str:
        patterns = [getattr(part, "pattern", None) for part in metadata]
        return not (any(patterns) or VISIBLE in metadata or ONE_LINE in metadata)
    return any(unchecked(inner, ()) for inner in get_args(annotation))


@pytest.mark.parametrize("model", sorted(set(documents()), key=lambda m: m.__qualname__))
def test_every_text_of_a_document_is_checked(model: type[StrictModel]) -> None:
    fields = model.model_fields.items()
    assert [n for n, f in fields if unchecked(f.annotation, tuple(f.metadata))] == []


def test_the_check_finds_a_text_without_a_rule() -> None:
    assert unchecked(str, ())
    assert unchecked(dict[str, int], ())
    assert unchecked(tuple[Annotated[str, StringConstraints(max_length=5)], ...], ())
    assert not unchecked(tuple[Annotated[str, StringConstraints(pattern="^a$")], ...], ())
    assert not unchecked(Annotated[str, ONE_LINE] | None, ())
