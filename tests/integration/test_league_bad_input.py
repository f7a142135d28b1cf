"""Bad inputs through the real commands: one line, the exact code, the documented exit code."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hanse_clients.client import BrandClient
from hanse_federation.errors import LedgerWriteError
from hanse_federation.link.errors import CertificateNotValidError
from hanse_federation.messages import Refusal
from hanse_federation.release import write_release
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.command import run
from hanse_policies.documents import BrandId
from hanse_policies.exit_codes import ExitCode
from hanse_server.alliance import Alliance
from hanse_server.release_card import card_of
from hanse_server.service import serving
from hanse_server.study_app import EvaluatedRound, Findings, NoisedCohort
from tests.support.brand_tables import histogram
from tests.support.league_documents import (
    a_league_histogram,
    a_league_policy,
    a_league_study,
    a_league_training,
    first_parameters,
)
from tests.support.league_parties import (
    SmallLeague,
    consent_for,
    open_parts,
    persons_of,
    small_league,
    write_data,
    write_yaml,
)
from tests.support.league_processes import error_lines, hanse
from tests.support.league_rounds import ask_to_join

GROUPS = {
    name: EntryPoint(name, value, "hanse.commands")
    for name, value in (
        ("policy", "hanse_policies.cli.app:app"),
        ("brand", "hanse_clients.cli.app:app"),
        ("operator", "hanse_server.cli.app:app"),
    )
}

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line; return exit code, error code and the line it said."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        exit_code = run([str(argument) for argument in arguments], GROUPS)
        lines = error_lines(capsys.readouterr().err)
        assert len(lines) <= 1, lines
        line = lines[0] if lines else ""
        return exit_code, line.partition(": ")[0], line

    return call


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


def alder(league: SmallLeague) -> Path:
    return league.brands["alder"].home.path


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("kind: BrandPolicy\nid: [1, 2\n", "document-syntax", "policy.yaml:"),
        ("kind: BrandPolicy\nid: a\nid: b\n", "document-syntax", "id"),
        ("kind: BrandPolicy\nid: !!python/object:os.system a\n", "document-syntax", "2:"),
        ("", "document", "policy.yaml"),
    ],
    ids=["malformed", "duplicate key", "tagged value", "empty"],
)
def test_a_document_that_is_not_strict_yaml_is_refused_with_its_line(
    tmp_path: Path, command: Command, text: str, code: str, said: str
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    exit_code, found, line = command("policy", "check", path)
    assert exit_code == ExitCode.BAD_INPUT
    assert found.startswith(code)
    assert said in line


def test_an_unknown_field_is_refused_by_name_and_line(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "policy.yaml"
    write_yaml(path, a_league_policy("alder", datetime.now(UTC)))
    lines = path.read_text().count("\n")
    path.write_text(path.read_text() + "permit: everything\n")
    exit_code, code, line = command("policy", "check", path)
    assert (exit_code, code) == (ExitCode.BAD_INPUT, "document-invalid")
    assert f"policy.yaml:{lines + 1}:1" in line
    assert "`permit`" in line


def test_a_malformed_study_is_not_proposed(
    league: SmallLeague, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("kind: Study\nid: 7\n")
    exit_code, code, _ = command("operator", "propose", path, "--home", league.operator.path)
    assert (exit_code, code) == (ExitCode.BAD_INPUT, "document-invalid")


def test_a_study_that_asks_for_an_unlisted_column_is_refused_with_the_rule(
    league: SmallLeague, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    axes = (histogram().axes[0].model_copy(update={"column": "email"}),)
    computation = histogram().model_copy(update={"axes": axes})
    league.approved(a_league_histogram(league.clock(), computation=computation))
    exit_code, code, _ = command("brand", "preflight", "audience", "--home", alder(league))
    assert (exit_code, code) == (ExitCode.REFUSED, "")
    run(["brand", "preflight", "audience", "--home", str(alder(league)), "--json"], GROUPS)
    told = json.loads(capsys.readouterr().out)
    assert told["plan"] is None
    denied = [f["rule"] for f in told["decision"]["findings"] if f["verdict"] != "permit"]
    assert any(rule.startswith("columns.") for rule in denied)


def scored(league: SmallLeague, command: Command, tmp_path: Path) -> tuple[int, str]:
    exit_code, code, _ = command(
        *("brand", "score", release_of(league), "--home", alder(league)),
        *("--out", tmp_path / "scores.parquet"),
    )
    assert not (tmp_path / "scores.parquet").exists()
    return exit_code, code


def release_of(league: SmallLeague) -> Path:
    """Release a model that nobody trained: what is tested is what lies at the brand."""
    study = a_league_study(league.clock(), computation=a_league_training(1))
    digest = league.approved(study)
    findings = Findings(
        cohort=NoisedCohort((BrandId("alder"),), 300),
        evaluations=[EvaluatedRound(1, 1, tuple(range(1, 21)))],
        parameters=first_parameters(study, digest),
    )
    charter = Alliance(league.operator, league.clock).charter()
    card = card_of(
        study, digest, charter, findings, release_id="a-release", refusals=0, now=league.clock()
    )
    folder = league.operator.releases_folder / "a-release"
    if not folder.exists():
        write_release(folder, card, findings.parameters, league.operator.signing_key())
    return folder


def test_a_missing_parquet_file_is_named(
    league: SmallLeague, command: Command, tmp_path: Path
) -> None:
    release_of(league)
    (alder(league) / "people.parquet").unlink()
    assert scored(league, command, tmp_path) == (ExitCode.BAD_INPUT, "source-missing")


def test_a_table_without_the_person_column_is_named(
    league: SmallLeague, command: Command, tmp_path: Path
) -> None:
    release_of(league)
    path = alder(league) / "people.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["customer"]), path)
    assert scored(league, command, tmp_path) == (ExitCode.BAD_INPUT, "column-missing")


def test_a_file_that_is_no_parquet_is_named(
    league: SmallLeague, command: Command, tmp_path: Path
) -> None:
    release_of(league)
    (alder(league) / "people.parquet").write_bytes(b"not parquet")
    assert scored(league, command, tmp_path) == (ExitCode.BAD_INPUT, "source-unreadable")


def test_nobody_who_consents_leaves_nobody_to_score(
    league: SmallLeague, command: Command, tmp_path: Path
) -> None:
    release_of(league)
    now = league.clock()
    consents = consent_for(persons_of("alder"), now, ("something else",))
    write_data(league.brands["alder"].home, now, consents=consents)
    exit_code, code = scored(league, command, tmp_path)
    assert (exit_code, code) == (ExitCode.BAD_INPUT, "cohort-empty")


def test_a_port_in_use_is_named(league: SmallLeague, command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        file = league.operator.path / "operator.yaml"
        file.write_text(file.read_text().replace("127.0.0.1:1", f"127.0.0.1:{port}"))
        done = hanse("operator", "serve", "--home", league.operator.path)
    assert done.returncode == ExitCode.UNAVAILABLE
    (line,) = error_lines(done.stderr)
    assert line.startswith("port-in-use: ")
    assert str(port) in line


@pytest.mark.parametrize("name", ["signing.key", "tls.key", "agreement.key"])
def test_a_key_that_others_may_read_is_not_used(
    league: SmallLeague, command: Command, name: str
) -> None:
    (alder(league) / name).chmod(0o644)
    exit_code, code, line = command("brand", "run", "--home", alder(league))
    assert (exit_code, code) == (ExitCode.SECURITY, "key-permission")
    assert name in line


def test_the_operators_key_that_others_may_read_is_not_used(
    league: SmallLeague, command: Command, tmp_path: Path
) -> None:
    (league.operator.path / "signing.key").chmod(0o640)
    path = tmp_path / "study.yaml"
    write_yaml(path, a_league_histogram(league.clock()))
    exit_code, code, _ = command("operator", "propose", path, "--home", league.operator.path)
    assert (exit_code, code) == (ExitCode.SECURITY, "key-permission")


class _FullDisk(sqlite3.Connection):
    """Takes everything but a new entry, as a disk without a free page does."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement.startswith("INSERT INTO entries"):
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *values)


def full_disk(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, factory=_FullDisk)


def test_a_disk_without_room_for_the_ledger_refuses_with_its_code_and_charges_nothing(
    league: SmallLeague,
) -> None:
    brand = league.brands["alder"]
    digest = league.approved(a_league_histogram(league.clock()))
    with open_parts(brand.home, league.clock, connect=full_disk) as parts:
        reply = parts.responder.answer(ask_to_join(digest))
    assert reply == Refusal(LedgerWriteError.code)
    assert brand.ledger.entries() == ()
    assert LedgerWriteError.exit_code == ExitCode.UNAVAILABLE
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)


def test_a_clock_beyond_the_certificates_validity_is_told_before_any_call(
    league: SmallLeague,
) -> None:
    home = league.brands["alder"].home
    for days in (-30, 400):
        skewed = datetime.now(UTC) + timedelta(days=days)
        with (
            BrandClient(home, lambda at=skewed: at) as client,  # type: ignore[misc]
            pytest.raises(CertificateNotValidError, match="set the clock"),
        ):
            client.sync()
    assert CertificateNotValidError.exit_code == ExitCode.SECURITY


def test_a_server_whose_clock_is_before_its_certificate_does_not_serve(
    league: SmallLeague,
) -> None:
    early = datetime.now(UTC) - timedelta(days=30)
    with (
        pytest.raises(CertificateNotValidError),
        serving(league.operator, clock=lambda: early, deadline_seconds=1),
    ):
        pass
