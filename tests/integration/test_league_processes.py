"""The league as separate processes: sockets, TLS, studies, releases, scores, revocation."""

from __future__ import annotations

import ipaddress
import json
import shutil
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest

from hanse_federation.privacy.plan import plan_study
from hanse_federation.release import read_release
from hanse_policies.exit_codes import ExitCode
from tests.support.certificates import Authority
from tests.support.league_documents import a_league_histogram, a_league_study
from tests.support.league_parties import CANARY, files_with, person
from tests.support.league_processes import ProcessLeague, error_lines, hanse, running, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessLeague]:
    with running(tmp_path_factory.mktemp("league")) as started:
        yield started


def connections(pid: int) -> list[Any]:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return [connection for each in family for connection in each.net_connections("inet")]


def is_loopback(text: str) -> bool:
    """gRPC reaches IPv4 through IPv6 sockets, as `::ffff:127.0.0.1`."""
    return ipaddress.ip_address(text.removeprefix("::ffff:")).is_loopback


def test_only_loopback_tcp_is_used_and_the_operator_alone_listens_on_one_port(
    league: ProcessLeague,
) -> None:
    for name, lasting in league.processes.items():
        held = connections(lasting.process.pid)
        assert held, name
        for connection in held:
            assert connection.type is socket.SOCK_STREAM
            ends = [end for end in (connection.laddr, connection.raddr) if end]
            assert all(is_loopback(end.ip) for end in ends)
        listening = {c.laddr.port for c in held if c.status == psutil.CONN_LISTEN}
        assert listening == ({league.port} if name == "operator" else set())
        if name != "operator":
            assert {c.raddr.port for c in held if c.raddr} == {league.port}


def handshake(
    league: ProcessLeague, context: ssl.SSLContext, version: ssl.TLSVersion
) -> str | None:
    """Shake hands, send a byte and read: in TLS 1.3 a refusal comes with the first read."""
    context.minimum_version = context.maximum_version = version
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", league.port), timeout=10) as raw,
        context.wrap_socket(raw) as tls,
    ):
        tls.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        if not tls.recv(1):
            raise ConnectionResetError
        return tls.version()


def context_of(folder: Path, key: bytes, certificate: bytes) -> ssl.SSLContext:
    (folder / "c.key").write_bytes(key)
    (folder / "c.crt").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(folder / "c.crt", folder / "c.key")
    return context


def test_the_port_speaks_tls_1_3_to_members_and_refuses_everybody_else(
    league: ProcessLeague, tmp_path: Path
) -> None:
    tls = league.brands["alder"].membership().tls
    member = context_of(tmp_path, tls.key, tls.certificate)
    assert handshake(league, member, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    member = context_of(tmp_path, tls.key, tls.certificate)
    with pytest.raises(OSError):  # noqa: PT011 - an alert or a reset
        handshake(league, member, ssl.TLSVersion.TLSv1_2)
    with pytest.raises(OSError):  # noqa: PT011
        handshake(league, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.TLSVersion.TLSv1_3)
    foreign = Authority().client("alder")
    stranger = context_of(tmp_path, foreign.private_key_pem, foreign.certificate_pem)
    with pytest.raises(OSError):  # noqa: PT011
        handshake(league, stranger, ssl.TLSVersion.TLSv1_3)


def test_a_second_process_on_one_home_does_not_start(league: ProcessLeague) -> None:
    second = league.run_brand("alder", "alder-again")
    assert second.wait() == ExitCode.UNAVAILABLE
    (line,) = [line for line in error_lines(second.said()) if "dialling 127" not in line]
    assert line.startswith("home-in-use: ")
    assert "alder" in league.status().connected


def test_a_second_process_with_a_brands_keys_is_refused_and_harms_nothing(
    league: ProcessLeague, tmp_path: Path
) -> None:
    copied = tmp_path / "alder"
    shutil.copytree(league.brands["alder"].path, copied)
    second = league.start("alder-copied", "brand", "run", "--home", copied)
    wait_for(lambda: "dialling again" in second.said() or second.process.poll() is not None)
    assert "alder" in league.status().connected
    second.process.terminate()
    assert second.wait() == ExitCode.OK
    assert "already-connected" in second.said()
    assert "alder" in league.status().connected


def test_a_histogram_is_released_to_its_recipients_alone(league: ProcessLeague) -> None:
    study = a_league_histogram(datetime.now(UTC), recipients=("alder",))
    league.propose(study)
    done = league.run(study.id)
    assert done.returncode == ExitCode.OK, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["stage"] == "released"
    assert events[-1]["brands"] == sorted(league.brands)
    fetched = hanse("brand", "fetch", study.id, "--home", league.brands["alder"].path, "--json")
    assert fetched.returncode == ExitCode.OK, fetched.stderr
    folder = Path(json.loads(fetched.stdout)["release"])
    key = league.brands["alder"].membership().operator_key
    card = read_release(folder, key, datetime.now(UTC)).card
    assert card.privacy.epsilon == plan_study(study).spent.epsilon
    refused = hanse("brand", "fetch", study.id, "--home", league.brands["birch"].path)
    assert refused.returncode == ExitCode.BAD_INPUT
    assert error_lines(refused.stderr)[0].startswith("study-name-unknown: ")
    scored = score(league, folder, folder.parent / "no.parquet")
    assert (scored[0], scored[1]) == (ExitCode.BAD_INPUT, "release-not-model")


def score(league: ProcessLeague, folder: Path, out: Path) -> tuple[int, str, str]:
    home = league.brands["alder"].path
    done = hanse("brand", "score", folder, "--home", home, "--out", out, "--json")
    code = (error_lines(done.stderr) or [""])[0].partition(":")[0]
    return done.returncode, code, done.stdout


def test_a_model_comes_home_and_scores_the_brands_own_persons(
    league: ProcessLeague, tmp_path: Path
) -> None:
    study = a_league_study(datetime.now(UTC))
    league.propose(study)
    done = league.run(study.id)
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    fetched = hanse("brand", "fetch", study.id, "--home", league.brands["alder"].path, "--json")
    folder = Path(json.loads(fetched.stdout)["release"])
    code, error, out = score(league, folder, tmp_path / "scores.parquet")
    assert (code, error) == (ExitCode.OK, "")
    assert json.loads(out)["scored"] == 300
    table = pq.read_table(tmp_path / "scores.parquet").to_pydict()
    assert set(table["person"]) == {person("alder", number) for number in range(300)}
    assert all(0 <= value <= 1 for value in table["score"])
    assert score(league, folder, tmp_path / "scores.parquet")[1] == "scores-file-failed"
    tampered = tmp_path / "tampered"
    shutil.copytree(folder, tampered)
    model = tampered / "model.safetensors"
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(bytes(content))
    code, error, _ = score(league, tampered, tmp_path / "none.parquet")
    assert (code, error) == (ExitCode.SECURITY, "release-tampered")
    assert not (tmp_path / "none.parquet").exists()


def test_a_study_that_the_brands_refuse_ends_refused_with_exit_code_1(
    league: ProcessLeague,
) -> None:
    study = a_league_histogram(datetime.now(UTC), id="refused", recipients=("dogwood",))
    league.propose(study)
    done = league.run(study.id)
    assert done.returncode == ExitCode.REFUSED
    (event,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert event["stage"] == "refused"
    assert len(event["refusals"]) == 4


def test_no_person_is_in_any_log_store_ledger_journal_or_release(league: ProcessLeague) -> None:
    assert files_with(CANARY, league.folder) == []


def test_a_revoked_brand_ends_with_exit_code_4_and_one_line(league: ProcessLeague) -> None:
    dogwood = league.processes["dogwood"]
    done = hanse(
        *("operator", "revoke", "dogwood", "--home", league.operator.path),
        *("--reason", "left the league"),
    )
    assert done.returncode == ExitCode.OK, done.stderr
    assert dogwood.wait(60) == ExitCode.SECURITY
    said = [line for line in error_lines(dogwood.said()) if "dialling 127" not in line]
    assert len(said) == 1
    assert said[0].startswith("connection-refused: ")
    assert "certificate-revoked" in said[0]
    again = league.run_brand("dogwood", "dogwood-again")
    assert again.wait(60) == ExitCode.SECURITY
    assert "dogwood" not in league.status().connected
