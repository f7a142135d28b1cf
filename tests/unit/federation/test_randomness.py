"""Randomness: fresh streams for production, repeatable ones for tests, none shared by a fork."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from hanse_federation import randomness
from hanse_federation.randomness import SeededRandomness, SystemRandomness


def test_two_system_generators_never_give_the_same_bits() -> None:
    assert SystemRandomness().random_bytes(32) != SystemRandomness().random_bytes(32)


def test_consecutive_words_differ() -> None:
    source = SystemRandomness()
    assert len(np.unique(np.concatenate([source.words(1000), source.words(1000)]))) == 2000


@pytest.mark.parametrize("count", [0, 1, 7, 8193, 70_000])
def test_as_many_words_and_bytes_come_as_were_asked(count: int) -> None:
    for source in (SystemRandomness(), SeededRandomness(3)):
        words = source.words(count)
        assert words.shape == (count,)
        assert words.dtype == np.dtype(np.uint64)
        assert len(source.random_bytes(count)) == count


def test_bits_are_balanced_in_every_position() -> None:
    words = SeededRandomness(5).words(40_000)
    for bit in range(64):
        ones = int(((words >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(ones - 20_000) < 500  # five standard deviations


def test_a_seed_repeats_its_bits_and_another_seed_does_not() -> None:
    assert SeededRandomness(1).random_bytes(16) == SeededRandomness(1).random_bytes(16)
    assert SeededRandomness(1).random_bytes(16) != SeededRandomness(2).random_bytes(16)


def test_seeded_words_are_the_same_on_every_platform() -> None:
    assert SeededRandomness(1).words(2).tolist() == [8243038748192379641, 13302539689798115356]


def test_seeded_docstring_warns_against_production() -> None:
    assert "UNSAFE FOR PRODUCTION" in (SeededRandomness.__doc__ or "")


def test_the_key_changes_after_its_share_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[bytes] = []
    real = os.urandom

    def noting(count: int) -> bytes:
        keys.append(real(count))
        return keys[-1]

    monkeypatch.setattr(randomness, "REKEY_AFTER_BYTES", 1024)
    monkeypatch.setattr(os, "urandom", noting)
    source = SystemRandomness()
    for _ in range(8):
        source.words(64)
    assert len(set(keys)) == len(keys) == 8  # 4 KiB: four keys, four nonces


def test_a_forked_child_does_not_repeat_its_parent() -> None:
    source = SystemRandomness()
    source.words(10)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, source.random_bytes(32))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 32) != source.random_bytes(32)
    os.close(reader)
    os.close(writer)


def test_threads_draw_from_streams_of_their_own() -> None:
    source, drawn = SystemRandomness(), []
    threads = [
        threading.Thread(target=lambda: drawn.append(source.random_bytes(64))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 8
