"""Which source answers what, and the secret that rows are chosen by."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hanse_clients.data import WorkerSource
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.sources import BrandSources, row_salt
from tests.support.brand_tables import ordinary_rows, write_brand
from tests.support.documents import NOW, an_asset
from tests.support.league_documents import a_league_histogram, a_league_study


def test_a_measurement_is_answered_by_a_worker_and_a_training_in_this_process(
    tmp_path: Path,
) -> None:
    sources = BrandSources(write_brand(tmp_path, ordinary_rows(5), ()), tmp_path)
    assert isinstance(sources.for_study(a_league_histogram(NOW)), WorkerSource)
    assert isinstance(sources.for_study(a_league_study(NOW)), DuckDBSource)
    assert sources.for_study(a_league_study(NOW)) is sources.rows()
    sources.close()


def test_nothing_is_opened_before_it_is_asked(tmp_path: Path) -> None:
    sources = BrandSources(an_asset(), tmp_path / "nowhere")
    sources.for_study(a_league_histogram(NOW))
    sources.close()
    sources.close()


def test_the_row_salt_is_the_keys_and_the_assets_alone() -> None:
    key, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    salt = row_salt(key, an_asset())
    assert len(bytes.fromhex(salt)) == 32
    assert salt == row_salt(key, an_asset(version="2.0.0"))
    assert salt != row_salt(other, an_asset())
    assert salt != row_salt(key, an_asset(id="others"))
    assert key.private_bytes_raw().hex() not in salt
