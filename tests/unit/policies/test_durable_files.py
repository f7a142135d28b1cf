from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hanse_policies.durable_files import read_bounded, replace, write_new
from hanse_policies.errors import DocumentFileError


def test_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    write_new(tmp_path / "a.json", b"first")

    with pytest.raises(DocumentFileError, match="expected no file"):
        write_new(tmp_path / "a.json", b"second")

    assert [f.read_bytes() for f in tmp_path.iterdir()] == [b"first"]


def test_replaced_file_holds_the_new_content_alone(tmp_path: Path) -> None:
    replace(tmp_path / "a.json", b"first, and longer")
    replace(tmp_path / "a.json", b"second")

    assert [f.read_bytes() for f in tmp_path.iterdir()] == [b"second"]


@pytest.mark.parametrize("write", [write_new, replace])
def test_written_file_is_the_owners_alone(tmp_path: Path, write: object) -> None:
    write(tmp_path / "a.json", b"x")  # type: ignore[operator]

    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("write", [write_new, replace])
def test_missing_folder_is_one_clear_error(tmp_path: Path, write: object) -> None:
    with pytest.raises(DocumentFileError, match="no such file or directory"):
        write(tmp_path / "nowhere" / "a.json", b"x")  # type: ignore[operator]


def test_file_of_the_allowed_length_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"12345")

    assert read_bounded(tmp_path / "a.json", 5) == b"12345"


def test_file_over_the_allowed_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"123456")

    with pytest.raises(DocumentFileError, match="at most 5 bytes"):
        read_bounded(tmp_path / "a.json", 5)
