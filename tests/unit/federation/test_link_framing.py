from __future__ import annotations

import hashlib
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.codec import WireMessage
from hanse_federation.errors import LinkError, MessageTooLargeError
from hanse_federation.link.errors import (
    ChunkInvalidError,
    ChunkOutOfOrderError,
    ChunkRepeatedError,
    DigestMismatchError,
    MessageInterleavedError,
)
from hanse_federation.link.frames import Abandon, Chunk, Opening
from hanse_federation.link.framing import Reassembler, chunk


def message(*parts: bytes) -> WireMessage:
    return WireMessage("refusal", parts, sum(map(len, parts)))


def chunks(*parts: bytes, number: int = 1, size: int = 4) -> list[Chunk]:
    whole = message(*parts)
    return list(chunk(number, whole, whole.digest(), size))


def assemble(reassembler: Reassembler, pieces: list[Chunk]) -> bytes:
    *early, last = pieces
    for piece in early:
        assert reassembler.accept(piece) is None
    whole = reassembler.accept(last)
    assert whole is not None
    assert whole.readonly
    return bytes(whole)


@given(st.lists(st.binary(max_size=50), min_size=1).filter(any), st.integers(1, 20))
def test_chunks_join_to_the_message(parts: list[bytes], size: int) -> None:
    pieces = chunks(*parts, size=size)
    assert all(len(piece.data) == size for piece in pieces[:-1])
    assert assemble(Reassembler(), pieces) == b"".join(parts)


def test_messages_follow_one_another() -> None:
    reassembler = Reassembler()
    for number in (1, 2, 3):
        assert assemble(reassembler, chunks(b"content", number=number)) == b"content"
    assert reassembler.number == 3


def test_only_the_first_chunk_states_size_and_digest() -> None:
    first, *others = chunks(b"0123456789")
    assert first.opening == Opening(10, hashlib.sha256(b"0123456789").digest())
    assert all(piece.opening is None for piece in others)


def test_first_chunk_must_state_size_and_digest() -> None:
    with pytest.raises(ChunkInvalidError):
        Reassembler().accept(replace(chunks(b"12345")[0], opening=None))


def test_skipped_chunk_is_refused() -> None:
    first, _, third = chunks(b"0123456789")
    reassembler = Reassembler()
    reassembler.accept(first)
    with pytest.raises(ChunkOutOfOrderError):
        reassembler.accept(third)


def test_repeated_chunk_is_refused() -> None:
    first, *_ = chunks(b"0123456789")
    reassembler = Reassembler()
    reassembler.accept(first)
    with pytest.raises(ChunkRepeatedError):
        reassembler.accept(first)


def test_replayed_message_is_refused() -> None:
    reassembler = Reassembler()
    pieces = chunks(b"content")
    assemble(reassembler, pieces)
    with pytest.raises(ChunkRepeatedError):
        reassembler.accept(pieces[0])


def test_skipped_message_is_refused() -> None:
    with pytest.raises(ChunkOutOfOrderError):
        Reassembler().accept(chunks(b"content", number=2)[0])


def test_interleaved_messages_are_refused() -> None:
    reassembler = Reassembler()
    reassembler.accept(chunks(b"0123456789")[0])
    with pytest.raises(MessageInterleavedError):
        reassembler.accept(chunks(b"content", number=2)[0])


def test_second_opening_is_refused() -> None:
    first, second, _ = chunks(b"0123456789")
    reassembler = Reassembler()
    reassembler.accept(first)
    with pytest.raises(ChunkInvalidError):
        reassembler.accept(replace(second, opening=first.opening))


def test_chunk_past_the_end_is_refused() -> None:
    first, second = chunks(b"01234")
    reassembler = Reassembler()
    reassembler.accept(first)
    with pytest.raises(ChunkInvalidError, match="runs past its end"):
        reassembler.accept(replace(second, data=b"45"))


@pytest.mark.parametrize("data", [b"", b"12345"])
def test_chunk_of_a_senseless_size_is_refused(data: bytes) -> None:
    with pytest.raises(ChunkInvalidError):
        Reassembler(chunk_cap_bytes=4).accept(Chunk(1, 0, data, Opening(9, bytes(32))))


def test_altered_content_is_refused() -> None:
    (piece,) = chunks(b"1234")
    with pytest.raises(DigestMismatchError):
        Reassembler().accept(replace(piece, data=b"1235"))


def test_stated_size_over_the_cap_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        for size in (101, 2**40, 2**64 - 1):
            with pytest.raises(MessageTooLargeError):
                Reassembler(100).accept(Chunk(1, 0, b"x", Opening(size, bytes(32))))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_abandoned_message_makes_room_for_the_next() -> None:
    reassembler = Reassembler()
    reassembler.accept(chunks(b"0123456789")[0])
    reassembler.abandon(Abandon(1))
    assert assemble(reassembler, chunks(b"content", number=2)) == b"content"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_the_message_under_way_can_be_abandoned(number: int) -> None:
    reassembler = Reassembler()
    if number != 1:
        reassembler.accept(chunks(b"0123456789")[0])
    with pytest.raises(ChunkOutOfOrderError):
        reassembler.abandon(Abandon(number))


frames = st.builds(
    Chunk,
    st.integers(0, 3),
    st.integers(0, 12),
    st.binary(max_size=6),
    st.one_of(st.none(), st.builds(Opening, st.integers(0, 12), st.just(bytes(32)))),
)


@given(st.lists(frames, max_size=8))
def test_hostile_chunks_never_make_a_message(pieces: list[Chunk]) -> None:
    reassembler = Reassembler(10, 5)
    for piece in pieces:
        try:
            assert reassembler.accept(piece) is None
        except LinkError:
            return


def test_large_message_is_assembled_in_linear_memory() -> None:
    size = 64 << 20
    whole = message(bytes(size))
    digest = whole.digest()
    tracemalloc.start()
    try:
        reassembler = Reassembler()
        for piece in chunk(1, whole, digest):
            result = reassembler.accept(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result is not None
    assert len(result) == size
    assert peak < 1.1 * size
