from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hanse_federation.desk import StudyState
from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId
from hanse_server.errors import (
    CharterConflictError,
    StoreAccessError,
    StoreExistsError,
    StoreMissingError,
    StudyConflictError,
    StudyRunError,
    StudyUnknownError,
    VerdictStaleError,
)
from hanse_server.store import (
    CallerRole,
    CertificateRecord,
    CharterRecord,
    OperatorStore,
    PostgresAddress,
    ReleaseRecord,
    RoundRecord,
    StoreLocation,
    VerdictRecord,
)
from tests.support.identity import NOW
from tests.support.stores import HOUR, KINDS, STUDY, new_location, text_of

AURORA = BrandId("aurora")


@pytest.fixture(params=KINDS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreLocation]:
    with new_location(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def store(location: StoreLocation) -> Iterator[OperatorStore]:
    with OperatorStore.create(location) as made:
        made.membership.found(charter(1), record("1", ""))
        yield made


def charter(version: int) -> CharterRecord:
    return CharterRecord(version, f"{version:064x}", b"signed charter", NOW)


def record(serial: str, brand: str) -> CertificateRecord:
    role = CallerRole.BRAND if brand else CallerRole.OPERATOR
    return CertificateRecord(
        serial, role, BrandId(brand), serial.zfill(64), NOW, NOW + timedelta(days=1)
    )


def test_new_store_never_replaces_another(location: StoreLocation) -> None:
    OperatorStore.create(location).close()

    with pytest.raises(StoreExistsError):
        OperatorStore.create(location)


def test_missing_store_is_refused(location: StoreLocation) -> None:
    with pytest.raises(StoreMissingError, match="hanse operator init"):
        OperatorStore.open(location)


def test_file_left_empty_by_a_process_that_died_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()

    with pytest.raises(StoreMissingError, match="hanse operator init"):
        OperatorStore.open(tmp_path / "store.db")


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"rubbish" * 1000)

    with pytest.raises(StoreAccessError):
        OperatorStore.open(tmp_path / "store.db")


def test_every_commit_is_synced_and_logged_ahead(tmp_path: Path) -> None:
    store = OperatorStore.create(tmp_path / "store.db")
    with store._database.reading() as connection:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    store.close()
    assert (journal, synchronous) == ("wal", 2)


def test_every_commit_to_postgresql_is_synced_and_no_lock_is_waited_for_without_end(
    tmp_path: Path,
) -> None:
    names = ("synchronous_commit", "lock_timeout", "transaction_read_only")
    with (
        new_location("postgresql", tmp_path) as place,
        OperatorStore.create(place) as store,
        store._database.reading() as connection,
    ):
        settings = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    assert settings == ["on", "15s", "on"]


def test_unreachable_server_is_one_clear_error_without_the_password() -> None:
    address = PostgresAddress("postgresql+psycopg://hanse:secret@127.0.0.1:1/hanse")

    with pytest.raises(StoreAccessError, match=r"`127.0.0.1/hanse`") as caught:
        OperatorStore.open(address)

    assert "secret" not in str(caught.value)


def test_charter_version_is_never_given_twice(store: OperatorStore) -> None:
    store.membership.admit(record("2", "aurora"), charter(2))

    with pytest.raises(CharterConflictError, match="expected charter version 3, got 2"):
        store.membership.admit(record("3", "borealis"), charter(2))

    assert [c.brand for c in store.membership.certificates()] == ["", "aurora"]


def test_same_study_may_be_proposed_again_but_no_other_of_its_version(
    store: OperatorStore,
) -> None:
    store.studies.propose(STUDY)
    store.studies.propose(replace(STUDY, proposed_at=NOW + timedelta(hours=1)))

    with pytest.raises(StudyConflictError):
        store.studies.propose(replace(STUDY, digest="b" * 64))

    assert store.studies.studies() == (STUDY,)


def verdict(envelope: bytes, minutes: int) -> VerdictRecord:
    decided = NOW + timedelta(minutes=minutes)
    return VerdictRecord(AURORA, STUDY.digest, envelope, decided, NOW)


def test_older_verdict_sent_again_is_refused(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    store.studies.record_verdict(verdict(b"permit", 1))
    store.studies.record_verdict(verdict(b"deny", 2))

    with pytest.raises(VerdictStaleError):
        store.studies.record_verdict(verdict(b"permit", 1))

    assert store.studies.verdicts(STUDY.digest) == (verdict(b"deny", 2),)


def test_verdict_on_an_unknown_study_is_refused(store: OperatorStore) -> None:
    with pytest.raises(StudyUnknownError):
        store.studies.record_verdict(verdict(b"permit", 1))


def test_run_is_kept_round_by_round_to_its_release(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    store.runs.start_or_resume(STUDY.digest, 2**63 - 1, NOW)
    ended = RoundRecord(
        0, NOW, (AURORA,), ((BrandId("borealis"), "study-not-approved"),), (("persons", 812.0),)
    )
    store.runs.record_round(2**63 - 1, ended)
    release = ReleaseRecord("c" * 64, STUDY.digest, 2**63 - 1, "reach-1", ("members",), NOW)
    store.runs.release(release)

    assert store.runs.rounds(2**63 - 1) == (ended,)
    assert store.runs.releases() == (release,)
    assert store.studies.study(STUDY.digest).state is StudyState.RELEASED
    assert store.runs.runs(STUDY.digest)[0].state is StudyState.RELEASED


def test_figure_that_is_no_number_is_never_recorded(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    store.runs.start_or_resume(STUDY.digest, 1, NOW)

    with pytest.raises(ValueError, match="JSON compliant"):
        store.runs.record_round(1, RoundRecord(1, NOW, metrics=(("auc", float("nan")),)))


@pytest.mark.parametrize("state", [StudyState.REFUSED, StudyState.FAILED])
def test_run_that_ended_without_a_release_goes_on_under_its_number(
    store: OperatorStore, state: StudyState
) -> None:
    store.studies.propose(STUDY)
    begun = store.runs.start_or_resume(STUDY.digest, 1, NOW)
    store.runs.end(1, state, NOW)

    assert store.runs.start_or_resume(STUDY.digest, 2, NOW + HOUR) == begun

    assert store.runs.runs(STUDY.digest) == (begun,)
    assert store.studies.study(STUDY.digest).state is StudyState.RUNNING


def test_run_that_ended_ends_no_second_time(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    store.runs.start_or_resume(STUDY.digest, 1, NOW)
    store.runs.end(1, StudyState.FAILED, NOW)

    with pytest.raises(StudyRunError):
        store.runs.end(1, StudyState.FAILED, NOW)
    with pytest.raises(StudyRunError):
        store.runs.record_round(1, RoundRecord(1, NOW))


def test_released_study_runs_no_more(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    store.runs.start_or_resume(STUDY.digest, 1, NOW)
    store.runs.release(ReleaseRecord("c" * 64, STUDY.digest, 1, "reach-1", (), NOW))

    with pytest.raises(StudyRunError, match="propose a new version"):
        store.runs.start_or_resume(STUDY.digest, 2, NOW)
    assert store.runs.resumable() == ()


def test_study_refused_by_the_brands_may_be_tried_again_but_a_running_one_not_refused(
    store: OperatorStore,
) -> None:
    store.studies.propose(STUDY)
    store.studies.refuse(STUDY.digest)
    assert store.studies.study(STUDY.digest).state is StudyState.REFUSED

    store.runs.start_or_resume(STUDY.digest, 1, NOW)
    with pytest.raises(StudyRunError):
        store.studies.refuse(STUDY.digest)


def test_run_left_by_a_killed_server_is_taken_up_by_the_next(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    begun = store.under(store.leases.acquire("host", NOW, HOUR)).runs.start_or_resume(
        STUDY.digest, 1, NOW
    )

    later = store.under(store.leases.acquire("host", NOW, HOUR))

    assert later.runs.resumable() == (begun,)
    assert later.runs.start_or_resume(STUDY.digest, 2, NOW + HOUR) == begun


def test_round_recorded_again_by_a_run_taken_up_stays_as_it_was(store: OperatorStore) -> None:
    store.studies.propose(STUDY)
    store.runs.start_or_resume(STUDY.digest, 1, NOW)
    first = store.runs.record_round(1, RoundRecord(1, NOW, (AURORA,)))

    again = store.runs.record_round(1, RoundRecord(1, NOW + HOUR))

    assert again == first
    assert store.runs.rounds(1) == (first,)


def test_of_many_starts_at_once_one_wins(store: OperatorStore) -> None:
    store.studies.propose(STUDY)

    def start(run: int) -> bool:
        try:
            store.runs.start_or_resume(STUDY.digest, run, NOW)
        except StudyRunError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(start, range(16)))

    assert won.count(True) == 1
    assert len(store.runs.runs(STUDY.digest)) == 1


def test_traffic_adds_up_over_sessions_and_counts_each_session_once(store: OperatorStore) -> None:
    def count(messages: int) -> TrafficCount:
        return TrafficCount(AURORA, "to-brand", "train", messages, 10 * messages, 11 * messages)

    store.traffic.record("first", [count(2)])
    store.traffic.record("first", [count(5)])
    store.traffic.record("second", [count(1)])

    assert store.traffic.totals() == (count(6),)


ADMIT = textwrap.dedent(
    """
    import sys
    from hanse_server.errors import CharterConflictError
    from hanse_server.store import OperatorStore
    from tests.support.stores import location_of
    from tests.unit.server.test_store import charter, record

    with OperatorStore.open(location_of(sys.argv[1])) as store:
        for number in range(10):
            while True:
                newest = store.membership.charter().version
                try:
                    brand = f"{sys.argv[2]}-{number}"
                    serial = brand.encode().hex()
                    store.membership.admit(record(serial, brand), charter(newest + 1))
                except CharterConflictError:
                    continue
                break
    """
)


def test_two_processes_admit_at_once_and_nothing_is_lost(
    store: OperatorStore, location: StoreLocation
) -> None:
    paths = [*sys.path, str(Path.cwd())]
    command = [sys.executable, "-c", ADMIT, text_of(location)]
    processes = [
        subprocess.Popen([*command, name], env={"PYTHONPATH": ":".join(paths)})
        for name in ("left", "right")
    ]

    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    # This process saw neither connection, yet sees all of it.
    assert [c.version for c in store.membership.charters()] == list(range(1, 22))
    assert len(store.membership.certificates()) == 21
