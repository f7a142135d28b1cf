"""A brand's data in files, with both the database and the compiler in this process.

This is the source of a process that trains, scores or is a notebook, and loads
larger things anyway. One that only measures takes `WorkerSource`.
"""

from __future__ import annotations

from pathlib import Path

from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.file_source import FileSource
from hanse_clients.data.source import WarehouseLimits
from hanse_policies.documents import DataAsset


class DuckDBSource(FileSource):
    """The data source of one asset; see `DataSource` for what each method promises."""

    def __init__(
        self, asset: DataAsset, folder: Path, limits: WarehouseLimits | None = None
    ) -> None:
        """Remember where the files lie; nothing is opened.

        Args:
            asset: What is stored where, and as what.
            folder: The folder of the asset document.
            limits: What the engine may use.
        """
        super().__init__(asset, folder, InProcessCompiler(), limits)
