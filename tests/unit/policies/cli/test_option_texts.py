"""What is given as an option and goes into a document, or is reckoned with, is bounded first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from hanse_policies.cli.instants import FIRST, LAST, instant
from hanse_policies.cli.texts import plain, short_text
from hanse_policies.command import main
from hanse_policies.documents.base import ShortText
from hanse_policies.errors import UsageError
from hanse_policies.exit_codes import ExitCode
from hanse_policies.keyfiles import write_private
from hanse_policies.signing import SigningKey

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"
BAD_REASONS = ("", "x" * 501, "two\nlines", "ok\u200bhidden", "\u202eturned")
EDGES = (
    "9999-12-31T12:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-02T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9000-01-01T00:00:00Z",
)


def ended_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["hanse", "policy", *arguments])
    code = main()
    return code, capsys.readouterr().err


@pytest.mark.parametrize("reason", BAD_REASONS)
def test_an_approval_is_not_signed_with_a_reason_that_no_document_holds(
    reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_private(tmp_path / "wei.pem", SigningKey.generate().to_pem())
    out = tmp_path / "approval.json"
    options = ("--as", "wei", "--key", str(tmp_path / "wei.pem"), "--out", str(out))

    code, told = ended_with(
        monkeypatch, capsys, "approve", str(SAMPLES / "policy.yaml"), *options, "--reason", reason
    )

    assert code == ExitCode.USAGE
    assert "--reason: expected" in told
    assert not out.exists()


@pytest.mark.parametrize("now", EDGES)
@pytest.mark.parametrize("command", ["diff", "explain", "simulate", "clocks"])
def test_an_instant_at_the_edge_of_time_is_refused_by_its_option(
    command: str, now: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, study = str(SAMPLES / "policy.yaml"), str(SAMPLES / "study-propensity.yaml")
    charter, asset = str(SAMPLES / "charter.yaml"), str(SAMPLES / "asset.yaml")
    beside = ("--charter", charter, "--asset", asset)
    arguments = {
        "diff": ("diff", policy, policy, "--replay", study, *beside),
        "explain": ("explain", study, "--policy", policy, *beside),
        "simulate": ("simulate", study, "--policy", policy, *beside),
        "clocks": ("clocks", str(SAMPLES / "breach.yaml"), "--pack", "eu-gdpr"),
    }[command]

    code, told = ended_with(monkeypatch, capsys, *arguments, "--now", now)

    assert code == ExitCode.USAGE, told
    assert "--now: expected an instant of the years" in told


@given(st.datetimes(timezones=st.timezones()))
def test_terms_can_be_reckoned_from_every_instant_that_is_taken(when: datetime) -> None:
    try:
        taken = instant(when.isoformat())
    except UsageError:
        assert not FIRST <= when <= LAST
        return
    taken.astimezone(UTC)
    assert taken + timedelta(days=36500) > taken - timedelta(days=366) > FIRST - timedelta(days=400)


@given(st.text(max_size=520))
def test_a_reason_is_taken_where_a_document_takes_it(text: str) -> None:
    try:
        TypeAdapter(ShortText).validate_python(text)
    except ValidationError:
        with pytest.raises(UsageError, match="--reason"):
            short_text("--reason", text)
    else:
        assert short_text("--reason", text) == text


@given(st.text(alphabet="[]/abold red:smiley\\", max_size=40))
def test_what_looks_like_markup_is_shown_as_it_is(text: str) -> None:
    shown = plain(text)
    assert shown.plain == text
    assert shown.spans == []
