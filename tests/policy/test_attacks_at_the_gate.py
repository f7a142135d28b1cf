"""What somebody would try to get past a person's word, or to end a brand's part of a run.

Every attack is made on a brand's own folder, through its gate, or by what an operator may
sign; each stays as a test once it worked.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from hanse_clients.agent import TIDY_AFTER
from hanse_clients.client import BrandClient
from hanse_clients.errors import (
    DocumentSupersededError,
    ExitReasonError,
    StudyNameAmbiguousError,
    StudyNameError,
    StudyNotApprovedError,
)
from hanse_clients.fetching import fetch_release
from hanse_clients.lineage import exit_id
from hanse_federation.audit import EgressJournal, EgressRecord
from hanse_federation.desk import ReleaseEntry, ReleaseFile, RunStage
from hanse_federation.errors import JournalBrokenError
from hanse_federation.messages import Refusal
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.canonical import digest
from hanse_policies.command import run
from hanse_policies.documents import ApprovalMode, BrandExit, BrandId, Verdict
from hanse_policies.documents.base import Identifier
from hanse_policies.exit_codes import ExitCode
from hanse_policies.signing import Envelope, open_envelope
from tests.support.consent_ends import desk_of
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import (
    BrandParts,
    DeskContact,
    SmallLeague,
    put_asset,
    put_policy,
    small_league,
)
from tests.support.league_rounds import ask_to_join
from tests.support.listening import agent_of

GROUPS = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}


def make_manual(league: SmallLeague, brand: BrandParts) -> None:
    policy = a_league_policy(brand.brand, league.clock(), approval=ApprovalMode.MANUAL)
    put_policy(brand.home, policy)


def test_a_study_permitted_before_goes_on_without_a_person_under_a_manual_policy(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        study = league.approved(a_league_histogram(league.clock()))
        make_manual(league, brand)
        assert brand.responder.answer(ask_to_join(study)) == Refusal(StudyNotApprovedError.code)
        assert brand.ledger.entries() == ()
        brand.desk.approve(study, league.clock())
        assert isinstance(brand.responder.answer(ask_to_join(study)), JoinReply)


def test_the_other_parties_run_sees_the_usual_refusal_of_a_brand_that_asks_for_a_person(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path) as league:
        study = league.approved(a_league_histogram(league.clock()))
        make_manual(league, league.brands["alder"])
        *_, last = league.run(study)
    assert last.stage is RunStage.FAILED
    assert last.refusals == (("alder", StudyNotApprovedError.code),)


# Names: a person's word goes to the study that was named, and to no other.


class NearClient(BrandClient):
    """A brand's client whose operator is in this process."""

    def __init__(self, league: SmallLeague, brand: BrandParts) -> None:
        super().__init__(brand.home, league.clock)
        self._near = league.contact(brand.brand)

    @contextmanager
    def _contact(self) -> Iterator[DeskContact]:
        yield self._near


def proposed(league: SmallLeague, **changes: object) -> str:
    """Propose a study and let the brand hear of it."""
    study = league.propose(a_league_histogram(league.clock(), **changes))
    league.brands["alder"].desk.hear(league.contact("alder"), league.clock())
    return study


def title_of_a_digest_that_is_a_legal_id(league: SmallLeague) -> str:
    titles = (f"Harmless {number}" for number in range(1000))
    now = league.clock()
    return next(t for t in titles if digest(a_league_histogram(now, title=t))[0] in "abcdef")


@pytest.mark.parametrize("digits", [64, 12])
def test_a_study_named_like_another_ones_digest_takes_its_approval(
    tmp_path: Path, digits: int
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        make_manual(league, brand)
        looked_at = proposed(league, title=title_of_a_digest_that_is_a_legal_id(league))
        hidden = proposed(league, id=looked_at[:digits], title="Not what was looked at")
        with NearClient(league, brand) as client:
            assert client.preflight(looked_at[:digits]).judgement.opened.digest == looked_at
            signed = client.approve(looked_at[:digits])
        assert (signed.study, signed.verdict) == (looked_at, Verdict.PERMIT)
        assert brand.desk.verdict(hidden) is None


def test_a_newer_version_of_a_running_study_takes_its_refusal(tmp_path: Path) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        running = league.approved(a_league_histogram(league.clock()))
        newer = proposed(league, version=2, title="Looked at never")
        with NearClient(league, brand) as client:
            for word in (client.approve, client.refuse, client.preflight, client.check):
                with pytest.raises(StudyNameAmbiguousError) as caught:
                    word("audience")
                for told in (running, newer, "audience version 1", "audience version 2"):
                    assert told in str(caught.value)
            assert brand.state.approval(newer) is None
            assert client.refuse(running[:8]).study == running
        refusal = brand.responder.answer(ask_to_join(running))
        assert refusal == Refusal(StudyNotApprovedError.code)


class TwoReleases(DeskContact):
    """A server that offers two releases, and remembers which was asked for."""

    def __init__(self, league: SmallLeague, *entries: ReleaseEntry) -> None:
        super().__init__(league.desk, BrandId("alder"))
        self.entries = entries
        self.asked: list[str] = []

    def releases(self) -> tuple[ReleaseEntry, ...]:
        return self.entries

    def release_files(self, digest: str) -> tuple[ReleaseFile, ...]:
        self.asked.append(digest)
        raise StudyNameError("the test asks no further")


def test_a_release_of_a_study_named_like_anothers_digest_is_fetched_in_its_place(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        study, other = "ab" * 32, "cd" * 32
        wanted = ReleaseEntry("11" * 32, study, "audience")
        for name, hidden_id in ((study, study), (study[:12], study[:12])):
            contact = TwoReleases(league, wanted, ReleaseEntry("22" * 32, other, hidden_id))
            with pytest.raises(StudyNameError, match="no further"):
                fetch_release(league.brands["alder"].home, contact, name, league.clock())
            assert contact.asked == [wanted.digest]
        contact = TwoReleases(league, wanted, ReleaseEntry("22" * 32, other, "audience"))
        with pytest.raises(StudyNameAmbiguousError, match="fits 2"):
            fetch_release(league.brands["alder"].home, contact, "audience", league.clock())
        assert contact.asked == []


# Dates: no instant that a document may tell ends a brand's part.

LAST_DAY = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_study_that_expires_on_the_last_day_ends_the_listening_of_a_brand(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        first = league.approved(a_league_histogram(league.clock(), expires=LAST_DAY))
        assert isinstance(brand.responder.answer(ask_to_join(first)), JoinReply)
        agent = agent_of(league, league.contact("alder"))
        for number in range(2):
            league.clock.ahead += TIDY_AFTER
            later = league.propose(a_league_histogram(league.clock(), id=f"later-{number}"))
            agent.hear_and_settle()
            assert len(league.store.studies.verdicts(later)) == 1
        assert brand.rounds.remembered() == (first,)


# Leaving: what cannot be signed is refused before anything is recorded or purged.

BAD_REASONS = ("", "sold\nto another", "x" * 501, "sold\u200bhidden", " sold")


def leave(brand: BrandParts, reason: str) -> int:
    confirmed = ["--confirm", brand.brand, "--reason", reason]
    return run(["brand", "exit", "--home", str(brand.home.path), *confirmed], GROUPS)


def test_a_reason_that_cannot_be_signed_bricks_an_exit_for_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        study = league.approved(a_league_histogram(league.clock()))
        assert isinstance(brand.responder.answer(ask_to_join(study)), JoinReply)
        for reason in BAD_REASONS:
            assert leave(brand, reason) == ExitCode.BAD_INPUT
            assert capsys.readouterr().err.startswith(f"{ExitReasonError.code}: ")
            assert brand.state.ends.exit() is None
            assert brand.ledger.keeps_answers(study)
        assert leave(brand, "the brand is sold") == 0
        left = open_envelope(
            Envelope.from_json(brand.home.exit_file.read_bytes()),
            BrandExit,
            brand.home.signing_key().public_hex,
        )
        assert left.reason == "the brand is sold"
        assert not brand.ledger.keeps_answers(study)


def test_an_exit_bricked_before_is_finished_with_a_reason_that_can_be_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        began = brand.state.ends.begin_exit("sold\nto another", league.clock()).began_at
        assert leave(brand, "x" * 501) == ExitCode.BAD_INPUT
        assert leave(brand, "sold") == 0
        assert leave(brand, "another reason") == 0
        left = brand.state.ends.exit()
        assert left is not None
        assert (left.reason, left.began_at) == ("sold", began)
        assert capsys.readouterr().err.count(ExitReasonError.code) == 1


def test_a_journal_that_was_changed_is_told_before_a_brand_has_left(tmp_path: Path) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        journal = EgressJournal(brand.home.journal_file)
        for number in range(2):
            journal.record(
                EgressRecord(league.clock(), "ab" * 32, 7, number, "MaskReply", 3, "ef" * 32, "")
            )
        written = brand.home.journal_file.read_bytes()
        brand.home.journal_file.write_bytes(written.replace(b"MaskReply", b"JoinReply", 1))
        with pytest.raises(JournalBrokenError):
            desk_of(brand).leave("sold", league.clock())
        assert brand.state.ends.exit() is None


@given(before=st.integers(1, 62), after=st.integers(1, 62), joint=st.sampled_from("-_"))
@example(before=58, after=1, joint="-")
def test_a_long_brand_name_has_no_lineage_list(before: int, after: int, joint: str) -> None:
    brand = TypeAdapter(Identifier).validate_python(
        f"{'a' * before}{joint}{'b' * min(after, 63 - before)}"
    )
    assert TypeAdapter(Identifier).validate_python(exit_id(brand)).endswith("-exit")


# Versions: a tightening is not undone by files that were put back.


@pytest.mark.parametrize("kept", [True, False])
def test_a_tightening_undone_by_two_files_put_back_and_the_older_versions_taken_away(
    tmp_path: Path, kept: bool
) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        study = league.approved(a_league_histogram(league.clock()))
        documents = brand.home.documents
        files = (documents.policy_file, documents.signed_policy_file)
        old = [file.read_bytes() for file in files]
        put_policy(brand.home, a_league_policy("alder", league.clock(), permits=()))
        for file, content in zip(files, old, strict=True):
            file.write_bytes(content)
        if not kept:
            for file in (brand.home.path / "superseded").iterdir():
                file.unlink()
        with pytest.raises(DocumentSupersededError, match="put the newest one back"):
            documents.policy()
        refusal = brand.responder.answer(ask_to_join(study))
        assert refusal == Refusal(DocumentSupersededError.code)


def test_an_asset_put_back_is_refused_by_the_brands_own_records(tmp_path: Path) -> None:
    with small_league(tmp_path, ("alder",)) as league:
        brand = league.brands["alder"]
        documents = brand.home.documents
        files = (documents.asset_file, documents.signed_asset_file)
        old = [file.read_bytes() for file in files]
        asset = documents.signed_asset().document
        put_asset(brand.home, asset.model_copy(update={"columns": asset.columns[1:]}))
        for file, content in zip(files, old, strict=True):
            file.write_bytes(content)
        shutil.rmtree(brand.home.path / "superseded")
        with pytest.raises(DocumentSupersededError):
            documents.signed_asset()
