from __future__ import annotations

from hanse_clients.link.backoff import BackOff


def test_wait_doubles_up_to_the_cap() -> None:
    back_off = BackOff(lambda: 0.999999)
    waits = [round(back_off.next_seconds(), 3) for _ in range(12)]
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 30.0
    assert max(waits) <= 30.0


def test_jitter_takes_up_to_half_of_the_wait() -> None:
    assert BackOff(lambda: 0.0).next_seconds() == 0.05


def test_connection_makes_the_wait_short_again() -> None:
    back_off = BackOff(lambda: 0.0)
    for _ in range(9):
        back_off.next_seconds()
    back_off.succeed()
    assert back_off.next_seconds() == 0.05
