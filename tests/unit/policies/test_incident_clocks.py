"""What a breach must be told by when, and whether it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hanse_policies.command import run
from hanse_policies.documents import BreachRecord
from hanse_policies.errors import DocumentError
from hanse_policies.incident_clocks import ClockStanding, ClockState, clock_standings
from hanse_policies.loading import load_any
from hanse_policies.packs.shipped import find_pack
from hanse_policies.signing import Envelope, SigningKey, open_envelope

SAMPLE = Path(__file__).parents[3] / "policies/samples/breach.yaml"
FOUND = datetime(2026, 6, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
GROUPS = {"policy": EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")}
Hanse = Callable[..., tuple[int, str]]
EU, CN = (find_pack(name).document for name in ("eu-gdpr", "cn-pipl"))


def a_breach(**changes: Any) -> BreachRecord:
    fields: dict[str, Any] = {
        "kind": "BreachRecord",
        "id": "disk",
        "version": "1.0.0",
        "alliance": "coast-league",
        "brand": "alder",
        "nature": ["leaked"],
        "what": "A disk was taken.",
        "happened_after": None,
        "happened_before": None,
        "discovered": FOUND,
        "taxonomy": "fideslang-3.1.4",
        "categories": ["user.contact.email"],
        "persons": None,
        "consequences": "None is likely.",
        "measures": ["Keys were made anew."],
    }
    return BreachRecord.model_validate_json(json.dumps(fields | changes, default=str))


def told(after: timedelta, *clocks: str) -> dict[str, Any]:
    return {"recipient": "the authority", "told": FOUND + after, "clocks": list(clocks)}


def authority(breach: BreachRecord, after: timedelta) -> ClockStanding:
    standings = clock_standings(breach, [EU], FOUND + after)
    return next(one for one in standings if one.clock.id == "authority")


@pytest.mark.parametrize(
    ("notified", "asked", "state"),
    [
        (None, 72 * HOUR, ClockState.OPEN),
        (None, 72 * HOUR + timedelta(seconds=1), ClockState.OVERDUE),
        (72 * HOUR, 80 * HOUR, ClockState.MET),
        (73 * HOUR, 80 * HOUR, ClockState.LATE),
        # What is to be told only is not told.
        (71 * HOUR, 70 * HOUR, ClockState.OPEN),
    ],
)
def test_a_clock_of_seventy_two_hours(
    notified: timedelta | None, asked: timedelta, state: ClockState
) -> None:
    notices = [] if notified is None else [told(notified, "eu-gdpr/authority")]
    found = authority(a_breach(told=notices), asked)
    assert (found.state, found.due) == (state, FOUND + 72 * HOUR)


def test_the_first_notice_counts_and_one_that_names_no_clock_answers_none() -> None:
    late = a_breach(told=[told(2 * HOUR), told(90 * HOUR, "eu-gdpr/authority")])
    assert authority(late, 100 * HOUR).state is ClockState.LATE
    both = a_breach(told=[told(90 * HOUR, "eu-gdpr/authority"), told(HOUR, "eu-gdpr/authority")])
    assert authority(both, 100 * HOUR).state is ClockState.MET


def test_a_law_without_a_number_is_told_or_not_and_never_met() -> None:
    for notices, state in (
        ([], ClockState.NOT_TOLD),
        ([told(HOUR, "eu-gdpr/persons", "cn-pipl/remedy")], ClockState.TOLD),
    ):
        standings = clock_standings(a_breach(told=notices), [EU, CN], FOUND + 2 * HOUR)
        for name in ("persons", "remedy"):
            (one,) = [s for s in standings if s.clock.id == name]
            assert (one.state, one.due) == (state, None)


def test_a_clock_starts_when_the_record_says_and_else_with_the_discovery() -> None:
    dealt = FOUND + 200 * HOUR
    breach = a_breach(clocks=[{"clock": "cn-pipl/summary", "started": dealt}])
    due = {s.clock.id: s.due for s in clock_standings(breach, [CN], FOUND)}
    assert due["summary"] == dealt + 720 * HOUR
    assert due["other-network-operators"] == FOUND + 4 * HOUR


def test_a_clock_is_left_out_only_with_a_reason() -> None:
    breach = a_breach(clocks=[{"clock": "eu-gdpr/authority", "does_not_run": "No risk (legal)."}])
    found = authority(breach, 1000 * HOUR)
    assert (found.state, found.why_not) == (ClockState.DOES_NOT_RUN, "No risk (legal).")
    assert not found.state.is_failed
    for statement in ({}, {"started": FOUND, "does_not_run": "No risk."}):
        with pytest.raises(ValidationError, match="why it does not run"):
            a_breach(clocks=[{"clock": "eu-gdpr/authority"} | statement])


def test_a_clock_that_no_pack_has_is_refused() -> None:
    for breach in (
        a_breach(told=[told(HOUR, "eu-gdpr/autority")]),
        a_breach(clocks=[{"clock": "cn-pipl/summary", "started": FOUND}]),
    ):
        with pytest.raises(DocumentError, match="expected clocks of the packs given"):
            clock_standings(breach, [EU], FOUND)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"persons": {"at_most": 7312, "rounded_up_to": 50}}, "never a true count"),
        ({"happened_after": FOUND + HOUR}, "must not be earlier"),
        ({"nature": ["leaked", "leaked"]}, "once only"),
        ({"measures": []}, "at least 1"),
        ({"names": ["someone"]}, "Extra inputs"),
    ],
)
def test_a_record_that_says_too_much_or_too_little_is_refused(
    change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        a_breach(**change)


def test_the_sample_reads_signs_and_verifies() -> None:
    document, key = load_any(SAMPLE).document, SigningKey.generate()
    envelope = Envelope.from_json(key.sign(document).to_json())
    assert open_envelope(envelope, BreachRecord, key.public_hex) == document


@pytest.fixture
def hanse(capsys: pytest.CaptureFixture[str]) -> Hanse:
    """Run `hanse policy clocks ...` on the sample and return exit code and output."""

    def call(*arguments: str) -> tuple[int, str]:
        packs = ("--pack", "eu-gdpr", "--pack", "cn-pipl")
        code = run(["policy", "clocks", str(SAMPLE), *packs, *arguments], GROUPS)
        return code, capsys.readouterr().out

    return call


@pytest.mark.parametrize(("lang", "word"), [("en", "met"), ("zh", "已按时告知")])
def test_the_command_lists_the_clocks_and_fails_where_one_is_not_kept(
    hanse: Hanse, lang: str, word: str
) -> None:
    code, out = hanse("--lang", lang, "--now", "2026-06-20T00:00:00Z")
    assert code == 0
    assert word in out
    assert "GDPR Art. 33(1)" in out
    assert hanse("--lang", lang, "--now", "2026-08-20T00:00:00Z")[0] == 1


def test_the_command_tells_programs_the_same(hanse: Hanse) -> None:
    code, out = hanse("--json", "--now", "2026-06-20T00:00:00Z")
    assert code == 0
    states = {one["clock"]: one["state"] for one in json.loads(out)["clocks"]}
    assert states == {
        "authority": "met",
        "persons": "told",
        "remedy": "told",
        "critical-infrastructure": "does-not-run",
        "other-network-operators": "does-not-run",
        "summary": "open",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"told": [told(timedelta(days=-365), "eu-gdpr/authority")]},
        {"clocks": [{"clock": "eu-gdpr/authority", "started": FOUND - timedelta(seconds=1)}]},
    ],
)
def test_nobody_was_told_before_there_was_a_breach(wrong: dict[str, Any]) -> None:
    """A year that was typed wrongly would else keep every clock."""
    with pytest.raises(ValidationError, match="correct either"):
        a_breach(**wrong)
    a_breach(happened_after=FOUND - timedelta(days=400), **wrong)


def test_a_clock_that_ends_after_all_dates_is_refused() -> None:
    late = a_breach(discovered=datetime(9999, 12, 31, 23, 0, tzinfo=UTC))
    with pytest.raises(DocumentError, match="before the year 10000"):
        clock_standings(late, (EU,), FOUND)


def test_two_versions_of_one_pack_have_no_common_clocks() -> None:
    newer = EU.model_copy(update={"version": "9.0.0"})
    with pytest.raises(DocumentError, match="one version of each pack"):
        clock_standings(a_breach(), (EU, newer), FOUND)
