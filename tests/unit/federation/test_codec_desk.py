from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.codec.brand_desk import (
    PIECE_BYTES,
    proposed_study_from_wire,
    proposed_study_to_wire,
    release_entry_from_wire,
    release_entry_to_wire,
    release_files_from_wire,
    release_files_to_wire,
)
from hanse_federation.codec.frames import (
    brand_frame_from_bytes,
    brand_frame_to_wire,
    operator_frame_from_bytes,
    operator_frame_to_wire,
)
from hanse_federation.codec.operator_desk import (
    operator_status_from_wire,
    operator_status_to_wire,
    run_event_from_wire,
    run_event_to_wire,
)
from hanse_federation.desk import (
    OperatorStatus,
    ProposedStudy,
    ReleaseEntry,
    ReleaseFile,
    RunEvent,
    RunStage,
    StudyState,
    StudyStatus,
)
from hanse_federation.errors import InvalidMessageError
from hanse_federation.link.frames import (
    Abandon,
    Chunk,
    Heartbeat,
    Hello,
    Opening,
    Refuse,
    Welcome,
)
from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId
from hanse_wire.v1 import brand_desk_pb2, link_pb2, operator_desk_pb2
from tests.support.messages import codes, hexadecimal

identifiers = st.from_regex(r"[a-z][a-z0-9]{0,8}([-_][a-z0-9]{1,8}){0,3}", fullmatch=True)
brands = identifiers.map(BrandId)
brand_tuples = st.lists(brands, max_size=4, unique=True).map(tuple)
rules = st.from_regex(r"[a-z][a-z0-9]{0,9}([-.][a-z0-9]{1,9}){0,4}", fullmatch=True)
lines = st.text(st.characters(categories=("L", "N", "P")), max_size=30)
counts = st.integers(0, 2**53)
optional_digests = st.one_of(st.just(""), hexadecimal)

studies = st.builds(
    ProposedStudy, hexadecimal, st.binary(min_size=1, max_size=99), st.sampled_from(StudyState)
)
entries = st.builds(ReleaseEntry, hexadecimal, hexadecimal, identifiers)
events = st.builds(
    RunEvent,
    st.sampled_from(RunStage),
    st.integers(0, 1_000_000),
    st.integers(0, 1_000_000),
    brand_tuples,
    st.lists(st.tuples(brands, rules), max_size=3).map(tuple),
    lines,
    optional_digests,
)
statuses = st.builds(
    OperatorStatus,
    identifiers,
    brand_tuples,
    brand_tuples,
    st.lists(
        st.builds(
            StudyStatus,
            hexadecimal,
            identifiers,
            st.sampled_from(StudyState),
            brand_tuples,
            st.lists(st.tuples(brands, st.lists(rules, max_size=3).map(tuple)), max_size=3).map(
                tuple
            ),
            optional_digests,
        ),
        max_size=3,
    ).map(tuple),
    st.lists(
        st.builds(
            TrafficCount,
            brands,
            st.sampled_from(["to-brand", "from-brand"]),
            codes,
            counts,
            counts,
            counts,
        ),
        max_size=3,
    ).map(tuple),
)
numbers = st.integers(0, 2**64 - 1)
openings = st.one_of(st.none(), st.builds(Opening, numbers, st.binary(max_size=40)))
shared_frames = st.one_of(
    st.just(Heartbeat()),
    st.builds(Chunk, numbers, numbers, st.binary(max_size=40), openings),
    st.builds(Abandon, numbers),
    st.builds(Refuse, numbers, codes),
)
brand_frames = st.one_of(shared_frames, st.builds(Hello, st.integers(0, 2**32 - 1)))
welcomes = st.builds(
    Welcome, st.floats(0.05, 3600), st.floats(3601, 86_400), st.integers(0, 2**32 - 1)
)
operator_frames = st.one_of(shared_frames, welcomes)


@given(studies)
def test_proposed_study_survives_the_round_trip(study: ProposedStudy) -> None:
    assert proposed_study_from_wire(proposed_study_to_wire(study)) == study


@given(entries)
def test_release_entry_survives_the_round_trip(entry: ReleaseEntry) -> None:
    assert release_entry_from_wire(release_entry_to_wire(entry)) == entry


@given(events)
def test_run_event_survives_the_round_trip(event: RunEvent) -> None:
    assert run_event_from_wire(run_event_to_wire(event)) == event


@given(statuses)
def test_operator_status_survives_the_round_trip(status: OperatorStatus) -> None:
    assert operator_status_from_wire(operator_status_to_wire(status)) == status


@given(brand_frames)
def test_brand_frame_survives_the_round_trip(frame: Hello) -> None:
    assert brand_frame_from_bytes(brand_frame_to_wire(frame).SerializeToString()) == frame


@given(operator_frames)
def test_operator_frame_survives_the_round_trip(frame: Welcome) -> None:
    assert operator_frame_from_bytes(operator_frame_to_wire(frame).SerializeToString()) == frame


@pytest.mark.parametrize("sizes", [(), (0,), (1, 0, PIECE_BYTES), (PIECE_BYTES + 1, 5)])
def test_release_files_survive_the_round_trip(sizes: tuple[int, ...]) -> None:
    files = tuple(ReleaseFile(f"f{i}.bin", bytes([i]) * size) for i, size in enumerate(sizes))
    assert tuple(release_files_from_wire(release_files_to_wire(files))) == files


def test_every_state_and_stage_has_a_number() -> None:
    for state in StudyState:
        study = ProposedStudy("ab" * 32, b"x", state)
        assert proposed_study_to_wire(study).state != 0
    for stage in RunStage:
        assert run_event_to_wire(RunEvent(stage)).stage != 0


def test_unspecified_and_unknown_enum_values_are_refused() -> None:
    study = proposed_study_to_wire(ProposedStudy("ab" * 32, b"x", StudyState.PROPOSED))
    for number in (0, 99):
        study.state = number  # type: ignore[assignment]
        with pytest.raises(InvalidMessageError, match="state"):
            proposed_study_from_wire(study)
        with pytest.raises(InvalidMessageError, match="stage"):
            run_event_from_wire(operator_desk_pb2.RunEvent(stage=number))  # type: ignore[arg-type]


def part(
    name: str | None = None, total_bytes: int = 0, content: bytes | None = None
) -> brand_desk_pb2.FetchReleaseResponse:
    if name is None:
        return brand_desk_pb2.FetchReleaseResponse(content=content)
    opening = brand_desk_pb2.ReleaseFileOpening(name=name, total_bytes=total_bytes)
    return brand_desk_pb2.FetchReleaseResponse(opening=opening)


@pytest.mark.parametrize(
    "parts",
    [
        [part(name="../evil", total_bytes=0)],
        [part(name="a/b", total_bytes=0)],
        [part(name=".hidden", total_bytes=0)],
        [part(name="", total_bytes=0)],
        [part(name="a" * 129, total_bytes=0)],
        [part(name="a\n", total_bytes=0)],
        [part(name="a", total_bytes=(128 << 20) + 1)],
        [part(name="a", total_bytes=0), part(name="a", total_bytes=0)],
        [part(name="a", total_bytes=2), part(name="b", total_bytes=0)],
        [part(name="a", total_bytes=2), part(content=b"123")],
        [part(name="a", total_bytes=2), part(content=b"")],
        [part(name="a", total_bytes=2), part(content=b"1")],
        [part(content=b"1")],
        [part()],
    ],
)
def test_hostile_release_is_refused(parts: list[brand_desk_pb2.FetchReleaseResponse]) -> None:
    with pytest.raises(InvalidMessageError):
        tuple(release_files_from_wire(parts))


def test_envelope_must_have_a_sensible_size() -> None:
    for envelope in (b"", bytes((1 << 20) + 1)):
        with pytest.raises(InvalidMessageError, match="envelope"):
            proposed_study_to_wire(ProposedStudy("ab" * 32, envelope, StudyState.PROPOSED))


@pytest.mark.parametrize(
    ("heartbeat", "lost"), [(0.0, 15.0), (float("nan"), 15.0), (5.0, 5.0), (5.0, float("inf"))]
)
def test_welcome_with_senseless_times_is_refused(heartbeat: float, lost: float) -> None:
    welcome = link_pb2.Welcome(heartbeat_seconds=heartbeat, lost_after_seconds=lost)
    data = link_pb2.ConnectResponse(welcome=welcome).SerializeToString()
    with pytest.raises(InvalidMessageError, match="seconds"):
        operator_frame_from_bytes(data)


def test_text_that_does_not_print_is_refused() -> None:
    event = run_event_to_wire(RunEvent(RunStage.ROUND, detail="one\x1b[2Jtwo"))
    with pytest.raises(InvalidMessageError, match="detail"):
        run_event_from_wire(event)
