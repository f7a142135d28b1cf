from __future__ import annotations

from pathlib import Path

import pytest

from hanse_demo.errors import DemoFolderError
from hanse_demo.folder import MARKER, demo_folder
from hanse_policies.documents import BrandId


def test_a_new_folder_is_made_and_marked(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "a" / "out") as folder:
        assert (folder.path / MARKER).is_file()
        assert folder.logs.is_dir()
        assert folder.brand_page(BrandId("brand-1")).parent == folder.brand(BrandId("brand-1"))


def test_an_earlier_run_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    with demo_folder(tmp_path) as folder:
        folder.report.write_text("old")
        (folder.brand(BrandId("brand-9"))).mkdir(parents=True)
        (folder.logs / "operator.log").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    with demo_folder(tmp_path) as folder:
        assert not folder.report.exists()
        assert not folder.brand(BrandId("brand-9")).exists()
        assert not any(folder.logs.iterdir())
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_with_other_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(DemoFolderError, match="got a folder with other files"):
        demo_folder(tmp_path).__enter__()
    assert (tmp_path / "report.html").read_text() == "mine"


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DemoFolderError, match="got a file"):
        demo_folder(tmp_path / "out").__enter__()


def test_two_demos_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    with demo_folder(tmp_path) as folder:
        folder.report.write_text("running")
        with pytest.raises(DemoFolderError, match="another demo runs"):
            demo_folder(tmp_path).__enter__()
        assert folder.report.exists()
    with demo_folder(tmp_path):
        pass


def test_a_link_planted_in_the_folder_is_removed_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    with demo_folder(tmp_path / "out") as folder:
        (folder.path / "brands").symlink_to(outside)
    with demo_folder(tmp_path / "out") as folder:
        assert not (folder.path / "brands").exists()
    assert (outside / "kept").read_text() == "mine"
