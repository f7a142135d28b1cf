"""Where the demo writes: one folder, marked as the demo's own.

Rules: only an empty folder, or one that bears the marker of an earlier demo, is
ever written to; a second run removes what an earlier one made, by name, and
touches nothing else; links are removed, never followed; two demos never write
to one folder at once.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hanse_demo.errors import DemoFolderError
from hanse_policies.documents import BrandId

MARKER = ".hanse-demo"
MARKER_TEXT = "This folder was made by `hanse demo`; the next run replaces what it made here.\n"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The demo's folder and what lies where in it.

    Attributes:
        path: The folder, absolute.
    """

    path: Path

    @property
    def operator(self) -> Path:
        """Return the operator's home."""
        return self.path / "operator"

    @property
    def bundles(self) -> Path:
        """Return the folder of the operator's answers to the brands' requests."""
        return self.path / "bundles"

    @property
    def logs(self) -> Path:
        """Return the folder of what the processes wrote."""
        return self.path / "logs"

    @property
    def report(self) -> Path:
        """Return the league's report."""
        return self.path / "report.html"

    def brand(self, brand: BrandId) -> Path:
        """Return a brand's home."""
        return self.path / "brands" / brand

    def brand_page(self, brand: BrandId) -> Path:
        """Return the brand's own page, in its home."""
        return self.brand(brand) / "my-page.html"

    def scores(self, brand: BrandId) -> Path:
        """Return where a brand's scores are written, in its home."""
        return self.brand(brand) / "scores.parquet"

    @property
    def made(self) -> tuple[Path, ...]:
        """List everything a run makes; no other entry of the folder is the demo's."""
        league = (self.path / "brands", self.path / "studies")
        return (self.operator, self.bundles, self.logs, self.report, *league)


@contextmanager
def demo_folder(path: Path) -> Iterator[DemoFolder]:
    """Prepare the folder and keep it for this run alone.

    Args:
        path: Made where it is not there.

    Raises:
        DemoFolderError: It holds something that no demo made, another demo uses
            it, or it cannot be written.
    """
    folder = DemoFolder(path.absolute())
    try:
        marker = _claimed(folder)
    except PermissionError as error:
        raise DemoFolderError(path, "one that may not be written") from error
    with marker:
        yield folder


def _claimed(folder: DemoFolder) -> TextIO:
    """Lock the folder by its marker and clear it; the lock lasts as long as the file is open."""
    marker = os.fdopen(_marked(folder.path), "r+", encoding="utf-8")
    try:
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for made in folder.made:
            _remove(made)
        folder.logs.mkdir()
        folder.bundles.mkdir()
    except BlockingIOError as error:
        marker.close()
        raise DemoFolderError(folder.path, "one in which another demo runs") from error
    except OSError:
        marker.close()
        raise
    return marker


def _marked(path: Path) -> int:
    """Open the marker, or make it where the folder is empty."""
    marker = path / MARKER
    if path.exists() and not path.is_dir():
        raise DemoFolderError(path, "a file")
    path.mkdir(parents=True, exist_ok=True)
    if marker.is_file() and not marker.is_symlink():
        return os.open(marker, os.O_RDWR | os.O_NOFOLLOW)
    if any(path.iterdir()):
        raise DemoFolderError(path, "a folder with other files")
    descriptor = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(descriptor, MARKER_TEXT.encode())
    return descriptor


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
