"""kill -9 in the middle of rounds: survivors, clear endings, and ledgers that cover what left."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hanse_clients.home import BrandHome
from hanse_federation.audit import EgressJournal
from hanse_federation.desk import StudyState
from hanse_federation.messages import Question
from hanse_federation.privacy.ledger import Ledger
from hanse_policies.exit_codes import ExitCode
from tests.support.league_documents import a_league_study, a_league_training
from tests.support.league_processes import ProcessLeague, error_lines, running, wait_for

pytestmark = pytest.mark.slow

QUESTIONS_OF = {
    "cohort-reply": {Question.COHORT},
    "train-reply": {Question.TRAIN},
    "cells-reply": {Question.EVALUATE, Question.MEASURE},
}
ROUNDS = 12


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessLeague]:
    with running(tmp_path_factory.mktemp("kills")) as started:
        yield started


def assert_every_message_was_charged(home: BrandHome) -> int:
    """Each answer in the journal has its entry in the ledger, charged no later than it left."""
    journal = EgressJournal(home.journal_file)
    journal.verify()
    charges = Ledger(home.ledger_file).entries()
    answers = [e.record for e in journal.entries() if e.record.message_type in QUESTIONS_OF]
    for record in answers:
        assert any(
            charge.charge.study_digest == record.study
            and charge.charge.round_number == record.round_number
            and charge.charge.question in QUESTIONS_OF[record.message_type]
            and charge.charged_at <= record.time
            for charge in charges
        ), f"{record.message_type} of round {record.round_number} left uncharged"
        assert record.decision
    return len(answers)


def propose(league: ProcessLeague, name: str) -> None:
    computation = a_league_training(ROUNDS)
    league.propose(
        a_league_study(
            datetime.now(UTC),
            id=name,
            computation=computation,
            privacy={
                "unit": "person-at-brand",
                "neighbours": "add-or-remove-one-person",
                "mode": "local",
                "epsilon": 2.0,
                "delta": 1e-6,
            },
        )
    )


def until_round(run: subprocess.Popen[str], number: int) -> None:
    assert run.stdout is not None
    for line in run.stdout:
        event = json.loads(line)
        assert event["stage"] in {"started", "cohort", "round"}, event
        if event["stage"] == "round" and event["round_number"] == number:
            return
    raise AssertionError("the run ended before that round")


def rest_of(run: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], list[str]]:
    out, err = run.communicate(timeout=120)
    return run.returncode, [json.loads(line) for line in out.splitlines()], error_lines(err)


def test_a_run_ends_with_the_survivors_and_names_the_brand_that_was_killed(
    league: ProcessLeague,
) -> None:
    propose(league, "with-survivors")
    run = league.watch("with-survivors")
    until_round(run, 2)
    league.processes["dogwood"].kill()
    code, events, said = rest_of(run)
    assert (code, said) == (ExitCode.OK, [])
    assert events[-1]["stage"] == "released"
    lost = [refusal for event in events for refusal in event["refusals"]]
    assert {brand for brand, _ in lost} == {"dogwood"}
    assert {code for _, code in lost} <= {"brand-disconnected", "brand-not-connected"}
    assert assert_every_message_was_charged(league.brands["dogwood"]) >= 5
    for brand in ("alder", "birch", "cedar"):
        assert assert_every_message_was_charged(league.brands[brand]) == 1 + 2 * ROUNDS


def test_a_run_that_falls_below_the_floor_fails_with_one_clear_line(league: ProcessLeague) -> None:
    propose(league, "below-floor")
    run = league.watch("below-floor")
    until_round(run, 2)
    league.processes["cedar"].kill()
    code, events, _ = rest_of(run)
    assert code == ExitCode.UNAVAILABLE
    assert events[-1]["stage"] == "failed"
    assert "\n" not in events[-1]["detail"]
    assert events[-1]["detail"].startswith("brands-too-few: ")
    told = [refusal[0] for event in events for refusal in event["refusals"]]
    assert "cedar" in told
    assert assert_every_message_was_charged(league.brands["cedar"]) >= 5


def test_a_killed_operator_is_found_again_and_its_study_failed_and_runs_again(
    league: ProcessLeague,
) -> None:
    for brand in ("cedar", "dogwood"):
        league.run_brand(brand)
    league.wait_connected()
    propose(league, "twice")
    run = league.watch("twice")
    until_round(run, 2)
    league.processes["operator"].kill()
    code, _, said = rest_of(run)
    assert code == ExitCode.UNAVAILABLE
    assert len(said) == 1
    league.serve()
    (study,) = [study for study in league.status().studies if study.study_id == "twice"]
    assert study.state is StudyState.FAILED
    league.wait_connected()
    for brand in league.brands:
        assert league.processes[brand].process.poll() is None
    again = league.run("twice")
    assert again.returncode == ExitCode.OK, again.stdout + again.stderr
    for home in league.brands.values():
        assert_every_message_was_charged(home)
        charges = [e for e in Ledger(home.ledger_file).entries() if e.charge.study_id == "twice"]
        assert len(charges) == 1 + 2 * ROUNDS  # what was answered before cost nothing again
    wait_for(lambda: len(league.status().connected) == 4)
