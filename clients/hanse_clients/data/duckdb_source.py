"""A brand's data in files, with both the database and the compiler in this process.

This is the source of a process that trains, scores or is a notebook, and loads
larger things anyway. One that only measures takes `WorkerSource`.
"""

from __future__ import annotations

from pathlib import Path

from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.file_source import FileSource
from hanse_clients.data.left_out_log import LeftOutLog
from hanse_clients.data.source import MeasuredCells, PersonCount, TrainingRows, WarehouseLimits
from hanse_clients.data.view import MinimalView
from hanse_policies.documents import AudienceHistogram, DataAsset


class DuckDBSource(FileSource):
    """The data source of one asset; see `DataSource` for what each method promises.

    It logs once for a study and a data version why rows are not used.
    """

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
        self._left_out = LeftOutLog()

    def persons(self, view: MinimalView) -> PersonCount:
        """Count the persons in a view."""
        count = super().persons(view)
        self._left_out.tell(view, count.version, self.faults)
        return count

    def cells(self, view: MinimalView, computation: AudienceHistogram) -> MeasuredCells:
        """Count the persons in each cell of a measurement."""
        measured = super().cells(view, computation)
        self._left_out.tell(view, measured.version, self.faults)
        return measured

    def rows(self, view: MinimalView) -> TrainingRows:
        """Read a training view, or give out the kept rows while they must be the same."""
        rows = super().rows(view)
        self._left_out.tell(view, rows.version, self.faults)
        return rows
