"""How the `hanse policy` commands print: a line for people, one JSON value for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies

if TYPE_CHECKING:
    from hanse_policies.documents import StrictModel

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """What a document is, without what it says."""

    file: str
    kind: str
    id: str
    version: int | str | None
    digest: str

    def line(self) -> str:
        """Write the summary for people."""
        revision = f" version {self.version}" if self.version is not None else ""
        return f"{self.file}: {self.kind} {self.id}{revision}, digest {self.digest}"


def summarise(file: str, document: StrictModel) -> DocumentSummary:
    """Say what a document is."""
    return DocumentSummary(
        file=file,
        kind=str(getattr(document, "kind", type(document).__name__)),
        id=str(getattr(document, "id", "without id")),
        version=getattr(document, "version", None),
        digest=hanse_policies.digest(document),
    )


def print_json(value: object) -> None:
    """Print one JSON value, readable and in UTF-8."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_summary(summary: DocumentSummary, as_json: bool, **more: str) -> None:
    """Print what a document is, with further facts about it."""
    if as_json:
        print_json(asdict(summary) | more)
        return
    typer.echo(summary.line())
    for name, text in more.items():
        typer.echo(f"  {name.replace('_', ' ')}: {text}")
