"""A charter that may allow more: nothing runs by it, or beside it, until a person accepted it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hanse_clients.charter_desk import accept_charter, waiting_charter
from hanse_clients.cli.app import app
from hanse_clients.errors import CharterNotAcceptedError, CharterNotWaitingError
from hanse_clients.held_charters import CharterTaken
from hanse_federation.messages import MeasureRequest, Refusal
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.documents import AllianceCharter, BrandId, CharterAcceptance, Verdict
from hanse_policies.documents.enrolment import EnrolmentBundle
from hanse_policies.exit_codes import ExitCode
from hanse_policies.signing import Envelope, SigningKey, open_envelope
from hanse_server.alliance_desk import AllianceDesk
from tests.support.documents import a_member
from tests.support.league_documents import a_league_histogram, ask
from tests.support.league_parties import BrandParts, DeskContact, SmallLeague, small_league
from tests.support.league_rounds import ask_to_join

COUNSEL = SigningKey.generate().public_hex
Fields = Mapping[str, object]
NO_CHANGES: Fields = {}


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


class HandingOut(DeskContact):
    """The operator's desk, which hands out one charter."""

    def __init__(self, desk: AllianceDesk, brand: BrandId, envelope: bytes) -> None:
        super().__init__(desk, brand)
        self._envelope = envelope

    def charter(self) -> bytes:
        return self._envelope


def newest(league: SmallLeague) -> AllianceCharter:
    held = Envelope.from_json(league.store.membership.charter().envelope)
    return open_envelope(held, AllianceCharter, league.operator.signing_key().public_hex)


def hand_out(
    league: SmallLeague, brand: BrandParts, changes: Fields = NO_CHANGES, *, steps: int = 1
) -> CharterTaken:
    """Hand a brand the newest charter of the store with some fields changed, signed."""
    before = newest(league)
    version = before.version + steps
    fields = before.model_dump() | dict(changes) | {"version": version}
    after = AllianceCharter.model_validate(fields)
    envelope = league.operator.signing_key().sign(after).to_json()
    return brand.home.take_charter(envelope, brand.state, now=league.clock())


def floors(league: SmallLeague, **changes: int) -> dict[str, object]:
    return {"floors": newest(league).floors.model_dump() | changes}


def limits(league: SmallLeague, **changes: float) -> dict[str, object]:
    return {"limits": newest(league).limits.model_dump() | changes}


def accept(league: SmallLeague, brand: BrandParts) -> str:
    waiting = brand.state.held.waiting()
    assert waiting is not None
    key = brand.home.signing_key()
    accept_charter(brand.state, brand.home.name, key, waiting.digest, league.clock())
    return waiting.digest


def verdict_codes(brand: BrandParts, digest: str) -> tuple[str, ...]:
    verdict = brand.desk.verdict(digest)
    assert verdict is not None
    return verdict.codes


def test_a_charter_that_lowers_its_floors_does_not_slip_in(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    before = brand.home.charter(brand.state)
    loose = floors(league, minimum_persons=1) | limits(league, epsilon=90.0)
    assert hand_out(league, brand, loose) is CharterTaken.WAITS
    assert brand.home.charter(brand.state) == before
    with pytest.raises(CharterNotAcceptedError):
        brand.gate.admit(ask(digest), league.clock())
    assert brand.ledger.entries() == ()


def test_a_running_study_stops_at_its_next_question_and_goes_on_once_a_person_accepted(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert isinstance(brand.responder.answer(ask_to_join(digest)), JoinReply)
    hand_out(league, brand, limits(league, epsilon=90.0))
    asked = ask_to_join(digest, MeasureRequest())
    assert brand.responder.answer(asked) == Refusal("charter-not-accepted")
    accept(league, brand)
    assert isinstance(brand.responder.answer(asked), JoinReply)


def test_the_operator_hears_of_it_as_a_refusal_of_each_study(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert verdict_codes(brand, digest) == ()
    hand_out(league, brand, floors(league, minimum_brands=1))
    refused = brand.desk.settle(digest, league.clock())
    assert refused is not None
    assert (refused.verdict, refused.codes) == (Verdict.DENY, ("charter.accepted",))
    accept(league, brand)
    permitted = brand.desk.settle(digest, league.clock())
    assert permitted is not None
    assert permitted.verdict is Verdict.PERMIT


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"counsel_key": COUNSEL}, id="another counsel"),
        pytest.param({"max_brands_per_person": 1}, id="fewer brands a person, so less noise"),
        pytest.param({"max_brands_per_person": 4}, id="more brands a person"),
        pytest.param({"recipients": ("members", "alder", "broker")}, id="one recipient for others"),
        pytest.param({"places": ({"recipient": "x", "jurisdiction": "DE"},)}, id="a place"),
        pytest.param(
            {"purposes": ("model-training", "audience-analytics", "personalised-marketing")},
            id="another purpose",
        ),
    ],
)
def test_whatever_may_allow_more_waits(
    league: SmallLeague, brand: BrandParts, changes: dict[str, object]
) -> None:
    assert hand_out(league, brand, changes) is CharterTaken.WAITS


def test_a_pack_is_pinned_at_once_and_taken_out_by_a_person_alone(
    league: SmallLeague, brand: BrandParts
) -> None:
    pack = {"id": "eu-gdpr", "version": "1.0.0", "digest": "ab" * 32}
    assert hand_out(league, brand, {"packs": (pack,)}) is CharterTaken.FOLLOWED
    other = pack | {"version": "1.1.0", "digest": "cd" * 32}
    assert hand_out(league, brand, {"packs": (other,)}, steps=2) is CharterTaken.WAITS
    assert hand_out(league, brand, steps=3) is CharterTaken.WAITS


def test_what_only_tightens_is_followed_at_once(league: SmallLeague, brand: BrandParts) -> None:
    tighter = floors(league, minimum_persons=90, minimum_brands=4) | limits(league, epsilon=2.0)
    assert hand_out(league, brand, tighter) is CharterTaken.FOLLOWED
    assert brand.home.charter(brand.state).floors.minimum_persons == 90


def test_members_come_and_go_without_anybodys_word(league: SmallLeague, brand: BrandParts) -> None:
    alone = newest(league).members
    abroad = a_member("zelkova").model_copy(update={"jurisdiction": "US"})
    for step, members in enumerate(((*alone, abroad), alone, (*alone, a_member("zelkova")), ()), 1):
        fields = {"members": [member.model_dump() for member in members]}
        assert hand_out(league, brand, fields, steps=step) is CharterTaken.FOLLOWED
    assert brand.home.charter(brand.state).members == ()


def test_a_member_taken_out_beside_a_loosening_waits_with_it(
    league: SmallLeague, brand: BrandParts
) -> None:
    assert (
        hand_out(league, brand, {"members": ()} | limits(league, epsilon=90.0))
        is CharterTaken.WAITS
    )
    waiting = waiting_charter(brand.state)
    assert waiting is not None
    assert [change.name for change in waiting.to_accept] == ["limits.epsilon"]
    assert "members[0]" in [change.name for change in waiting.comparison.changes]


def test_an_operator_can_take_a_change_back(league: SmallLeague, brand: BrandParts) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    hand_out(league, brand, limits(league, epsilon=90.0))
    assert hand_out(league, brand, steps=2) is CharterTaken.FOLLOWED
    brand.gate.admit(ask(digest), league.clock())


def test_a_renewed_bundle_does_not_bring_a_looser_charter_in(
    league: SmallLeague, brand: BrandParts
) -> None:
    """A certificate is renewed each year, by a file that a person takes without reading it."""
    home, before = brand.home, brand.home.charter(brand.state)
    bundle = Envelope.from_json((home.path / "bundle.json").read_bytes())
    held = json.loads(bundle.payload)
    key = league.operator.signing_key()
    fields = newest(league).model_dump() | limits(league, epsilon=90.0) | {"version": 50}
    loose = key.sign(AllianceCharter.model_validate(fields)).to_json().decode()
    renewed = key.sign(EnrolmentBundle.model_validate_json(json.dumps(held | {"charter": loose})))
    joined = home.join(renewed.to_json(), league.operator.fingerprint(), now=league.clock())
    assert joined.charter(brand.state) == before
    waiting = brand.state.held.waiting()
    assert waiting is not None
    assert waiting.version == 50


def test_the_acceptance_is_signed_with_the_brands_key_and_names_what_was_accepted(
    league: SmallLeague, brand: BrandParts
) -> None:
    before = brand.state.charter()
    assert before is not None
    hand_out(league, brand, floors(league, minimum_persons=1))
    digest = accept(league, brand)
    signed = brand.state.held.acceptance(digest)
    assert signed is not None
    key = brand.home.signing_key().public_hex
    word = open_envelope(Envelope.from_json(signed.envelope), CharterAcceptance, key)
    assert (word.charter, word.supersedes) == (digest, before.digest)
    assert word.changes == ("floors.minimum_persons",)
    assert (word.brand, word.alliance) == ("alder", brand.home.name.alliance)


def test_a_word_on_another_digest_is_refused(league: SmallLeague, brand: BrandParts) -> None:
    hand_out(league, brand, floors(league, minimum_persons=1))
    key, name = brand.home.signing_key(), brand.home.name
    waiting = brand.state.held.waiting()
    assert waiting is not None
    for digest in ("ab" * 32, waiting.digest[:12]):
        with pytest.raises(CharterNotWaitingError):
            accept_charter(brand.state, name, key, digest, league.clock())


def test_a_charter_that_waits_is_logged_once(
    league: SmallLeague, brand: BrandParts, caplog: pytest.LogCaptureFixture
) -> None:
    hand_out(league, brand, floors(league, minimum_persons=1))
    waiting = brand.state.held.waiting()
    assert waiting is not None
    contact = HandingOut(league.desk, BrandId("alder"), waiting.envelope)
    with caplog.at_level(logging.WARNING, logger="hanse_clients.verdicts"):
        for _ in range(3):
            brand.desk.hear(contact, league.clock())
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert f"hanse brand accept-charter {waiting.digest}" in told[0]


def test_the_command_shows_the_change_with_a_request_and_records_the_word(
    league: SmallLeague, brand: BrandParts
) -> None:
    home = ["--home", str(brand.home.path)]
    runner = CliRunner()
    hand_out(league, brand, limits(league, epsilon=90.0))
    waiting = brand.state.held.waiting()
    assert waiting is not None
    shown = runner.invoke(app, ["charter", *home], catch_exceptions=False).stdout
    assert "loosens  limits.epsilon: 4.0 -> 90.0" in shown
    assert "newly allowed: " in shown
    assert f"hanse brand accept-charter {waiting.digest}" in shown
    done = runner.invoke(
        app, ["accept-charter", waiting.digest, *home, "--json"], catch_exceptions=False
    )
    assert done.exit_code == ExitCode.OK
    assert json.loads(done.stdout)["to_accept"] == ["limits.epsilon"]
    after = json.loads(runner.invoke(app, ["charter", *home, "--json"]).stdout)
    assert (after["digest"], after["by_person"], after["waiting"]) == (waiting.digest, True, None)
