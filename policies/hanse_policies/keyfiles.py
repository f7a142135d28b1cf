"""Private keys on disk: written once, mode 0600, read only while they are still so.

Rules: a key never overwrites a file; the mode is set before the first byte is
written; what was half written is removed; permissions are judged on the open
descriptor, so that the file judged is the file read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hanse_policies.errors import (
    KeyFileError,
    KeyFileExistsError,
    KeyFileMissingError,
    KeyFormatError,
    KeyPermissionError,
)

PRIVATE_MODE = 0o600
MAXIMUM_BYTES = 64 * 1024
"""No key is anywhere near this long."""


def write_private(path: Path, data: bytes) -> None:
    """Write a private key to a new file that only its owner may read.

    Args:
        path: A file that does not exist yet, in a folder that does.
        data: The key, as it shall be read back.

    Raises:
        KeyFileExistsError: `path` exists; nothing was changed.
        KeyFileError: The file cannot be created or written; nothing is left behind.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, PRIVATE_MODE)
    except FileExistsError as error:
        raise KeyFileExistsError(
            f"expected no file at {path}, got one; move it away, a key is never overwritten"
        ) from error
    except OSError as error:
        raise KeyFileError(f"cannot create key file {path}: {_reason(error)}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), PRIVATE_MODE)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise KeyFileError(f"cannot write key file {path}: {_reason(error)}") from error


def read_private(path: Path) -> bytes:
    """Read a private key's file, if its owner alone may read it.

    Args:
        path: A file written by `write_private`.

    Returns:
        The file's content.

    Raises:
        KeyFileMissingError: There is no file.
        KeyPermissionError: Group or others may read or write it, or it is another user's.
        KeyFormatError: It is empty or too long to be a key.
        KeyFileError: It is no regular file, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise KeyFileMissingError(f"expected a key file at {path}, got none") from error
    except OSError as error:
        raise KeyFileError(f"cannot open key file {path}: {_reason(error)}") from error
    try:
        with os.fdopen(descriptor, "rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            data = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read key file {path}: {_reason(error)}") from error
    if not 0 < len(data) <= MAXIMUM_BYTES:
        raise KeyFormatError(
            f"expected a key of 1 to {MAXIMUM_BYTES} bytes in {path}, got "
            f"{'an empty file' if not data else 'more'}"
        )
    return data


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileError(f"expected a regular file at {path}, got something else")
    if status.st_uid not in {os.geteuid(), 0}:
        raise KeyPermissionError(
            f"expected key file {path} to belong to the user that runs this, got another owner"
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyPermissionError(
            f"expected key file {path} to be readable by its owner alone (mode 0600), "
            f"got mode {mode:04o}; run: chmod 600 {path}"
        )


def _reason(error: OSError) -> str:
    return (error.strerror or "the system refused").lower()
