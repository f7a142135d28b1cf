"""The documents of a folder as they are shown: read, refused, or signed and perhaps verified.

Rules: plain files alone are read, never a link, at most so many; a file is named by a digest
of its path, so that no path stands in an address. Of a signed file the content is read only
once a key that the reader named has verified it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from hanse_policies.canonical import digest
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import (
    DocumentError,
    DocumentFileError,
    DocumentKindError,
    HanseError,
    SignatureError,
)
from hanse_policies.kinds import document_class
from hanse_policies.lint import DocumentSet, Finding, Linted, lint_documents
from hanse_policies.lint.refusals import finding_of
from hanse_policies.loading import Loaded, load_text, read_text
from hanse_policies.signing import Envelope, open_envelope
from hanse_policies.source import Source

MAXIMUM_FILES = 300
KEPT_TEXTS = 300
DOCUMENTS = frozenset({".yaml", ".yml"})
SIGNED = frozenset({".json"})

T = TypeVar("T", bound=StrictModel)


@dataclass(frozen=True)
class ShownFile:
    """One file, and what came of reading it.

    Attributes:
        path: Within the folder.
        loaded: The document; None where there is none to show.
        error: Why there is none; None for a signed file that no key verified.
        envelope: Of a signed file.
        verified_by: The key that verified it, in hexadecimal; empty for none.
    """

    path: Path
    loaded: Loaded[StrictModel] | None = None
    error: HanseError | None = None
    envelope: Envelope | None = None
    verified_by: str = ""

    @property
    def name(self) -> str:
        """The path within the folder, as people write it."""
        return self.path.as_posix()

    @property
    def address(self) -> str:
        """What stands for the file in an address."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]

    @property
    def kind(self) -> str:
        """What kind of document it is; empty where that is not known or not verified."""
        return "" if self.loaded is None else str(getattr(self.loaded.document, "kind", ""))

    @cached_property
    def digest(self) -> str:
        """The document's digest; empty where there is no document."""
        return digest(self.loaded.document) if self.loaded is not None else ""


@dataclass(frozen=True)
class ShownFolder:
    """All files of a folder that were read.

    Attributes:
        files: Sorted by path.
        left_out: How many more there are than are read.
    """

    files: tuple[ShownFile, ...] = ()
    left_out: int = 0

    def of(self, model: type[T]) -> tuple[tuple[ShownFile, Loaded[T]], ...]:
        """List the documents of one class with their files; a signed copy of one counts once."""
        found: dict[str, tuple[ShownFile, Loaded[T]]] = {}
        for file in self.files:
            loaded = file.loaded
            if loaded is not None and isinstance(loaded.document, model):
                found.setdefault(file.digest, (file, Loaded(loaded.document, loaded.source)))
        return tuple(found.values())

    def signers_of(self, document_digest: str) -> tuple[ShownFile, ...]:
        """List the verified signed files that hold a document."""
        return tuple(f for f in self.files if f.verified_by and f.digest == document_digest)

    @cached_property
    def documents(self) -> DocumentSet:
        """The documents together, each once."""
        return DocumentSet(
            tuple(
                Linted(file.loaded.document, file.name, file.loaded.source)
                for file in self.files
                if file.loaded is not None and not self._is_copy(file)
            )
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What linting finds in all documents together; a file is named by its path here."""
        refused = (
            finding_of(file.error, file.path)
            for file in self.files
            if isinstance(file.error, DocumentError)
        )
        return lint_documents(self.documents, refused).findings

    def _is_copy(self, file: ShownFile) -> bool:
        return any(other.digest == file.digest for other in self.files if other.path < file.path)


def read_shown(folder: Path, keys: Sequence[str]) -> ShownFolder:
    """Read the documents of a folder and of the folders within it.

    Args:
        folder: Where they lie.
        keys: The public keys that signed files are tried with, in hexadecimal.

    Raises:
        DocumentFileError: There is no such folder.
    """
    if not folder.is_dir():
        raise DocumentFileError("expected a folder of documents, got none", location=str(folder))
    paths = sorted(_paths(folder))
    read = (_read(folder, path, tuple(keys)) for path in paths[:MAXIMUM_FILES])
    return ShownFolder(tuple(read), max(0, len(paths) - MAXIMUM_FILES))


def _paths(folder: Path) -> Iterator[Path]:
    for root, names, files in os.walk(folder, followlinks=False):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in files:
            path = Path(root) / name
            is_plain = path.is_file() and not path.is_symlink()
            if is_plain and not name.startswith(".") and path.suffix in DOCUMENTS | SIGNED:
                yield path.relative_to(folder)


def _read(folder: Path, path: Path, keys: tuple[str, ...]) -> ShownFile:
    try:
        text = read_text(folder / path)
        if path.suffix in SIGNED:
            return _opened(path, text, keys)
        return ShownFile(path, loaded=_loaded(text, path))
    except DocumentFileError as error:
        message = str(error).removeprefix(f"{error.location}: ")
        location = error.location.replace(str(folder / path), str(path))
        return ShownFile(path, error=DocumentFileError(message, location=location))
    except HanseError as error:
        return ShownFile(path, error=error)


def _opened(path: Path, text: str, keys: tuple[str, ...]) -> ShownFile:
    envelope = Envelope.from_json(text.encode())
    try:
        model = document_class(envelope.kind)
    except DocumentKindError as error:
        return ShownFile(path, error=error, envelope=envelope)
    for key in keys:
        try:
            document = open_envelope(envelope, model, key)
        except SignatureError as error:
            if type(error) is SignatureError:
                continue
            return ShownFile(path, error=error, envelope=envelope)
        loaded = Loaded(document, Source(path.name))
        return ShownFile(path, loaded=loaded, envelope=envelope, verified_by=key)
    return ShownFile(path, envelope=envelope)


@lru_cache(maxsize=KEPT_TEXTS)
def _loaded(text: str, path: Path) -> Loaded[StrictModel]:
    """Parse a text once, however often the folder is shown."""
    return load_text(text, path)
