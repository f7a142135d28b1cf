"""Where a store lies: addresses that are refused, and what is never printed of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from hanse_server.cli.app import app
from hanse_server.errors import StoreAddressError
from hanse_server.home import OperatorConfiguration, OperatorHome
from hanse_server.store import PostgresAddress
from tests.support.stores import new_location, text_of

URL = "postgresql+psycopg://hanse:secret@db.example:5432/alliance"
INIT = (
    *("--alliance", "harbour", "--name", "Harbour Office", "--epsilon", "4", "--delta", "1e-5"),
    *("--retention-days", "365", "--max-brands-per-person", "3"),
)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.db",
        "sqlite:///store.db",
        "postgresql://hanse@db.example/alliance",
        "postgresql+psycopg2://hanse@db.example/alliance",
        "postgresql+psycopg://hanse@db.example",
        "postgresql+psycopg://hanse@db.example:port/alliance",
    ],
)
def test_address_of_no_postgresql_database_is_refused(url: str) -> None:
    with pytest.raises(StoreAddressError, match="expected a store's address such as"):
        PostgresAddress(url)
    with pytest.raises(ValidationError, match="expected a store's address such as"):
        OperatorConfiguration(
            alliance="harbour", name="Harbour Office", address="127.0.0.1:7443", store=url
        )


def test_password_and_user_are_never_printed() -> None:
    address = PostgresAddress(URL)

    assert address.label == "db.example/alliance"
    assert "secret" not in repr(address) + str(address)


def test_refusal_does_not_quote_the_address() -> None:
    with pytest.raises(StoreAddressError) as caught:
        PostgresAddress("mysql://hanse:secret@db.example/alliance")

    assert "secret" not in str(caught.value)


def test_init_makes_the_store_in_postgresql(tmp_path: Path) -> None:
    home = tmp_path / "operator"
    with new_location("postgresql", tmp_path) as location:
        arguments = ["init", str(home), *INIT, "--store", text_of(location)]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)

        assert result.exit_code == 0
        opened = OperatorHome.open(home)
        assert opened.store_location == location
        with opened.open_store() as store:
            assert store.membership.charter().version == 1
    assert not (home / "store.db").exists()
    assert (home / "operator.yaml").stat().st_mode & 0o077 == 0
