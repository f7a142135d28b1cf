"""Files that are whole or not there, whatever happens while they are written.

Rules: content goes to a temporary file in the same folder, is synced, then takes
its name in one step; the folder is synced after. A reader sees the old content or
the new, never a part. Private keys are not written here but by `keyfiles`.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hanse_policies.errors import DocumentFileError, HomeInUseError


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet.

    Raises:
        DocumentFileError: `path` exists, or cannot be written; nothing is left behind.
    """
    temporary = _written_beside(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise DocumentFileError(
            f"expected no file at {path}, got one; move it away or name another"
        ) from error
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace(path: Path, data: bytes, *, is_mode_kept: bool = False) -> None:
    """Write a file in place of the one that may lie there.

    Args:
        path: The file.
        data: Its new content.
        is_mode_kept: Whether it stays readable by whom it was; else by its owner alone.

    Raises:
        DocumentFileError: `path` cannot be written; what lay there lies there still.
    """
    temporary = _written_beside(path, data)
    try:
        if is_mode_kept:
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder of the owner's alone, where it is not there; it lasts once this returns.

    Raises:
        DocumentFileError: It cannot be made.
    """
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from error
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut.

    Raises:
        DocumentFileError: The folder cannot be synced.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _written_beside(path: Path, data: bytes) -> Path:
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error
    return temporary


def _cannot_write(path: Path, error: OSError) -> DocumentFileError:
    return DocumentFileError(
        f"cannot write {path}: {(error.strerror or 'no reason given').lower()}"
    )


def read_bounded(path: Path, maximum_bytes: int) -> bytes:
    """Read a file that somebody else may have made.

    Raises:
        DocumentFileError: It is missing, cannot be read, or is longer than `maximum_bytes`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(maximum_bytes + 1)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise DocumentFileError(f"cannot read {path}: {reason}") from error
    if len(data) > maximum_bytes:
        raise DocumentFileError(f"expected {path} to have at most {maximum_bytes} bytes, got more")
    return data


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Hold a lock file for as long as the context lasts; it ends with the process too.

    Raises:
        HomeInUseError: Another process holds it.
        DocumentFileError: The file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HomeInUseError(
                f"expected nobody else at work in {path.parent}, got another process that holds "
                f"{path.name}; stop it first"
            ) from error
        yield
    finally:
        os.close(descriptor)
