"""Enrolment as people do it, through the commands, and over real mutual TLS 1.3."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from hanse_clients.cli.init import init_command as brand_init
from hanse_clients.cli.join import join_command
from hanse_clients.home import BrandHome
from hanse_policies.certificates import TlsIdentity, new_tls_key, tls_key_to_pem
from hanse_policies.documents import BrandId, MinorsRule, ResultUse
from hanse_policies.errors import HanseError, UsageError
from hanse_policies.packs.pinned import pinned_packs
from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_server.alliance import Alliance
from hanse_server.authority import (
    SERVER_NAME,
    Authority,
    Terms,
    caller_of,
    found_authority,
    issue_brand_certificate,
)
from hanse_server.cli.enrol import enrol_command
from hanse_server.cli.init import init_command as operator_init
from hanse_server.cli.members import members_command
from hanse_server.cli.revoke import revoke_command
from hanse_server.errors import (
    CertificateRevokedError,
    CertificateSupersededError,
    OperatorHomeExistsError,
)
from hanse_server.home import OperatorHome
from tests.support.identity import ALLIANCE, YEAR

FOUND = (
    *("--alliance", "harbour-league", "--name", "Office"),
    *("--epsilon", "4", "--delta", "1e-5"),
    *("--retention-days", "365", "--max-brands-per-person", "5"),
)


@dataclass(frozen=True)
class Commands:
    """The commands of both sides, run in one folder."""

    folder: Path

    def __call__(self, group: str, *arguments: str) -> dict[str, object]:
        app = typer.Typer(pretty_exceptions_enable=False)
        for name, function in COMMANDS[group].items():
            app.command(name)(function)
        done = CliRunner().invoke(app, [*arguments, "--json"])
        if isinstance(done.exception, HanseError):
            raise done.exception
        assert done.exit_code == 0, done.output
        answer: dict[str, object] = json.loads(done.output)
        return answer

    @property
    def operator(self) -> str:
        return str(self.folder / "operator")

    @property
    def brand(self) -> str:
        return str(self.folder / "aurora")

    @property
    def bundle(self) -> str:
        return str(self.folder / "aurora.bundle.json")

    def found(self) -> dict[str, object]:
        return self("operator", "init", self.operator, *FOUND)

    def init_brand(self, *more: str) -> dict[str, object]:
        name = ["--brand", "aurora", "--legal-entity", "Aurora GmbH", "--alliance", ALLIANCE]
        return self("brand", "init", self.brand, *name, *more)

    def enrol(self, *more: str) -> dict[str, object]:
        request = f"{self.brand}/request.json"
        home = ["--home", self.operator, "--out", self.bundle]
        return self("operator", "enrol", request, *home, *more)

    def join(self, fingerprint: object) -> dict[str, object]:
        told = str(fingerprint)
        return self("brand", "join", self.bundle, "--home", self.brand, "--fingerprint", told)

    def joined(self) -> BrandHome:
        fingerprint = self.found()["fingerprint"]
        digest = self.init_brand()["request_digest"]
        self.enrol("--digest", str(digest))
        self.join(fingerprint)
        return BrandHome.open(Path(self.brand))


COMMANDS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "operator": {
        "init": operator_init,
        "enrol": enrol_command,
        "revoke": revoke_command,
        "members": members_command,
    },
    "brand": {"init": brand_init, "join": join_command},
}


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


def test_brand_joins_through_the_commands(commands: Commands) -> None:
    fingerprint = commands.found()["fingerprint"]
    digest = commands.init_brand()["request_digest"]

    enrolled = commands.enrol("--digest", str(digest))
    joined = commands.join(fingerprint)

    assert (enrolled["charter_version"], joined["charter_version"]) == (2, 2)
    assert joined["address"] == "127.0.0.1:7443"
    listed = commands("operator", "members", "--home", commands.operator)
    assert [member["brand"] for member in listed["members"]] == ["aurora"]  # type: ignore[attr-defined]


def test_a_brand_tells_where_it_stands_and_the_charter_pins_it(commands: Commands) -> None:
    commands("operator", "init", commands.operator, *FOUND, "--jurisdiction", "DE")
    commands.init_brand("--jurisdiction", "AT")
    assert commands.enrol()["jurisdiction"] == "AT"

    charter = Alliance(OperatorHome.open(Path(commands.operator))).charter()
    assert charter.operator.jurisdiction == "DE"
    assert [member.jurisdiction for member in charter.members] == ["AT"]


def test_a_place_that_nobody_tells_stays_unknown(commands: Commands) -> None:
    commands.found()
    commands.init_brand()
    assert commands.enrol()["jurisdiction"] is None


def test_the_first_charter_holds_the_duties_that_the_operator_states(commands: Commands) -> None:
    told = ("--recipient", "members", "--recipient", "agency", "--recipient-place", "agency=HK")
    duties = ("--approvals", "2", "--minors", "14+guardian", "--use", "reporting", "--assessment")
    key = ("--counsel-key", "ab" * 32)
    commands("operator", "init", commands.operator, *FOUND, *told, *duties, *key)

    charter = Alliance(OperatorHome.open(Path(commands.operator))).charter()
    assert charter.floors.approvals == 2
    assert charter.minors == MinorsRule(from_age=14, is_guardian_enough=True)
    assert charter.uses == (ResultUse.REPORTING,)
    assert charter.assessment_required
    assert charter.place_of("agency") == "HK"
    assert charter.counsel_key == "ab" * 32


def test_the_first_charter_pins_the_packs_that_the_operator_names(commands: Commands) -> None:
    named = ("--pack", "eu-gdpr", "--pack", "cn-pipl@1.0.0", "--pack", "eu-gdpr@1.0.0")
    commands("operator", "init", commands.operator, *FOUND, *named)

    charter = Alliance(OperatorHome.open(Path(commands.operator))).charter()
    assert [pin.name for pin in charter.packs] == ["eu-gdpr@1.0.0", "cn-pipl@1.0.0"]
    at_hand = pinned_packs(commands.folder / "packs", charter.packs, charter.counsel_key)
    assert [pack.digest for pack in at_hand] == [pin.digest for pin in charter.packs]


def test_the_first_charter_pins_the_taxonomies_that_words_are_meant_in(commands: Commands) -> None:
    named = ("--taxonomy", "dpv-2.3", "--taxonomy", "fideslang-3.1.4")
    commands("operator", "init", commands.operator, *FOUND, *named)

    charter = Alliance(OperatorHome.open(Path(commands.operator))).charter()
    assert charter.taxonomies == (TaxonomyPin.DPV_2_3, TaxonomyPin.FIDESLANG_3_1_4)


def test_the_first_charter_holds_the_floors_of_shared_noise(commands: Commands) -> None:
    floors = ("--tolerated-dropouts", "2", "--assumed-colluders", "3")
    commands("operator", "init", commands.operator, *FOUND, *floors)

    charter = Alliance(OperatorHome.open(Path(commands.operator))).charter()
    assert (charter.floors.tolerated_dropouts, charter.floors.assumed_colluders) == (2, 3)


@pytest.mark.parametrize(
    "option",
    [("--pack", "eu-gdpr@9.9.9"), ("--pack", "pack.yaml"), ("--tolerated-dropouts", "-1"),
     ("--assumed-colluders", "1000"), ("--minors", "15"), ("--minors", "16+x"),
     ("--recipient-place", "agency"), ("--recipient-place", "agency=CN-HK"),
     ("--jurisdiction", "China"), ("--approvals", "11")],
)  # fmt: skip
def test_a_duty_that_is_none_is_refused(commands: Commands, option: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="expected"):
        commands("operator", "init", commands.operator, *FOUND, *option)
    assert not Path(commands.operator).exists()


def test_operator_is_never_overwritten(commands: Commands) -> None:
    commands.found()

    with pytest.raises(OperatorHomeExistsError):
        commands.found()


def test_request_with_another_digest_than_told_is_refused(commands: Commands) -> None:
    commands.found()
    commands.init_brand()

    with pytest.raises(HanseError, match="by another way"):
        commands.enrol("--digest", "0" * 64)


def test_revoked_brand_is_listed_with_its_history_only(commands: Commands) -> None:
    commands.joined()
    commands("operator", "revoke", "aurora", "--home", commands.operator, "--reason", "left")

    now = commands("operator", "members", "--home", commands.operator)
    before = commands("operator", "members", "--home", commands.operator, "--history")

    assert (now["members"], now["certificates"]) == ([], [])
    assert [c["status"] for c in before["certificates"]] == ["revoked"]  # type: ignore[attr-defined]


@dataclass
class TlsServer:
    """A socket that shakes hands as the operator's server does, and keeps who called."""

    port: int
    callers: list[bytes]


@pytest.fixture
def home(commands: Commands) -> OperatorHome:
    commands.joined()
    return OperatorHome.open(Path(commands.operator))


def context(
    identity: TlsIdentity | None, authority: bytes, folder: Path, side: int
) -> ssl.SSLContext:
    made = ssl.SSLContext(side)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_verify_locations(cadata=authority.decode())
    if identity is not None:
        for name, data in (("crt", identity.certificate), ("key", identity.key)):
            (folder / f"tls.{name}").write_bytes(data)
        made.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return made


@pytest.fixture
def server(home: OperatorHome, tmp_path: Path) -> Iterator[TlsServer]:
    identity = home.server_identity()
    settings = context(identity, identity.authority, tmp_path, ssl.PROTOCOL_TLS_SERVER)
    settings.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    running = TlsServer(listener.getsockname()[1], [])

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with settings.wrap_socket(plain, server_side=True) as connection:
                    running.callers.append(connection.getpeercert(binary_form=True) or b"")
                    connection.sendall(b"welcome")
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield running
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=10)


def call(server: TlsServer, identity: TlsIdentity | None, authority: bytes, folder: Path) -> bytes:
    settings = context(identity, authority, folder, ssl.PROTOCOL_TLS_CLIENT)
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain,
        settings.wrap_socket(plain, server_hostname=SERVER_NAME) as connection,
    ):
        return connection.recv(7)


def test_enrolled_brand_gets_in_and_is_known(
    commands: Commands, home: OperatorHome, server: TlsServer, tmp_path: Path
) -> None:
    tls = BrandHome.open(Path(commands.brand)).membership().tls

    assert call(server, tls, tls.authority, tmp_path) == b"welcome"
    with home.open_store() as store:
        caller = caller_of(server.callers[0], store.membership, datetime.now(UTC))
    assert caller.brand == "aurora"


def test_renewed_certificate_supersedes_and_revocation_ends_both(
    commands: Commands, home: OperatorHome, server: TlsServer, tmp_path: Path
) -> None:
    old = BrandHome.open(Path(commands.brand)).membership().tls
    commands.enrol("--renew")
    commands.join(home.fingerprint())
    new = BrandHome.open(Path(commands.brand)).membership().tls
    for tls in (old, new):
        call(server, tls, tls.authority, tmp_path)
    first, second = server.callers

    with home.open_store() as store:
        assert caller_of(second, store.membership, datetime.now(UTC)).brand == "aurora"
        with pytest.raises(CertificateSupersededError):
            caller_of(first, store.membership, datetime.now(UTC))
        commands("operator", "revoke", "aurora", "--home", commands.operator, "--reason", "left")
        for held in (first, second):
            with pytest.raises(CertificateRevokedError):
                caller_of(held, store.membership, datetime.now(UTC))


def issued_by(authority: Authority, now: datetime, lifetime: timedelta = YEAR) -> TlsIdentity:
    key = new_tls_key()
    terms = Terms(77, now, lifetime)
    held = issue_brand_certificate(authority, BrandId("aurora"), key.public_key(), terms)
    return TlsIdentity(pem(held), tls_key_to_pem(key), b"")


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def expired(home: OperatorHome) -> TlsIdentity:
    return issued_by(home.authority(), datetime.now(UTC), timedelta(seconds=-1))


def of_a_foreign_authority(_: OperatorHome) -> TlsIdentity:
    now = datetime.now(UTC)
    return issued_by(found_authority(ALLIANCE, "0" * 64, new_tls_key(), serial=1, now=now), now)


def self_signed(_: OperatorHome) -> TlsIdentity:
    key = new_tls_key()
    own = found_authority(ALLIANCE, "0" * 64, key, serial=1, now=datetime.now(UTC))
    return TlsIdentity(pem(own.certificate), tls_key_to_pem(key), b"")


def of_the_server(home: OperatorHome) -> TlsIdentity:
    return home.server_identity()


def none(_: OperatorHome) -> None:
    return None


@pytest.mark.parametrize(
    "make", [expired, of_a_foreign_authority, self_signed, of_the_server, none]
)
def test_certificate_that_is_not_a_members_ends_the_handshake(
    home: OperatorHome, server: TlsServer, tmp_path: Path, make: object
) -> None:
    identity = make(home)  # type: ignore[operator]

    with pytest.raises((ssl.SSLError, ConnectionError)):
        call(server, identity, home.server_identity().authority, tmp_path)

    assert server.callers == []


def test_server_of_a_foreign_alliance_is_refused_by_the_brand(
    commands: Commands, server: TlsServer, tmp_path: Path
) -> None:
    tls = BrandHome.open(Path(commands.brand)).membership().tls
    foreign = found_authority(
        ALLIANCE, "0" * 64, new_tls_key(), serial=1, now=datetime.now(UTC)
    ).certificate

    with pytest.raises(ssl.SSLCertVerificationError):
        call(server, tls, pem(foreign), tmp_path)
