"""The version of the data that an answer was computed on, from its files alone.

Rules: a small file is known by its content, so rewriting the same content is
the same version; a large one by size, instant of change and inode, which a
change within the file system's clock tick at equal size could keep (a few
milliseconds). A DuckDB file's write-ahead log belongs to it. The version names
no person and is no secret to the brand, but it never crosses the wire.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from hanse_clients.errors import MissingSourceError, UnreadableSourceError
from hanse_policies.documents import DataAsset, SourceFormat, TableSource

CONTENT_BYTES = 4 * 1024 * 1024
"""Files up to this size are hashed whole: at most a few milliseconds."""


def source_path(source: TableSource, folder: Path) -> Path:
    """Locate a source's file, relative to the folder of the asset document.

    Raises:
        MissingSourceError: There is no such file.
    """
    path = (folder / source.path).resolve()
    if any(sign in str(path) for sign in "*?["):
        raise MissingSourceError(
            f"expected the name of one {source.format} file, got a pattern: {source.path}; "
            "name one file, without any of *?["
        )
    if not path.is_file():
        raise MissingSourceError(
            f"expected a {source.format} file at {source.path}, got none; "
            "put the file there or correct the path in the asset document"
        )
    return path


def data_version(asset: DataAsset, folder: Path) -> str:
    """Digest the identity of an asset's data and consent files.

    Args:
        asset: The asset document.
        folder: The folder it lies in.

    Returns:
        SHA-256, 64 hexadecimal digits.

    Raises:
        MissingSourceError: A file is not there.
        UnreadableSourceError: A file may not be read.
    """
    whole = hashlib.sha256()
    for source in (asset.source, asset.consent.source):
        path = source_path(source, folder)
        parts = [source.format.value, source.table or ""]
        parts += [_identity(file, source) for file in _files(path, source)]
        whole.update(hashlib.sha256("\n".join(parts).encode()).digest())
    return whole.hexdigest()


def _files(path: Path, source: TableSource) -> list[Path]:
    log = path.with_name(path.name + ".wal")
    return [path, log] if source.format is SourceFormat.DUCKDB and log.is_file() else [path]


def _identity(path: Path, source: TableSource) -> str:
    try:
        state = path.stat()
        if state.st_size <= CONTENT_BYTES:
            return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UnreadableSourceError(
            f"expected to read the {source.format} file {source.path}, got {error.strerror}; "
            "check its permissions"
        ) from None
    # The instant of modification can be set back by whoever copies a file; that of change cannot.
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"
