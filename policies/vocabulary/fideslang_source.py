"""Data categories of fideslang, from the wheel that PyPI serves; the code in it is not run.

Rules: keys and parents are taken as the calls in the source name them; what a
call does not say is not guessed.

Source: https://pypi.org/project/fideslang, `fideslang/default_taxonomy/data_categories.py`.
"""

from __future__ import annotations

import ast
import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from taxonomy_file import FileTaxonomy, FileTerm

VERSION = "3.1.4"
MODULE = "fideslang/default_taxonomy/data_categories.py"
FACTORY = "default_category_factory"
TRACKED_SINCE = "2.0.0"
"""What the package's own factory says of a key without `version_added`."""


def read(wheel: Path) -> FileTaxonomy:
    """Read the categories from the wheel of the version that is pinned here.

    Raises:
        ValueError: The wheel is of another version.
    """
    with zipfile.ZipFile(wheel) as archive:
        if f"fideslang-{VERSION}.dist-info/METADATA" not in archive.namelist():
            raise ValueError(f"expected the wheel of fideslang {VERSION}, got {wheel.name}")
        module = archive.read(MODULE)
    header = {
        "title": "Fides language, data categories",
        "publisher": "Ethyca, Inc.",
        "version": VERSION,
        "source": f"https://pypi.org/project/fideslang/{VERSION}/ ({wheel.name}, {MODULE})",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "licence": "Apache-2.0, see NOTICE.md",
        "written_by": "policies/vocabulary/write_taxonomies.py",
        "selection": "all data categories",
        "namespace": None,
    }
    return FileTaxonomy(f"fideslang-{VERSION}", header, tuple(_terms(module)), {})


def _terms(module: bytes) -> Iterator[FileTerm]:
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == FACTORY:
            said = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
            key, parent = said["fides_key"], said.get("parent_key")
            since = said.get("version_added", TRACKED_SINCE)
            yield FileTerm(key, "data-category", key, (parent,) if parent else (), since)
