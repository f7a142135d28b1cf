"""What the process that faces the network and its warehouse worker say to each other.

Rules: one JSON object a line, over two pipes; first a `WorkerSetup`, then
questions and answers in turn. An answer holds digests, instants and sums over
persons, never a row or a person; a refusal is a code and a message written by
Hanse, never by the engine. The asker treats an answer as hostile: whatever does
not parse strictly is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from hanse_clients.data.view import HexText, MinimalView
from hanse_policies.documents import (
    AudienceHistogram,
    ConsentField,
    DataAsset,
    Purpose,
    StrictModel,
)

Count = Annotated[int, Field(ge=0, le=2**53)]


class WorkerSetup(StrictModel):
    """What a worker is started for: one asset, one folder, its limits."""

    asset: DataAsset
    folder: str
    threads: Annotated[int, Field(ge=1, le=256)]
    memory_mb: Annotated[int, Field(ge=1)]


class CheckQuestion(StrictModel):
    """Compare the stored tables with the asset document."""

    ask: Literal["check"] = "check"


class VersionQuestion(StrictModel):
    """Digest the files as they are now."""

    ask: Literal["version"] = "version"


class ConsentQuestion(StrictModel):
    """Describe the consent register as a whole."""

    ask: Literal["consent"] = "consent"
    now: AwareDatetime


class PersonsQuestion(StrictModel):
    """Count the persons in a view."""

    ask: Literal["persons"] = "persons"
    view: MinimalView


class FaultsQuestion(StrictModel):
    """Tell which of the view's `possible_faults` there are."""

    ask: Literal["faults"] = "faults"
    view: MinimalView


class CellsQuestion(StrictModel):
    """Count the persons in each cell of a measurement."""

    ask: Literal["cells"] = "cells"
    view: MinimalView
    computation: AudienceHistogram


WorkerQuestion = (
    CheckQuestion
    | VersionQuestion
    | ConsentQuestion
    | PersonsQuestion
    | FaultsQuestion
    | CellsQuestion
)


class DoneAnswer(StrictModel):
    """It is as it should be."""

    tell: Literal["done"] = "done"


class VersionAnswer(StrictModel):
    """The files' digest."""

    tell: Literal["version"] = "version"
    version: HexText


class ConsentAnswer(StrictModel):
    """The consent register as a whole."""

    tell: Literal["consent"] = "consent"
    synced: AwareDatetime | None
    purposes: tuple[Purpose, ...]
    fields: tuple[ConsentField, ...]


class PersonsAnswer(StrictModel):
    """A true number of persons."""

    tell: Literal["persons"] = "persons"
    persons: Count
    version: HexText


class FaultsAnswer(StrictModel):
    """Whether each of the view's `possible_faults` is there, in their order."""

    tell: Literal["faults"] = "faults"
    found: tuple[bool, ...]


class CellsAnswer(StrictModel):
    """True numbers of persons: pairs of cell and persons."""

    tell: Literal["cells"] = "cells"
    cells: tuple[tuple[Count, Count], ...]
    version: HexText


class RefusedAnswer(StrictModel):
    """The question was refused; the asker raises the error of this code."""

    tell: Literal["refused"] = "refused"
    code: str
    message: str


WorkerAnswer = (
    DoneAnswer
    | VersionAnswer
    | ConsentAnswer
    | PersonsAnswer
    | FaultsAnswer
    | CellsAnswer
    | RefusedAnswer
)

QUESTIONS: TypeAdapter[WorkerQuestion] = TypeAdapter(
    Annotated[WorkerQuestion, Field(discriminator="ask")]
)
ANSWERS: TypeAdapter[WorkerAnswer] = TypeAdapter(
    Annotated[WorkerAnswer, Field(discriminator="tell")]
)


def line_of(message: StrictModel) -> bytes:
    """Write a message as one line."""
    return message.model_dump_json().encode() + b"\n"
