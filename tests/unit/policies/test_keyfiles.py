from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hanse_policies.errors import (
    KeyFileError,
    KeyFileExistsError,
    KeyFileMissingError,
    KeyFormatError,
    KeyPermissionError,
)
from hanse_policies.keyfiles import MAXIMUM_BYTES, read_private, write_private


def test_a_key_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_private(path, b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_private(path) == b"secret"


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_the_mode_does_not_hang_on_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_private(tmp_path / "key.pem", b"secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


def test_a_key_never_overwrites_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_private(path, b"first")
    with pytest.raises(KeyFileExistsError, match="never overwritten"):
        write_private(path, b"second")
    assert read_private(path) == b"first"


def test_a_key_is_not_written_through_a_planted_link(tmp_path: Path) -> None:
    (tmp_path / "key.pem").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileExistsError):
        write_private(tmp_path / "key.pem", b"secret")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_cannot_be_synced_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(KeyFileError, match="no space left on device"):
        write_private(tmp_path / "key.pem", b"secret")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="no such file or directory"):
        write_private(tmp_path / "no" / "key.pem", b"secret")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644, 0o777])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    write_private(path, b"secret")
    path.chmod(mode)
    with pytest.raises(KeyPermissionError) as caught:
        read_private(path)
    assert str(caught.value) == (
        f"expected key file {path} to be readable by its owner alone (mode 0600), "
        f"got mode {mode:04o}; run: chmod 600 {path}"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file away")
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_private(path, b"secret")
    os.chown(path, 12345, 12345)
    with pytest.raises(KeyPermissionError, match="another owner"):
        read_private(path)


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissingError, match="got none"):
        read_private(tmp_path / "key.pem")


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "key.pem").mkdir(mode=0o700)
    with pytest.raises(KeyFileError):
        read_private(tmp_path / "key.pem")


def test_a_pipe_is_no_key_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key.pem", 0o600)
    with pytest.raises(KeyFileError, match="regular file"):
        read_private(tmp_path / "key.pem")


@pytest.mark.parametrize("data", [b"", b"x" * (MAXIMUM_BYTES + 1)])
def test_a_file_that_cannot_be_a_key_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "key.pem"
    write_private(path, data)
    with pytest.raises(KeyFormatError):
        read_private(path)
