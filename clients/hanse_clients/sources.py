"""Which source answers what, so that a process loads no more than it must.

Rules: sums for a measurement come from a worker, and the process that faces
the network never opens the data; rows for training and scoring are read in this
process, which then answers everything else of that study itself.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hanse_clients.data import DataSource, MeasuringSource, WarehouseLimits, WorkerSource
from hanse_policies.documents import DataAsset, Study, TrainModel


class BrandSources:
    """A brand's data, opened as late as possible."""

    def __init__(
        self, asset: DataAsset, folder: Path, limits: WarehouseLimits | None = None
    ) -> None:
        """Remember where the data is; nothing is opened.

        Args:
            asset: What is stored where, and as what.
            folder: The folder of the asset document.
            limits: What the engine may use.
        """
        self._asset = asset
        self._folder = folder
        self._limits = limits or WarehouseLimits()
        self._worker = WorkerSource(asset, folder, self._limits)
        self._rows: DataSource | None = None

    def for_study(self, study: Study) -> MeasuringSource:
        """Return the source that measures for a study."""
        return self.rows() if isinstance(study.computation, TrainModel) else self._worker

    def rows(self) -> DataSource:
        """Return the source that hands out rows, opened now if it was not."""
        if self._rows is None:
            # The database and the compiler take 60 MB: only training and scoring pay.
            from hanse_clients.data.duckdb_source import DuckDBSource  # noqa: PLC0415

            self._rows = DuckDBSource(self._asset, self._folder, self._limits)
        return self._rows

    def forget_rows(self) -> None:
        """Drop the rows that a training keeps between questions."""
        if self._rows is not None:
            self._rows.forget_rows()

    def close(self) -> None:
        """End the worker, if one runs."""
        self._worker.close()


def row_salt(agreement_key: X25519PrivateKey, asset: DataAsset) -> str:
    """Derive the brand's secret for choosing rows from its agreement key.

    Args:
        agreement_key: Known to this brand alone.
        asset: Each asset has a salt of its own.

    Returns:
        64 hexadecimal digits.

    Source: RFC 5869 (HKDF).
    """
    derive = HKDF(SHA256(), 32, salt=None, info=f"hanse row salt v1 {asset.id}".encode())
    return derive.derive(agreement_key.private_bytes_raw()).hex()
