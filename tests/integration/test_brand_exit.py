"""A brand leaves: it lists what it took part in, purges, and answers nothing any more."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_clients.client import BrandClient
from hanse_clients.errors import (
    BrandExitedError,
    PurgeIncompleteError,
)
from hanse_clients.round_records import Attempt, Contribution, RoundKey
from hanse_federation.audit import EgressJournal, EgressRecord
from hanse_federation.desk import RunStage
from hanse_federation.messages import Question
from hanse_policies.command import run
from hanse_policies.documents import BrandExit, LineageRest
from hanse_policies.durable_files import held_alone
from hanse_policies.errors import HomeInUseError
from hanse_policies.signing import MAXIMUM_ENVELOPE_BYTES, Envelope, open_envelope
from tests.support.consent_ends import (
    alder,
    charges,
    desk_of,
    measured,
)
from tests.support.league_documents import (
    a_league_histogram,
    a_league_study,
    ask,
)
from tests.support.league_parties import (
    CANARY,
    SmallLeague,
    open_parts,
    small_league,
)

GROUPS = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
pytestmark = pytest.mark.slow


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def test_a_brand_that_left_answers_nothing_in_any_process_and_lists_what_it_did(
    league: SmallLeague,
) -> None:
    digest, parts = measured(league), alder(league)
    other = league.approved(a_league_study(league.clock()))
    before = charges(parts)
    decision = parts.state.decisions(digest)[-1]
    journal = EgressJournal(parts.home.journal_file)
    journal.record(
        EgressRecord(league.clock(), digest, 7, 0, "MaskReply", 3, "ef" * 32, decision.digest)
    )
    with BrandClient(parts.home, league.clock) as brand:
        left = brand.leave("the brand is sold")
        assert brand.leave("another reason").digest == left.digest
    key = parts.home.signing_key().public_hex
    held = Envelope.from_json(parts.home.exit_file.read_bytes())
    assert open_envelope(held, BrandExit, key) == left.document
    (study,) = left.document.studies
    assert (study.study, study.spent.charges, len(study.rounds)) == (digest, 2, 2)
    assert all(one.is_summed and len(one.replies) == 5 for one in study.rounds)
    guessable = [kept.vector_digest for kept in parts.rounds.contributions(digest)]
    assert not any(one in left.document.model_dump_json() for one in guessable)
    assert (study.decisions, study.policies) == ((decision.digest,), (decision.policy,))
    assert study.spent.epsilon > 0
    assert left.document.reason == "the brand is sold"
    assert not parts.ledger.keeps_answers(digest)
    assert parts.rounds.remembered() == ()
    assert charges(parts) == before
    assert CANARY not in left.document.model_dump_json()
    with open_parts(parts.home, league.clock, seed=5) as later:
        for gate in (parts.gate, later.gate):
            with pytest.raises(BrandExitedError, match="left it at"):
                gate.admit(ask(other), league.clock())
            with pytest.raises(BrandExitedError):
                gate.judge(other, league.clock())
    assert league.run(other)[-1].stage is not RunStage.RELEASED


def contribution(study: str, round_number: int = 0) -> Contribution:
    key = RoundKey(study, Question.MEASURE, round_number)
    return Contribution(key, "b" * 64, "data-1", 32, 3, b"vector of 3.", b"n" * 32)


def test_an_operator_that_joins_a_round_anew_over_and_over_does_not_keep_a_brand_from_leaving(
    league: SmallLeague,
) -> None:
    digest, joins = league.approved(a_league_histogram(league.clock())), 1001
    parts = alder(league)
    kept = contribution(digest)
    parts.rounds.keep_contribution(kept)
    for number in range(1, joins + 1):
        attempt = Attempt(kept.round, run=1, number=number)
        parts.rounds.go_live(attempt)
        parts.rounds.keep_step(attempt, "join", "c" * 64, reply=b"%d" % number, new_state=b"s")
    left = desk_of(parts).leave("sold", league.clock())
    (one,) = left.document.studies[0].rounds
    assert (len(one.replies), one.replies_left_out) == (1000, 1)
    assert one.replies[-1] == hashlib.sha256(b"%d" % joins).hexdigest()
    assert one.replies[0] == hashlib.sha256(b"2").hexdigest()
    assert left.document.studies[0].left_out == LineageRest()


def test_a_list_too_long_for_one_envelope_names_the_newest_and_counts_the_rest(
    league: SmallLeague,
) -> None:
    digest, rounds, joins = league.approved(a_league_histogram(league.clock())), 200, 300
    parts = alder(league)
    for number in range(rounds):
        parts.rounds.keep_contribution(contribution(digest, number))
    with sqlite3.connect(parts.home.rounds_file) as connection:
        place = [(digest, "measure", r, 1, j) for r in range(rounds) for j in range(joins)]
        connection.executemany("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, NULL)", place)
        connection.executemany(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, 'join', ?, NULL, ?)",
            [(*one, "c" * 64, f"{one[4]:064x}") for one in place],
        )
    left = desk_of(parts).leave("sold", league.clock())
    assert parts.home.exit_file.stat().st_size <= MAXIMUM_ENVELOPE_BYTES
    listed = left.document.studies[0].rounds
    assert len(listed) == rounds
    assert {len(one.replies) + one.replies_left_out for one in listed} == {joins}
    assert all(one.replies and one.replies[-1] == f"{joins - 1:064x}" for one in listed)


def test_an_exit_cut_short_refuses_already_and_is_finished_later(
    league: SmallLeague, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, parts = measured(league), alder(league)
    desk, began = desk_of(parts), league.clock()

    def full(study: str) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(parts.rounds, "forget_study", full)
        with pytest.raises(OSError, match="no space"):
            desk.leave("sold", began)
    with pytest.raises(BrandExitedError):
        parts.gate.judge(digest, league.clock())
    with open_parts(parts.home, league.clock, seed=9) as restarted:
        done = desk_of(restarted).leave("sold", league.clock())
        assert done.document.exited == began
        assert not restarted.ledger.keeps_answers(digest)
        desk_of(restarted).purge.check_gone([digest])
    with pytest.raises(PurgeIncompleteError, match="expected nothing to be kept"):
        desk_of(league.brands["birch"]).purge.check_gone([digest])


def test_a_brand_does_not_leave_while_a_process_answers_for_it(league: SmallLeague) -> None:
    parts = alder(league)
    with (
        BrandClient(parts.home, league.clock) as brand,
        held_alone(parts.home.path / "run.lock"),
        pytest.raises(HomeInUseError),
    ):
        brand.leave("sold")
    assert parts.state.ends.exit() is None


def test_a_brand_that_left_does_not_run_again(league: SmallLeague) -> None:
    parts = alder(league)
    with BrandClient(parts.home, league.clock) as brand:
        brand.leave("sold")
        with pytest.raises(BrandExitedError):
            brand.run(threading.Event())


def test_the_command_asks_for_the_brands_name_and_lists_what_went_and_what_stays(
    league: SmallLeague, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(league)
    parts = alder(league)
    leave = ["brand", "exit", "--home", str(parts.home.path), "--reason", "sold"]
    assert run(leave, GROUPS) == 2
    assert "--confirm: expected alder" in capsys.readouterr().err
    assert parts.state.ends.exit() is None
    assert run([*leave, "--confirm", "alder"], GROUPS) == 0
    told = capsys.readouterr().out
    assert "alder: left coast-league; it answers nothing any more" in told
    assert "2 contributions, epsilon " in told
    assert "kept: the privacy ledger" in told
    assert run([*leave, "--confirm", "alder", "--json"], GROUPS) == 0
    assert json.loads(capsys.readouterr().out)["exit"]["reason"] == "sold"
    assert CANARY not in told
