"""The brand's lasting process: it hears, decides, sends, tries again and writes its journal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hanse_clients.agent import REJUDGE_AFTER, TIDY_AFTER, journal_writer
from hanse_clients.link import SentMessage
from hanse_clients.round_records import RoundKey
from hanse_clients.round_retention import kept_until
from hanse_federation.audit import EgressJournal
from hanse_federation.link.errors import ServerUnreachableError
from hanse_federation.messages import Question
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.documents import ApprovalMode, StudyVerdict
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import (
    CANARY,
    BrandParts,
    SmallLeague,
    put_policy,
    small_league,
)
from tests.support.league_rounds import ask_to_join
from tests.support.listening import agent_of


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


def verdicts(league: SmallLeague, digest: str) -> int:
    return len(league.store.studies.verdicts(digest))


def test_a_study_is_decided_on_and_told_as_soon_as_it_is_heard(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    agent_of(league, league.contact("alder")).hear_and_settle()
    assert verdicts(league, digest) == 1


def test_a_verdict_lost_on_the_way_goes_with_the_next_hearing(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    contact = league.contact("alder")
    contact.losses = 1
    agent = agent_of(league, contact)
    with pytest.raises(ServerUnreachableError):
        agent.hear_and_settle()
    agent.hear_and_settle()
    assert verdicts(league, digest) == 1


def test_a_study_is_judged_again_only_after_a_while(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    agent = agent_of(league, league.contact("alder"))
    agent.hear_and_settle()
    agent.hear_and_settle()
    assert len(brand.state.decisions(digest)) == 1
    league.clock.ahead += REJUDGE_AFTER
    agent.hear_and_settle()
    assert len(brand.state.decisions(digest)) == 2


def test_a_permit_that_the_rules_no_longer_give_is_taken_back(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    agent = agent_of(league, league.contact("alder"))
    agent.hear_and_settle()
    denying = a_league_policy("alder", league.clock(), permits=())
    put_policy(league.brands["alder"].home, denying)
    league.clock.ahead += REJUDGE_AFTER
    agent.hear_and_settle()
    (status,) = [s for s in league.desk.status().studies if s.digest == digest]
    assert status.approved == ()
    assert status.refused[0][0] == "alder"


def test_a_study_that_cannot_be_settled_does_not_keep_the_next_one_waiting(
    league: SmallLeague, brand: BrandParts
) -> None:
    first = league.propose(a_league_histogram(league.clock()))
    league.clock.ahead += timedelta(days=1)
    agent_of(league, league.contact("alder")).hear_and_settle()
    brand.desk.refuse(first, league.clock())
    league.clock.ahead -= timedelta(hours=20)  # the clock is set back
    second = league.propose(a_league_histogram(league.clock(), id="second"))
    stop = threading.Event()
    agent = agent_of(league, league.contact("alder"))
    policy = a_league_policy("alder", league.clock(), epsilon=7.0, approval=ApprovalMode.AUTOMATIC)
    put_policy(brand.home, policy)
    running = threading.Thread(target=agent.run, args=(stop,))
    running.start()
    try:
        for _ in range(200):
            if verdicts(league, second):
                break
            stop.wait(0.05)
    finally:
        stop.set()
        running.join(10)
    assert verdicts(league, second) == 1


def until(stop: threading.Event, holds: Callable[[], object]) -> None:
    for _ in range(400):
        if holds():
            return
        stop.wait(0.02)
    raise AssertionError


def test_a_defect_in_one_study_leaves_the_listening_and_the_next_study_alone(
    league: SmallLeague, brand: BrandParts, caplog: pytest.LogCaptureFixture
) -> None:
    first = league.propose(a_league_histogram(league.clock()))
    second = league.propose(a_league_histogram(league.clock(), id="second"))
    settle = brand.desk.settle

    def broken(digest: str, now: datetime) -> StudyVerdict | None:
        if digest == first:
            raise RuntimeError(CANARY)
        return settle(digest, now)

    brand.desk.settle = broken  # type: ignore[method-assign]
    agent_of(league, league.contact("alder")).hear_and_settle()
    assert (verdicts(league, first), verdicts(league, second)) == (0, 1)
    assert f"study {first[:12]}: not settled, a defect (RuntimeError at test_agent.py:" in (
        caplog.text
    )
    assert CANARY not in caplog.text


def test_the_listening_survives_any_error_of_one_pass_and_logs_no_word_of_it(
    league: SmallLeague, caplog: pytest.LogCaptureFixture
) -> None:
    contact = league.contact("alder")
    charter, failing = contact.charter, [OverflowError(CANARY)] * 3

    def sometimes() -> bytes:
        if failing:
            raise failing.pop()
        return charter()

    contact.charter = sometimes  # type: ignore[method-assign]
    digest = league.propose(a_league_histogram(league.clock()))
    stop = threading.Event()
    running = threading.Thread(target=agent_of(league, contact).run, args=(stop,))
    running.start()
    try:
        until(stop, lambda: verdicts(league, digest))
    finally:
        stop.set()
        running.join(10)
    assert not running.is_alive()
    assert caplog.text.count("a defect (OverflowError at test_agent.py:") == 1
    assert CANARY not in caplog.text


def test_a_planned_purge_is_done_at_its_date_though_the_server_is_away(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    brand.state.ends.plan_purge(digest, league.clock())
    contact = league.contact("alder")

    def away() -> bytes:
        raise ServerUnreachableError("the operator's server does not answer")

    contact.charter = away  # type: ignore[method-assign]
    with pytest.raises(ServerUnreachableError):
        agent_of(league, contact).hear_and_settle()
    assert [one.done_at is None for one in brand.state.ends.purges()] == [False]


def test_a_server_that_is_away_is_asked_again_and_logged_once(
    league: SmallLeague, caplog: pytest.LogCaptureFixture
) -> None:
    contact = league.contact("alder")
    asked = threading.Semaphore(0)

    def away() -> bytes:
        asked.release()
        raise ServerUnreachableError("the operator's server does not answer")

    contact.charter = away  # type: ignore[method-assign]
    stop = threading.Event()
    running = threading.Thread(target=agent_of(league, contact).run, args=(stop,))
    running.start()
    assert all(asked.acquire(timeout=10) for _ in range(4))
    stop.set()
    running.join(10)
    assert not running.is_alive()
    assert caplog.text.count("server-unreachable") == 1


def test_each_message_is_in_the_journal_under_its_decision(
    league: SmallLeague, brand: BrandParts, tmp_path: Path
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    request = ask_to_join(digest)
    assert isinstance(brand.responder.answer(request), JoinReply)
    journal = EgressJournal(tmp_path / "journal.db")
    write = journal_writer(journal, brand.responder, league.clock)
    write(SentMessage(request.binding, "JoinReply", 12, "ab" * 32))
    (entry,) = journal.entries()
    assert entry.record.study == digest
    assert entry.record.decision == brand.state.decisions(digest)[-1].digest
    journal.verify()


def test_contributions_whose_time_is_over_are_forgotten_once_in_a_while(
    league: SmallLeague, brand: BrandParts
) -> None:
    study = a_league_histogram(league.clock())
    digest = league.approved(study)
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)
    key = RoundKey(digest, Question.COHORT, 0)
    agent = agent_of(league, league.contact("alder"))

    def vector() -> bytes | None:
        kept = brand.rounds.contribution(key)
        assert kept is not None
        return kept.contribution.vector

    league.clock.ahead = kept_until(study) - league.clock.start - TIDY_AFTER / 2
    agent.hear_and_settle()
    assert vector() is not None
    league.clock.ahead += TIDY_AFTER / 2
    agent.hear_and_settle()
    assert vector() is not None
    league.clock.ahead += TIDY_AFTER
    agent.hear_and_settle()
    assert vector() is None


def test_a_planned_purge_is_done_by_the_lasting_process_when_its_date_comes(
    league: SmallLeague, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    parts = league.brands["alder"]
    digest = league.propose(a_league_histogram(league.clock()))
    agent = agent_of(league, league.contact("alder"))
    agent.hear_and_settle()
    parts.state.ends.plan_purge(digest, league.clock() + timedelta(hours=5))
    for ahead, is_open in ((2, True), (6, False)):
        league.clock.ahead = timedelta(hours=ahead)
        agent.hear_and_settle()
        assert [one.done_at is None for one in parts.state.ends.purges()] == [is_open]
    assert f"study {digest[:12]}: purged, as was planned" in caplog.text
