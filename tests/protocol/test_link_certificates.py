"""Who gets in over the link, and who is turned away, by certificate."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from hanse_clients.link import BrandConnection, BrandDeskClient
from hanse_federation.errors import BrandNotConnectedError
from hanse_federation.link.channel import failure_of, open_channel
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.link.errors import (
    CertificateNotValidError,
    CertificateRefusedError,
    CredentialsError,
    DeskRefusedError,
    HandshakeRefusedError,
    ServerNotTrustedError,
)
from hanse_federation.link.tls import verify_tls_1_3_only
from hanse_federation.messages import CohortReply, CohortRequest, Refusal
from hanse_server.errors import CertificateUnknownError
from hanse_server.link import GrpcOperatorServer, OperatorClient
from hanse_wire.v1.brand_desk_pb2 import GetCharterRequest
from hanse_wire.v1.brand_desk_pb2_grpc import BrandDeskServiceStub
from tests.support.certificates import DAY, Authority, pem_of
from tests.support.link import BRAND, QUICK, Echo, LinkBench, request, running_bench, wait_until
from tests.support.raw_brand import RawBrand


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def bench() -> Iterator[LinkBench]:
    with running_bench() as bench:
        yield bench


def charter_failure(bench: LinkBench, credentials: TlsCredentials) -> Exception:
    """Call the server without the local checks, as an attacker would."""
    channel = open_channel(bench.server.address, credentials)
    try:
        BrandDeskServiceStub(channel).GetCharter(GetCharterRequest(), timeout=10)
    except grpc.RpcError as error:
        return failure_of(error, bench.server.address)
    finally:
        channel.close()
    raise AssertionError("the server let the caller in")


def test_client_without_a_certificate_is_refused(bench: LinkBench) -> None:
    credentials = grpc.ssl_channel_credentials(bench.authority.pem)
    with grpc.secure_channel(bench.server.address, credentials) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            BrandDeskServiceStub(channel).GetCharter(GetCharterRequest(), timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_certificate_of_a_foreign_authority_is_refused(bench: LinkBench) -> None:
    stranger = Authority().client("alpha")
    foreign = TlsCredentials(
        stranger.private_key_pem, stranger.certificate_pem, bench.authority.pem
    )
    assert isinstance(charter_failure(bench, foreign), HandshakeRefusedError)


def test_self_signed_certificate_is_refused(bench: LinkBench) -> None:
    lone = Authority()
    credentials = TlsCredentials(pem_of(lone.key), lone.pem, bench.authority.pem)
    assert isinstance(charter_failure(bench, credentials), HandshakeRefusedError)


def test_expired_certificate_is_refused_by_the_server(bench: LinkBench) -> None:
    expired = bench.authority.client("alpha", now() - 3 * DAY, now() - 2 * DAY)
    bench.roll.enrol(expired, "alpha")
    assert isinstance(charter_failure(bench, expired), HandshakeRefusedError)


def test_certificate_never_enrolled_is_refused_by_code(bench: LinkBench) -> None:
    failure = charter_failure(bench, bench.authority.client("stranger"))
    assert isinstance(failure, CertificateRefusedError)
    assert failure.refusal == CertificateUnknownError.code


def test_server_with_a_brands_certificate_is_not_trusted(bench: LinkBench) -> None:
    impostor = LinkBench(authority=bench.authority)
    impostor._server_credentials = bench.authority.client("beta")
    impostor.server = impostor._make(0)
    with impostor.server:
        failure = charter_failure(impostor, bench.brand_credentials())
    assert isinstance(failure, ServerNotTrustedError)


def test_server_of_a_foreign_authority_is_not_trusted(bench: LinkBench) -> None:
    stranger = Authority().client("alpha")
    with pytest.raises(ServerNotTrustedError, match="not the operator's server"):
        BrandDeskClient(bench.server.address, stranger, now).charter()


def test_connection_ends_when_the_server_is_not_trusted(bench: LinkBench) -> None:
    with bench.brand(credentials=Authority().client("alpha")) as brand:
        assert isinstance(brand.ending(), ServerNotTrustedError)


def test_connection_ends_when_the_certificate_is_refused(bench: LinkBench) -> None:
    with bench.brand(credentials=bench.authority.client("alpha")) as brand:
        error = brand.ending()
    assert isinstance(error, CertificateRefusedError)
    assert str(error) == (
        "the operator's server refuses this certificate with code certificate-unknown; "
        "ask the operator to enrol or renew it"
    )


def test_connection_of_a_brand_revoked_before_ends(bench: LinkBench) -> None:
    credentials = bench.brand_credentials()
    bench.roll.revoke(credentials)
    with bench.brand(credentials=credentials) as brand:
        error = brand.ending()
    assert isinstance(error, CertificateRefusedError)
    assert error.refusal == "certificate-revoked"


def test_live_stream_of_a_revoked_brand_is_closed_within_a_second(bench: LinkBench) -> None:
    credentials = bench.brand_credentials()
    with bench.brand(credentials=credentials) as brand:
        assert bench.link.wait_for_brands([BRAND], 10)
        bench.roll.revoke(credentials)
        wait_until(lambda: not bench.link.brands(), 1.0)
        error = brand.ending()
    assert isinstance(error, CertificateRefusedError)
    assert error.refusal == "certificate-revoked"


def test_revoked_brand_is_not_sent_another_request() -> None:
    with running_bench(replace(QUICK, recheck_seconds=60, lost_after_seconds=300)) as bench:
        credentials = bench.brand_credentials()
        with bench.brand(credentials=credentials) as brand:
            assert bench.link.wait_for_brands([BRAND], 10)
            bench.roll.revoke(credentials)
            with pytest.raises(BrandNotConnectedError, match="not let in any more"):
                bench.link.submit(BRAND, request(CohortRequest()))
            assert isinstance(brand.ending(), CertificateRefusedError)


def test_reply_of_a_brand_revoked_meanwhile_does_not_count() -> None:
    with running_bench(replace(QUICK, recheck_seconds=60, lost_after_seconds=300)) as bench:
        credentials = bench.brand_credentials()
        with RawBrand(bench.server.address, credentials) as brand:
            assert bench.link.wait_for_brands([BRAND], 10)
            question = request(CohortRequest())
            bench.link.submit(BRAND, question)
            asked = brand.receive_request()
            bench.roll.revoke(credentials)
            brand.reply(asked.binding, CohortReply(5))
            (reply,) = bench.link.collect([question.binding.request], 10)
    assert reply.payload == Refusal("brand-disconnected")


def test_brand_may_not_call_the_operators_desk(bench: LinkBench) -> None:
    with OperatorClient(bench.server.address, bench.brand_credentials(), now()) as client:
        with pytest.raises(DeskRefusedError) as caught:
            client.status()
        assert caught.value.refusal == "role-refused"
        with pytest.raises(DeskRefusedError):
            list(client.run("a1" * 32))


def test_operator_may_not_call_the_brands_desk(bench: LinkBench) -> None:
    operator = bench.roll.enrol_operator(bench.authority.client("operator"))
    with (
        BrandDeskClient(bench.server.address, operator, now) as client,
        pytest.raises(DeskRefusedError) as caught,
    ):
        client.studies()
    assert caught.value.refusal == "role-refused"


def test_operator_may_not_open_a_stream(bench: LinkBench) -> None:
    operator = bench.roll.enrol_operator(bench.authority.client("operator"))
    with RawBrand(bench.server.address, operator) as brand:
        assert brand.status() == (grpc.StatusCode.PERMISSION_DENIED, "role-refused")


def handshake(bench: LinkBench, folder: Path, version: ssl.TLSVersion) -> str | None:
    credentials = bench.brand_credentials()
    (folder / "key.pem").write_bytes(credentials.private_key_pem)
    (folder / "certificate.pem").write_bytes(credentials.certificate_pem)
    context = ssl.create_default_context(cadata=credentials.ca_pem.decode())
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", bench.server.port), 5) as plain,
        suppress(ssl.SSLError, ConnectionResetError),
        context.wrap_socket(plain, server_hostname="hanse-operator") as wrapped,
    ):
        return wrapped.version()
    return None


def test_tls_1_2_is_refused(bench: LinkBench, tmp_path: Path) -> None:
    assert handshake(bench, tmp_path, ssl.TLSVersion.TLSv1_2) is None


def test_tls_1_3_is_accepted(bench: LinkBench, tmp_path: Path) -> None:
    assert handshake(bench, tmp_path, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_expired_certificate_is_found_before_dialling(bench: LinkBench) -> None:
    end = now().replace(microsecond=0) - timedelta(hours=1)
    expired = bench.authority.client("alpha", end - DAY, end)
    connection = BrandConnection("127.0.0.1:1", expired, Echo(), clock=lambda: end + DAY)
    with pytest.raises(CertificateNotValidError) as caught:
        connection.run(threading.Event())
    assert str(caught.value) == (
        f"certificate is not valid now: expected a clock from {end - DAY:%Y-%m-%d %H:%M:%S} to "
        f"{end:%Y-%m-%d %H:%M:%S} UTC, got {end + DAY:%Y-%m-%d %H:%M:%S} UTC; "
        "renew the certificate or set the clock"
    )


def test_clock_before_the_validity_is_found_before_dialling() -> None:
    authority = Authority()
    credentials = authority.client("alpha")
    early = authority.now - 2 * DAY
    with pytest.raises(CertificateNotValidError, match="set the clock right"):
        BrandDeskClient("127.0.0.1:1", credentials, lambda: early)


def test_credentials_of_two_alliances_are_found_before_dialling() -> None:
    mine, other = Authority(), Authority()
    credentials = mine.client("alpha")
    mixed = TlsCredentials(credentials.private_key_pem, credentials.certificate_pem, other.pem)
    with pytest.raises(CredentialsError, match="not issued by the alliance's CA"):
        mixed.check(mine.now)


def test_private_key_is_not_in_the_representation() -> None:
    assert "PRIVATE" not in repr(Authority().client("alpha"))


def test_certificate_for_servers_lets_nobody_in(bench: LinkBench) -> None:
    wrong = bench.authority.issue("alpha", ExtendedKeyUsageOID.SERVER_AUTH, [])
    bench.roll.enrol(wrong, "alpha")
    assert isinstance(charter_failure(bench, wrong), HandshakeRefusedError)


def test_server_proves_its_tls_version(bench: LinkBench) -> None:
    assert isinstance(bench.server, GrpcOperatorServer)
    verify_tls_1_3_only("127.0.0.1", bench.server.port)
