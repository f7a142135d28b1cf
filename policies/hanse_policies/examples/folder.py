"""A folder of documents and examples: what lies where, and how an example names it.

Rules: `charter.yaml` stands in the folder itself, other documents in `policies`,
`assets` and `studies`, legal packs in `packs`, examples in `examples`, one document a file. An
example names a document by its file name without `.yaml`, or by its id where only one document
has it; packs are named by the pins of charter and policy (see `league_packs`).
A name that fits two documents, or none, is refused. Folders of other names are
not looked into.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    DataAsset,
    DecisionExamples,
    Study,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import DocumentFileError
from hanse_policies.examples.league_packs import LeaguePacks
from hanse_policies.loading import Loaded, read_tree, validate_tree
from hanse_policies.source import Source
from hanse_policies.strict_yaml import YamlTree

T = TypeVar("T", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class DocumentFile(Generic[T]):
    """A valid document, as it was written and as it was read.

    Attributes:
        path: The file.
        name: Its path within the folder, as findings name it.
        model: The class of document.
        tree: What stands in it.
        loaded: The document.
    """

    path: Path
    name: str
    model: type[T]
    tree: YamlTree
    loaded: Loaded[T]

    def validated(self, tree: YamlTree) -> Loaded[T]:
        """Validate changed content; raises `DocumentError` as reading does."""
        loaded = validate_tree(tree, self.path, self.model)
        return Loaded(loaded.document, Source(self.name, loaded.source.positions))


@dataclass(frozen=True, slots=True)
class LeagueFolder:
    """The documents of a folder that examples may name."""

    path: Path
    charter: DocumentFile[AllianceCharter]
    policies: tuple[DocumentFile[BrandPolicy], ...]
    assets: tuple[DocumentFile[DataAsset], ...]
    studies: tuple[DocumentFile[Study], ...]
    packs: LeaguePacks


def read_folder(path: Path) -> LeagueFolder:
    """Read the documents of a folder, not its examples.

    Raises:
        DocumentError: A document is not valid, or there is no charter.
    """
    return LeagueFolder(
        path,
        charter=read_file(path, path / "charter.yaml", AllianceCharter),
        policies=_read_all(path, "policies", BrandPolicy),
        assets=_read_all(path, "assets", DataAsset),
        studies=_read_all(path, "studies", Study),
        packs=LeaguePacks.read(path),
    )


def example_files(path: Path) -> tuple[Path, ...]:
    """List the files of examples of a folder, sorted.

    Raises:
        DocumentFileError: There are none; nothing to run is no success.
    """
    files = tuple(sorted((path / "examples").glob("*.yaml")))
    if not files:
        raise DocumentFileError(
            "expected examples as examples/NAME.yaml, got none", location=str(path)
        )
    return files


def read_examples(folder: Path, path: Path) -> DocumentFile[DecisionExamples]:
    """Read a file of examples; raises `DocumentError` where it is not valid."""
    return read_file(folder, path, DecisionExamples)


def read_file(folder: Path, path: Path, model: type[T]) -> DocumentFile[T]:
    """Read a document of a known class; raises `DocumentError` where it is not valid."""
    tree = read_tree(path, model)
    name = path.relative_to(folder).as_posix()
    loaded = validate_tree(tree, path, model)
    named = dataclasses.replace(loaded, source=Source(name, loaded.source.positions))
    return DocumentFile(path, name, model, tree, named)


def find_document(files: tuple[DocumentFile[T], ...], reference: str) -> DocumentFile[T] | None:
    """Find the document that a reference names; None where it names none or several."""
    for file in files:
        if file.path.stem == reference:
            return file
    found = [file for file in files if getattr(file.loaded.document, "id", None) == reference]
    return found[0] if len(found) == 1 else None


def _read_all(folder: Path, name: str, model: type[T]) -> tuple[DocumentFile[T], ...]:
    return tuple(read_file(folder, path, model) for path in sorted((folder / name).glob("*.yaml")))
