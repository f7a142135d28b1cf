"""The legal packs that ship, and the documents that their examples are made of."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeVar

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    DataAsset,
    LegalPack,
    Study,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import DocumentFileError
from hanse_policies.loading import Loaded, load_document

Document = TypeVar("Document", bound=StrictModel)

SHIPPED = ("cn-pipl-1.0.0", "eu-gdpr-1.0.0", "us-ca-1.0.0")
"""A version that shipped once is never taken out: charters go on pinning it."""
EXAMPLE_KINDS: dict[str, type[StrictModel]] = {
    "charter": AllianceCharter,
    "policy": BrandPolicy,
    "asset": DataAsset,
    "study": Study,
}


def shipped_packs() -> Iterator[Loaded[LegalPack]]:
    """Read every pack that ships."""
    for name in SHIPPED:
        yield _read(f"{name}.yaml", LegalPack)


def shipped_pack(name: str) -> Loaded[LegalPack] | None:
    """Read a pack that ships, or None where none of this name does.

    Args:
        name: `cn-pipl` for the newest version that ships, or `cn-pipl@1.0.0`.
    """
    for known in reversed(SHIPPED):
        identifier, _, version = known.rpartition("-")
        if name in {identifier, f"{identifier}@{version}"}:
            return _read(f"{known}.yaml", LegalPack)
    return None


def find_pack(name: str) -> Loaded[LegalPack]:
    """Read a pack that ships by its name, or one in a file.

    Args:
        name: As `shipped_pack` takes it, or a path.

    Raises:
        DocumentError: There is no such pack or file, or it holds no valid pack.
    """
    shipped = shipped_pack(name)
    if shipped is not None:
        return shipped
    path = Path(name)
    if not path.exists():
        packs = ", ".join("@".join(known.rsplit("-", 1)) for known in SHIPPED)
        raise DocumentFileError(f"expected a file, or a pack that ships ({packs})", location=name)
    return load_document(path, LegalPack)


def example_documents() -> dict[str, StrictModel]:
    """Read the documents that examples change, by role."""
    return {
        role: _read(f"example/{role}.yaml", model).document for role, model in EXAMPLE_KINDS.items()
    }


def _read(name: str, model: type[Document]) -> Loaded[Document]:
    with as_file(files("hanse_policies.packs") / "data" / name) as path:
        return load_document(path, model)
