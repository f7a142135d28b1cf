from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients import local_database
from hanse_clients.errors import ContributionMissingError, StateAccessError, StateVersionError
from hanse_clients.round_records import Attempt, Contribution, RoundKey
from hanse_clients.round_store import RoundStore
from hanse_federation import fault_points
from hanse_federation.messages import Question
from hanse_federation.secure_aggregation.errors import (
    ContributionChangedError,
    ContributionSpentError,
    SessionOutdatedError,
    StepConflictError,
)

KEY = RoundKey("a" * 64, Question.TRAIN, 7)
CONTRIBUTION = Contribution(
    KEY, "b" * 64, "data-1", 32, 3, b"vector of 3.", b"nonce of thirty-two bytes, exact"
)
FIRST = Attempt(KEY, run=11, number=1)
SECOND = Attempt(KEY, run=11, number=2)
ELSEWHERE = Attempt(KEY, run=12, number=1)
ASKED = "c" * 64
SECRET = b"secret-of-an-attempt"
FILE = "rounds.db"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RoundStore]:
    with RoundStore(tmp_path / FILE) as opened:
        yield opened


@pytest.fixture
def live(store: RoundStore) -> RoundStore:
    store.keep_contribution(CONTRIBUTION)
    store.go_live(FIRST)
    return store


def join(store: RoundStore, attempt: Attempt = FIRST, reply: bytes = b"joined") -> bytes | None:
    kept = store.keep_step(attempt, "join", ASKED, reply=reply, new_state=SECRET)
    return kept.reply


def spend(store: RoundStore, attempt: Attempt = FIRST) -> None:
    store.keep_step(
        attempt, "unmask", ASKED, reply=b"shares", new_state=None, spends=b"survivor list"
    )


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(f"{FILE}*"))


def test_what_was_kept_is_there_after_reopening(live: RoundStore, tmp_path: Path) -> None:
    join(live)
    live.close()
    with RoundStore(tmp_path / FILE) as again:
        kept = again.contribution(KEY)
        assert kept is not None
        assert kept.contribution == CONTRIBUTION
        assert (kept.live, kept.is_spent) == (FIRST, False)
        assert again.session_state(FIRST) == SECRET
        step = again.step(FIRST, "join")
        assert step is not None
        assert (step.reply, step.request_digest) == (b"joined", ASKED)


def test_a_round_without_a_contribution_has_none_and_cannot_go_live(store: RoundStore) -> None:
    assert store.contribution(KEY) is None
    with pytest.raises(ContributionMissingError):
        store.go_live(FIRST)
    with pytest.raises(ContributionMissingError):
        join(store)


def test_the_same_contribution_again_changes_nothing(live: RoundStore) -> None:
    live.keep_contribution(CONTRIBUTION)
    kept = live.contribution(KEY)
    assert kept is not None
    assert kept.live == FIRST


@pytest.mark.parametrize(
    "changed",
    [
        {"vector": b"another one."},
        {"nonce": bytes(32)},
        {"request_digest": "d" * 64},
        {"data_version": "data-2"},
        {"ring_bits": 64},
    ],
)
def test_a_second_contribution_to_a_round_is_refused(
    store: RoundStore, changed: dict[str, object]
) -> None:
    store.keep_contribution(CONTRIBUTION)
    with pytest.raises(ContributionChangedError, match="expected the contribution kept"):
        store.keep_contribution(replace(CONTRIBUTION, **changed))  # type: ignore[arg-type]
    kept = store.contribution(KEY)
    assert kept is not None
    assert kept.contribution == CONTRIBUTION


def test_of_two_contributions_kept_at_once_one_stays(store: RoundStore) -> None:
    def keep(number: int) -> bytes | None:
        vector = number.to_bytes(12, "little")
        try:
            store.keep_contribution(replace(CONTRIBUTION, vector=vector))
        except ContributionChangedError:
            return None
        return vector

    with ThreadPoolExecutor(8) as threads:
        (kept,) = [vector for vector in threads.map(keep, range(32)) if vector is not None]
    held = store.contribution(KEY)
    assert held is not None
    assert held.contribution.vector == kept


def test_going_live_again_keeps_state_and_steps(live: RoundStore) -> None:
    join(live)
    live.go_live(FIRST)
    assert live.session_state(FIRST) == SECRET


@pytest.mark.parametrize("later", [SECOND, ELSEWHERE])
def test_a_later_attempt_leaves_no_secret_of_the_one_before_on_disk(
    live: RoundStore, later: Attempt, tmp_path: Path
) -> None:
    join(live, reply=b"reply-of-an-attempt")
    assert SECRET in bytes_on_disk(tmp_path)
    live.go_live(later)
    assert SECRET not in bytes_on_disk(tmp_path)
    assert b"reply-of-an-attempt" not in bytes_on_disk(tmp_path)
    step = live.step(FIRST, "join")
    assert step is not None
    assert step.reply is None
    assert len(step.reply_digest) == 64


def test_an_attempt_that_was_left_never_comes_back(live: RoundStore) -> None:
    live.go_live(SECOND)
    for outdated in (FIRST, Attempt(KEY, run=11, number=0)):
        with pytest.raises(SessionOutdatedError, match="expected a later attempt"):
            live.go_live(outdated)
    with pytest.raises(SessionOutdatedError, match="live attempt"):
        join(live, FIRST)


def test_a_run_that_was_left_for_another_never_comes_back(live: RoundStore) -> None:
    live.go_live(ELSEWHERE)
    with pytest.raises(SessionOutdatedError):
        live.go_live(SECOND)


def test_a_repeated_step_has_the_bytes_that_were_kept_first(live: RoundStore) -> None:
    assert join(live, reply=b"first") == b"first"
    assert join(live, reply=b"second") == b"first"


def test_of_two_replies_made_at_once_the_first_is_sent_by_both(live: RoundStore) -> None:
    replies = [number.to_bytes(4, "big") for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        sent = set(threads.map(lambda reply: join(live, reply=reply), replies))
    assert len(sent) == 1


def test_a_step_asked_again_with_other_content_is_refused(live: RoundStore) -> None:
    join(live)
    with pytest.raises(StepConflictError, match="other content"):
        live.keep_step(FIRST, "join", "d" * 64, reply=b"x", new_state=None)
    assert live.session_state(FIRST) == SECRET


def test_a_spent_contribution_enters_no_later_attempt(live: RoundStore) -> None:
    join(live)
    spend(live)
    for later in (SECOND, ELSEWHERE):
        with pytest.raises(ContributionSpentError):
            live.go_live(later)
    kept = live.contribution(KEY)
    assert kept is not None
    assert kept.standing.survivors == b"survivor list"


def test_a_spent_attempt_repeats_its_steps_and_takes_no_new_one(live: RoundStore) -> None:
    join(live)
    spend(live)
    live.go_live(FIRST)
    assert join(live, reply=b"other") == b"joined"
    with pytest.raises(ContributionSpentError, match="no step after"):
        live.keep_step(FIRST, "mask", ASKED, reply=b"x", new_state=None)


def test_the_last_step_can_delete_the_secrets(live: RoundStore) -> None:
    join(live)
    spend(live)
    assert live.session_state(FIRST) is None


def test_forgetting_a_study_keeps_digests_and_the_mark_alone(
    live: RoundStore, tmp_path: Path
) -> None:
    join(live)
    spend(live)
    live.forget_study(KEY.study)
    left = bytes_on_disk(tmp_path)
    assert b"vector of 3." not in left
    assert b"nonce of thirty-two" not in left
    (kept,) = live.contributions(KEY.study)
    assert kept.contribution.vector is None
    assert kept.vector_digest == CONTRIBUTION.vector_digest
    assert kept.is_spent
    with pytest.raises(ContributionChangedError):
        live.keep_contribution(CONTRIBUTION)
    with pytest.raises(ContributionSpentError):
        live.go_live(ELSEWHERE)


def test_forgetting_is_not_done_while_a_reader_keeps_the_secrets_in_the_log(
    live: RoundStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_database, "BUSY_SECONDS", 0.1)
    join(live)
    with (
        RoundStore(tmp_path / FILE) as store,
        closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as reader,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM steps").fetchone()
        with pytest.raises(StateAccessError, match="purge again once it has ended"):
            store.forget_study(KEY.study)
        assert SECRET in bytes_on_disk(tmp_path)
        reader.execute("ROLLBACK")
        store.forget_study(KEY.study)
        assert SECRET not in bytes_on_disk(tmp_path)


def test_another_study_is_not_forgotten_with_it(live: RoundStore) -> None:
    other = replace(KEY, study="e" * 64)
    live.keep_contribution(replace(CONTRIBUTION, round=other))
    live.forget_study(KEY.study)
    kept = live.contribution(other)
    assert kept is not None
    assert kept.contribution.vector == CONTRIBUTION.vector


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM contributions",
        "DELETE FROM attempts",
        "DELETE FROM steps",
        "UPDATE contributions SET survivors = NULL",
        "UPDATE contributions SET vector = x'00'",
        "UPDATE contributions SET vector_digest = ''",
        "UPDATE steps SET reply = x'00'",
    ],
)
def test_the_file_itself_holds_to_the_rules(
    live: RoundStore, tmp_path: Path, statement: str
) -> None:
    join(live)
    spend(live)
    with (
        sqlite3.connect(tmp_path / FILE) as connection,
        pytest.raises(sqlite3.IntegrityError),
    ):
        connection.execute(statement)
    connection.close()


def test_two_processes_share_the_file(live: RoundStore, tmp_path: Path) -> None:
    with RoundStore(tmp_path / FILE) as other:
        join(other)
        assert live.session_state(FIRST) == SECRET
        live.go_live(SECOND)
        with pytest.raises(SessionOutdatedError):
            join(other, FIRST)


def test_the_files_are_the_owners_alone(live: RoundStore, tmp_path: Path) -> None:
    join(live)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{FILE}*")}
    assert FILE in found
    assert set(found.values()) == {0o600}


def test_a_file_of_another_version_is_refused(store: RoundStore, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(StateVersionError):
        RoundStore(tmp_path / FILE)


def test_a_full_disk_keeps_nothing_of_a_step(live: RoundStore, tmp_path: Path) -> None:
    pages = sqlite3.connect(tmp_path / FILE).execute("PRAGMA page_count").fetchone()[0]
    live._file._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateAccessError, match="full"):
        live.keep_step(FIRST, "join", ASKED, reply=bytes(1 << 20), new_state=SECRET)
    assert live.step(FIRST, "join") is None
    assert live.session_state(FIRST) is None


CRASHING = """
import os, signal, sys
from pathlib import Path
from tests.unit.clients.test_round_store import CONTRIBUTION, FIRST, join, spend
from hanse_clients.round_store import RoundStore
from hanse_federation import fault_points

def die(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

store = RoundStore(Path(sys.argv[1]))
store.keep_contribution(CONTRIBUTION)
store.go_live(FIRST)
join(store)
fault_points.install(die)
spend(store)
"""


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_kill_leaves_reply_state_and_mark_all_or_none(tmp_path: Path, where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, tmp_path / FILE, f"brand.persist-step.{where}"],
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    with RoundStore(tmp_path / FILE) as store:
        kept, step = store.contribution(KEY), store.step(FIRST, "unmask")
        assert kept is not None
        taken = where == "after"
        assert kept.is_spent is taken
        assert (step is not None) is taken
        assert (store.session_state(FIRST) is None) is taken


def test_each_persist_names_its_fault_points(store: RoundStore) -> None:
    reached: list[str] = []
    fault_points.install(reached.append)
    try:
        store.keep_contribution(CONTRIBUTION)
        store.go_live(FIRST)
        join(store)
    finally:
        fault_points.install(None)
    assert reached == [
        "brand.persist-contribution.before",
        "brand.persist-contribution.after",
        "brand.persist-step.before",
        "brand.persist-step.after",
    ]


def test_where_a_contribution_stands_is_told_without_it(live: RoundStore) -> None:
    standing, kept = live.standing(KEY), live.contribution(KEY)
    assert kept is not None
    assert standing == kept.standing
    assert live.standing(replace(KEY, round_number=8)) is None
