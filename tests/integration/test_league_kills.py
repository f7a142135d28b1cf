"""kill -9 in the middle of rounds: survivors, clear endings, and ledgers that cover what left."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hanse_clients.home import BrandHome
from hanse_federation.audit import EgressJournal
from hanse_federation.desk import StudyState, StudyStatus
from hanse_federation.privacy.ledger import Ledger
from hanse_policies.exit_codes import ExitCode
from tests.support.league_documents import a_league_study, a_league_training
from tests.support.league_processes import ProcessLeague, error_lines, running, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROUNDS = 12
BELOW_FLOOR = frozenset({"cohort-floor", "sum-unrecoverable", "too-few-signatures"})
STEPS = frozenset({"join-reply", "share-reply", "mask-reply", "endorse-reply", "unmask-reply"})


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessLeague]:
    with running(tmp_path_factory.mktemp("kills")) as started:
        yield started


def assert_every_message_was_charged(home: BrandHome) -> int:
    """Nothing in the journal left before its question's entry was in the ledger.

    A brand's questions in one round follow each other: the next begins where it joins
    after it revealed its shares, while a join after another step is a further attempt.

    Returns:
        How many questions this brand joined.
    """
    journal = EgressJournal(home.journal_file)
    journal.verify()
    charges = Ledger(home.ledger_file).entries()
    steps = [e.record for e in journal.entries() if e.record.message_type in STEPS]
    questions, last = Counter[tuple[str, int]](), dict[tuple[str, int], str]()
    for record in steps:
        place = (record.study, record.round_number)
        if record.message_type == "join-reply" and last.get(place, "") in {"", "unmask-reply"}:
            questions[place] += 1
        last[place] = record.message_type
        charged = [
            entry
            for entry in charges
            if (entry.charge.study_digest, entry.charge.round_number) == place
            and entry.charged_at <= record.time
        ]
        assert len(charged) >= questions[place] >= 1, f"{record.message_type} left uncharged"
        assert record.decision
    return questions.total()


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
    out, err = run.communicate(timeout=240)
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


def test_a_run_that_falls_below_the_floor_fails_with_one_line_and_goes_on_when_brands_are_back(
    league: ProcessLeague,
) -> None:
    propose(league, "below-floor")
    run = league.watch("below-floor")
    until_round(run, 2)
    league.processes["cedar"].kill()
    code, events, _ = rest_of(run)
    assert code == ExitCode.UNAVAILABLE
    assert events[-1]["stage"] == "failed"
    assert "\n" not in events[-1]["detail"]
    assert events[-1]["detail"].partition(": ")[0] in BELOW_FLOOR
    told = [refusal[0] for event in events for refusal in event["refusals"]]
    assert "cedar" in told
    assert assert_every_message_was_charged(league.brands["cedar"]) >= 5
    league.run_brand("cedar")
    league.wait_connected("alder", "birch", "cedar")
    code, events, said = rest_of(league.watch("below-floor"))
    assert (code, said) == (ExitCode.OK, [])
    assert [event["stage"] for event in events].count("round") == ROUNDS
    with league.operator.open_store() as store:
        assert len(store.runs.runs(study_named(league, "below-floor").digest)) == 1
    for brand in ("alder", "birch", "cedar"):
        assert_charged_once(league.brands[brand], "below-floor")


def study_named(league: ProcessLeague, name: str) -> StudyStatus:
    (study,) = [study for study in league.status().studies if study.study_id == name]
    return study


def assert_charged_once(home: BrandHome, study: str) -> None:
    """Each question was charged once, however often it was asked."""
    assert_every_message_was_charged(home)
    charges = [e for e in Ledger(home.ledger_file).entries() if e.charge.study_id == study]
    assert len(charges) == 1 + 2 * ROUNDS


def test_a_killed_operator_is_found_again_and_finishes_its_run(league: ProcessLeague) -> None:
    league.run_brand("dogwood")
    league.wait_connected()
    propose(league, "twice")
    run = league.watch("twice")
    until_round(run, 2)
    league.processes["operator"].kill()
    code, _, said = rest_of(run)
    assert code == ExitCode.UNAVAILABLE
    assert len(said) == 1
    league.serve()
    code, events, said = rest_of(league.watch("twice"))
    assert (code, said) == (ExitCode.OK, [])
    assert [event["stage"] for event in events].count("round") == ROUNDS
    for brand, home in league.brands.items():
        assert league.processes[brand].process.poll() is None
        assert_charged_once(home, "twice")
    assert study_named(league, "twice").state is StudyState.RELEASED
    wait_for(lambda: len(league.status().connected) == 4)
