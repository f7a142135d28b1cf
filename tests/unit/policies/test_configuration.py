from __future__ import annotations

from pathlib import Path

import pytest

from hanse_clients.home import BrandConfiguration
from hanse_policies.configuration import configuration_yaml
from hanse_policies.loading import load_document


@pytest.mark.parametrize(
    "legal_entity", ["NO", "12e5", "2026-11-23", "~", "a: b # c", "它山乳业", 'He said "Ahoy" \\n']
)
def test_configuration_reads_back_as_written(tmp_path: Path, legal_entity: str) -> None:
    written = BrandConfiguration(
        alliance="harbour-league", brand="aurora", legal_entity=legal_entity, authority="1" * 64
    )
    (tmp_path / "brand.yaml").write_bytes(configuration_yaml(written))

    assert load_document(tmp_path / "brand.yaml", BrandConfiguration).document == written
