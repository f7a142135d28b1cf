"""The two desks over loopback, with mutual TLS."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hanse_clients.link import BrandDeskClient
from hanse_federation.desk import ReleaseFile, RunStage, StudyState
from hanse_federation.link.errors import DeskRefusedError, ServerUnreachableError
from hanse_federation.messages import CohortRequest
from hanse_policies.documents import BrandId
from hanse_server.link import OperatorClient
from tests.support.link import BRAND, STUDY, LinkBench, ask, now, running_bench


@pytest.fixture
def bench() -> Iterator[LinkBench]:
    with running_bench() as bench:
        yield bench


def test_brand_uses_its_desk(bench: LinkBench) -> None:
    bench.brand_desk.files = (
        ReleaseFile("weights.safetensors", bytes(range(256)) * 20_000),
        ReleaseFile("empty.txt", b""),
    )
    with BrandDeskClient(bench.server.address, bench.brand_credentials(), now) as desk:
        assert desk.charter() == b"charter"
        (study,) = desk.studies()
        assert (study.digest, study.envelope, study.state) == (
            STUDY,
            b"study for alpha",
            StudyState.PROPOSED,
        )
        desk.submit_verdict(b"signed")
        assert [entry.study_id for entry in desk.releases()] == ["propensity"]
        assert desk.release_files("b2" * 32) == bench.brand_desk.files
    assert bench.brand_desk.verdicts == [(BRAND, b"signed")]


@pytest.mark.parametrize(
    ("envelope", "code"), [(b"wrong", "study-unknown"), (b"defect", "internal-error")]
)
def test_desk_error_crosses_as_its_code_alone(
    bench: LinkBench, envelope: bytes, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with (
        BrandDeskClient(bench.server.address, bench.brand_credentials(), now) as desk,
        pytest.raises(DeskRefusedError) as caught,
    ):
        desk.submit_verdict(envelope)
    assert caught.value.refusal == code
    assert "secret-detail" not in str(caught.value.__cause__)


def test_operator_uses_its_desk(bench: LinkBench) -> None:
    credentials = bench.roll.enrol_operator(bench.authority.client("operator"))
    with bench.brand(), OperatorClient(bench.server.address, credentials, now()) as desk:
        assert bench.link.wait_for_brands([BRAND], 15)
        ask(bench.link, BRAND, CohortRequest())
        assert desk.propose(b"signed") == STUDY
        events = list(desk.run(STUDY))
        status = desk.status()
    assert [event.stage for event in events] == [
        RunStage.STARTED,
        RunStage.ROUND,
        RunStage.RELEASED,
    ]
    assert events[1].refusals == ((BrandId("beta"), "no-answer"),)
    assert status == replace(bench.operator_desk.status(), traffic=tuple(bench.link.traffic()))


def test_run_whose_watcher_leaves_is_closed(bench: LinkBench) -> None:
    bench.operator_desk.gate.clear()
    credentials = bench.roll.enrol_operator(bench.authority.client("operator"))
    with OperatorClient(bench.server.address, credentials, now()) as desk:
        assert next(desk.run(STUDY)).stage is RunStage.STARTED
    bench.operator_desk.gate.set()
    assert bench.operator_desk.closed.wait(10)


def test_client_says_that_the_server_is_away(bench: LinkBench) -> None:
    with (
        BrandDeskClient("127.0.0.1:1", bench.brand_credentials(), now) as desk,
        pytest.raises(ServerUnreachableError, match="does not answer"),
    ):
        desk.charter()
