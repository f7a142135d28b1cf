from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_federation.desk import ReleaseEntry, ReleaseFile
from hanse_federation.errors import ReleaseFilesError, ReleaseTamperedError
from hanse_federation.release import Release, receive_release, release_files, write_release
from hanse_policies.documents import BrandId
from tests.support.releases import KEY, NOW, card, parameters, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_release(tmp_path / "release", card(), parameters(), KEY)
    return tmp_path / "release"


def entry_of(folder: Path) -> ReleaseEntry:
    release = read(folder)
    return ReleaseEntry(release.digest, release.card.study, release.card.study_id)


def received_copy(
    tmp_path: Path,
    files: Iterable[ReleaseFile],
    expected: ReleaseEntry,
    brand: str = "brand-1",
) -> Release:
    return receive_release(
        tmp_path / "copy", files, KEY.public_hex, NOW, expected=expected, brand=BrandId(brand)
    )


def test_another_release_than_was_asked_for_is_refused(folder: Path, tmp_path: Path) -> None:
    asked = replace(entry_of(folder), study_id="another-study")
    with pytest.raises(ReleaseTamperedError, match="not asked for"):
        received_copy(tmp_path, release_files(folder), asked)
    assert not (tmp_path / "copy").exists()


def test_release_travels_file_by_file(folder: Path, tmp_path: Path) -> None:
    received = received_copy(tmp_path, release_files(folder), entry_of(folder))

    assert read(tmp_path / "copy").digest == received.digest == read(folder).digest


def test_received_file_with_a_path_in_its_name_is_refused(folder: Path, tmp_path: Path) -> None:
    files = (*release_files(folder), ReleaseFile("../evil", b"x"))

    with pytest.raises(ReleaseFilesError):
        received_copy(tmp_path, files, entry_of(folder))

    assert not (tmp_path / "copy").exists()


def test_received_file_that_comes_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    files = release_files(folder)

    with pytest.raises(ReleaseFilesError, match="at most once"):
        received_copy(tmp_path, (*files, files[1]), entry_of(folder))


def test_received_file_that_was_changed_is_refused(folder: Path, tmp_path: Path) -> None:
    signed, described, model = release_files(folder)
    files = (signed, described, replace(model, content=model.content + b"\0"))

    with pytest.raises(ReleaseTamperedError):
        received_copy(tmp_path, files, entry_of(folder))
