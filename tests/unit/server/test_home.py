from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from hanse_policies.errors import DocumentError, KeyPermissionError
from hanse_server.enrolment import charter_in_force
from hanse_server.errors import (
    CertificateSupersededError,
    OperatorHomeError,
    OperatorHomeExistsError,
    OperatorHomeMissingError,
)
from hanse_server.home import OperatorHome
from tests.support.identity import NOW, found_operator


def test_founded_alliance_has_a_signed_charter_without_members(tmp_path: Path) -> None:
    operator = found_operator(tmp_path / "operator")

    with operator.open_store() as store:
        charter = charter_in_force(operator, store)

    assert (charter.version, charter.members) == (1, ())
    assert charter.operator.signing_key == operator.signing_key().public_hex


def test_keys_and_store_are_the_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "operator"
    found_operator(home)

    modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in home.iterdir()}

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    private = [name for name in modes if name.endswith((".key", ".db"))]
    assert sorted(private) == [
        "authority.key",
        "command.key",
        "server.key",
        "signing.key",
        "store.db",
    ]
    assert {modes[name] for name in private} == {0o600}


def test_founding_never_overwrites(tmp_path: Path) -> None:
    found_operator(tmp_path / "operator")

    with pytest.raises(OperatorHomeExistsError):
        found_operator(tmp_path / "operator")


def test_folder_without_an_operator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorHomeMissingError, match="hanse operator init"):
        OperatorHome.open(tmp_path)


def test_unknown_setting_is_refused_with_its_line(tmp_path: Path) -> None:
    found_operator(tmp_path / "operator")
    with (tmp_path / "operator" / "operator.yaml").open("a") as file:
        file.write("colour: blue\n")

    with pytest.raises(DocumentError, match=r"operator\.yaml:\d+:\d+"):
        OperatorHome.open(tmp_path / "operator")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("signing.key", OperatorHome.signing_key),
        ("authority.key", OperatorHome.authority),
        ("server.key", OperatorHome.server_identity),
        ("command.key", OperatorHome.command_identity),
    ],
)
def test_key_that_others_may_read_is_refused(
    tmp_path: Path, name: str, read: Callable[[OperatorHome], object]
) -> None:
    operator = found_operator(tmp_path / "operator")
    (tmp_path / "operator" / name).chmod(0o640)

    with pytest.raises(KeyPermissionError):
        read(operator)


def test_own_certificates_are_renewed_before_they_end(tmp_path: Path) -> None:
    operator = found_operator(tmp_path / "operator")
    later = NOW + timedelta(days=340)
    with operator.open_store() as store:
        before = x509.load_pem_x509_certificate(operator.command_identity().certificate)

        assert not operator.renew_own_certificates(store, NOW + timedelta(days=300))
        assert operator.renew_own_certificates(store, later)

        after = x509.load_pem_x509_certificate(operator.command_identity().certificate)
        assert after.not_valid_after_utc > before.not_valid_after_utc
        assert after.public_key() == before.public_key()
        old = store.membership.certificate(f"{before.serial_number:x}")
        assert old.status.value in CertificateSupersededError.code


def test_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OperatorHomeError, match="cannot make folder"):
        found_operator(tmp_path / "file" / "operator")


def test_opening_reads_the_configuration_once(tmp_path: Path) -> None:
    found_operator(tmp_path / "operator")
    opened = OperatorHome.open(tmp_path / "operator")
    os.unlink(tmp_path / "operator" / "operator.yaml")  # noqa: PTH108

    assert opened.configuration.host == "127.0.0.1"
