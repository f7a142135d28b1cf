from __future__ import annotations

import os
from pathlib import Path

from hanse_clients.data.fingerprint import CONTENT_BYTES
from hanse_policies.documents import SourceFormat
from tests.support.brand_sources import brand, rewrite
from tests.support.brand_tables import NOW


def test_version_follows_the_content_of_small_files(tmp_path: Path) -> None:
    _, source = brand(tmp_path)
    before = source.version()
    path = tmp_path / "people.parquet"
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(1, 1))

    assert source.version() == before

    rewrite(tmp_path / "register.parquet", until=[NOW] * 60)
    assert source.version() != before


def test_version_follows_size_and_time_of_large_files(tmp_path: Path) -> None:
    _, source = brand(tmp_path, stored_as=SourceFormat.CSV)
    path = tmp_path / "people.csv"
    path.write_bytes(path.read_bytes() + b"x" * CONTENT_BYTES)
    before = source.version()
    os.utime(path, ns=(1, 1))

    assert source.version() != before


def test_version_follows_the_write_ahead_log_of_a_database(tmp_path: Path) -> None:
    _, source = brand(tmp_path, stored_as=SourceFormat.DUCKDB)
    before = source.version()
    (tmp_path / "brand.duckdb.wal").write_bytes(b"pending")

    assert source.version() != before
