"""Two servers on one store: one acts, whatever their clocks say."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from hanse_federation.desk import StudyState
from hanse_server.errors import StoreFencedError, StoreLeasedError, StudyRunError
from hanse_server.store import (
    AggregationStep,
    OperatorStore,
    ReleaseRecord,
    RoundRecord,
    StoreLocation,
)
from tests.support.identity import NOW
from tests.support.stores import (
    CELLS,
    CHARTER,
    HOUR,
    KEY,
    KINDS,
    RUN,
    STUDY,
    close,
    envelopes_of,
    new_location,
    running_store,
    text_of,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=KINDS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreLocation]:
    with new_location(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def store(location: StoreLocation) -> Iterator[OperatorStore]:
    with running_store(location) as made:
        yield made


def test_lease_in_force_is_refused_to_another_and_says_who_holds_it(store: OperatorStore) -> None:
    store.leases.acquire("left:/srv/hanse", NOW, MINUTE)

    with pytest.raises(StoreLeasedError, match="leased to left:/srv/hanse until"):
        store.leases.acquire("right", NOW + MINUTE - timedelta(microseconds=1), MINUTE)


def test_token_grows_by_one_at_each_takeover(store: OperatorStore) -> None:
    tokens = [store.leases.acquire(f"host-{n}", NOW + n * MINUTE, MINUTE).token for n in range(4)]

    assert tokens == [1, 2, 3, 4]


def test_same_holder_started_anew_takes_over_at_once_and_fences_its_former_life(
    store: OperatorStore,
) -> None:
    former = store.leases.acquire("host", NOW, HOUR)

    assert store.leases.acquire("host", NOW, HOUR).token == former.token + 1
    with pytest.raises(StoreFencedError):
        store.leases.renew(former, NOW, HOUR)


def test_renewed_lease_stays_in_force_under_its_token(store: OperatorStore) -> None:
    lease = store.leases.acquire("left", NOW, MINUTE)

    renewed = store.leases.renew(lease, NOW + MINUTE, MINUTE)

    assert renewed.token == lease.token
    with pytest.raises(StoreLeasedError):
        store.leases.acquire("right", NOW + MINUTE, MINUTE)
    store.under(renewed).traffic.record("left", [])


def test_expired_lease_that_nobody_took_may_be_renewed(store: OperatorStore) -> None:
    lease = store.leases.acquire("left", NOW, MINUTE)

    assert store.leases.renew(lease, NOW + HOUR, MINUTE).expires_at == NOW + HOUR + MINUTE


def test_lease_given_up_is_free_at_once_and_writes_no_more(store: OperatorStore) -> None:
    lease = store.leases.acquire("left", NOW, HOUR)
    store.leases.give_up(lease, NOW)

    with pytest.raises(StoreFencedError):
        store.under(lease).traffic.record("left", [])
    assert store.leases.acquire("right", NOW, HOUR).token > lease.token


WRITES: dict[str, Callable[[OperatorStore], object]] = {
    "start": lambda s: s.runs.start_or_resume(STUDY.digest, RUN, NOW),
    "record-round": lambda s: s.runs.record_round(RUN, RoundRecord(0, NOW)),
    "end": lambda s: s.runs.end(RUN, StudyState.FAILED, NOW),
    "release": lambda s: s.runs.release(ReleaseRecord("c" * 64, STUDY.digest, RUN, "d", (), NOW)),
    "open": lambda s: s.rounds.open_attempt(KEY, NOW, CHARTER),
    "join": lambda s: close(s.rounds, AggregationStep.JOIN),
    "share": lambda s: close(s.rounds, AggregationStep.SHARE),
    "mask": lambda s: close(s.rounds, AggregationStep.MASK),
    "endorse": lambda s: close(s.rounds, AggregationStep.ENDORSE),
    "sum": lambda s: s.rounds.record_sum(KEY, 1, CELLS, envelopes_of(AggregationStep.UNMASK)),
    "traffic": lambda s: s.traffic.record("session", []),
    "refuse": lambda s: s.studies.refuse(STUDY.digest),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_server_that_was_replaced_writes_nothing(
    store: OperatorStore, write: Callable[[OperatorStore], object]
) -> None:
    old = store.under(store.leases.acquire("left", NOW, MINUTE))
    store.leases.acquire("right", NOW + HOUR, MINUTE)

    with pytest.raises(StoreFencedError, match="another server took over"):
        write(old)

    assert [run.run for run in old.runs.resumable()] == [RUN]
    assert old.rounds.rounds_of(RUN) == ()


@pytest.mark.parametrize("jump", [-365 * 24 * HOUR, 365 * 24 * HOUR])
def test_clock_that_jumps_never_lets_two_act(store: OperatorStore, jump: timedelta) -> None:
    left = store.leases.acquire("left", NOW, MINUTE)
    try:
        right = store.leases.acquire("right", NOW + jump, MINUTE)
    except StoreLeasedError:
        store.under(left).traffic.record("left", [])
        return
    with pytest.raises(StoreFencedError):
        store.leases.renew(left, NOW, MINUTE)
    with pytest.raises(StoreFencedError):
        store.under(left).traffic.record("left", [])
    store.under(right).traffic.record("right", [])


def test_run_is_taken_up_once_under_each_lease(store: OperatorStore) -> None:
    for life in range(1, 4):
        leased = store.under(store.leases.acquire("host", NOW, HOUR))

        assert leased.runs.start_or_resume(STUDY.digest, life, NOW).run == RUN
        with pytest.raises(StudyRunError, match="whose run goes on"):
            leased.runs.start_or_resume(STUDY.digest, life, NOW)


def test_of_many_threads_that_want_the_lease_one_gets_it(store: OperatorStore) -> None:
    def acquire(number: int) -> bool:
        try:
            store.leases.acquire(f"host-{number}", NOW, HOUR)
        except StoreLeasedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(acquire, range(16)))

    assert won.count(True) == 1


RIVAL = textwrap.dedent(
    """
    import sys
    from datetime import timedelta
    from hanse_server.errors import StoreFencedError
    from hanse_server.store import OperatorStore, RoundRecord
    from tests.support.identity import NOW
    from tests.support.stores import RUN, location_of

    holder, written = sys.argv[2], 0
    with OperatorStore.open(location_of(sys.argv[1])) as opened:
        for number in range(20):
            # A lifetime below zero: each takes over at once, as with a clock that jumped.
            lease = opened.leases.acquire(holder, NOW, timedelta(seconds=-1))
            leased = opened.under(lease)
            for step in range(5):
                round_number = lease.token * 10 + step
                try:
                    leased.runs.record_round(RUN, RoundRecord(round_number, NOW))
                except StoreFencedError:
                    break
                written += 1
    print(written)
    """
)


def test_two_processes_that_fence_each_other_write_only_under_the_newest_token(
    store: OperatorStore, location: StoreLocation
) -> None:
    environment = {"PYTHONPATH": ":".join([*sys.path, str(Path.cwd())])}
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", RIVAL, text_of(location), name],
            env=environment,
            stdout=subprocess.PIPE,
        )
        for name in ("left", "right")
    ]
    written = sum(int(rival.communicate(timeout=120)[0]) for rival in rivals)

    assert [rival.returncode for rival in rivals] == [0, 0]
    rounds = store.runs.rounds(RUN)
    assert len(rounds) == written > 20
    assert store.leases.acquire("left", NOW, HOUR).token == 41
