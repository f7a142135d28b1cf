"""What follows at a brand once consents have ended, on a real register and a real league."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hanse_clients.client import BrandClient
from hanse_clients.data.view import MinimalView
from hanse_clients.errors import (
    ReleaseRetiredError,
    ReleaseRetrainDueError,
)
from hanse_clients.fetching import fetch_release
from hanse_clients.round_records import RoundKey
from hanse_federation.errors import AnswerPurgedError
from hanse_federation.messages import CohortRequest, MeasureRequest, Question
from hanse_policies.command import run
from hanse_policies.documents import (
    ConsentEnd,
    ConsentEndRule,
    ModelConsequence,
    Purpose,
    SourceFormat,
    TableSource,
    Withdrawal,
    WithdrawalRules,
)
from hanse_policies.signing import Envelope, open_envelope
from tests.support.consent_ends import (
    GONE,
    alder,
    charges,
    desk_of,
    end,
    follow,
    map_invalidations,
    measured,
    trained,
    withdrawn,
)
from tests.support.league_documents import (
    a_league_histogram,
    a_league_policy,
)
from tests.support.league_parties import (
    CANARY,
    DAY,
    BrandParts,
    SmallLeague,
    files_with,
    open_parts,
    put_asset,
    put_policy,
    small_league,
)
from tests.support.league_rounds import LeagueRound, ask_to_join, refused

GROUPS = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
pytestmark = pytest.mark.slow


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def test_nothing_follows_where_no_consent_has_ended_that_was_used(league: SmallLeague) -> None:
    measured(league)
    report = desk_of(alder(league)).settle(league.clock())
    assert [(ends.persons, ends.problem) for ends in report.found] == [((), "")]
    assert (report.signed, report.standing, report.purged, report.planned) == ((), (), (), ())


def test_a_consent_withdrawn_before_a_study_is_none_that_it_used(league: SmallLeague) -> None:
    end(league, GONE, withdrawn)
    measured(league)
    assert desk_of(alder(league)).settle(league.clock()).signed == ()


def test_withdrawals_are_found_signed_and_purged_and_no_budget_is_freed(
    league: SmallLeague,
) -> None:
    digest, parts = measured(league), alder(league)
    before = charges(parts)
    budget = parts.home.documents.policy().document.budget_for(Purpose.AUDIENCE_ANALYTICS)
    assert budget is not None
    spent = parts.ledger.spent(Purpose.AUDIENCE_ANALYTICS, budget, league.clock())
    end(league, GONE, withdrawn)
    report = desk_of(parts).settle(league.clock())
    (signed,) = report.signed
    key = parts.home.signing_key().public_hex
    file = parts.home.withdrawals_folder / f"{signed.document.id}.dsse.json"
    document = open_envelope(Envelope.from_json(file.read_bytes()), Withdrawal, key)
    assert document == signed.document
    assert document.end is ConsentEnd.WITHDRAWN
    assert document.persons is not None
    assert (document.persons.at_most, document.persons.rounded_up_to) == (50, 50)
    (one,) = document.consequences
    assert (one.study, one.release, one.consequence) == (digest, None, ModelConsequence.RETRAIN_BY)
    assert one.due == document.before + 90 * DAY
    # Nothing of the study is over or due, so it is kept until its date.
    assert report.purged == ()
    assert [plan.purge_by for plan in report.planned] == [document.before + 15 * DAY]
    assert parts.ledger.keeps_answers(digest)

    later = league.clock() + 15 * DAY
    assert desk_of(parts).settle(later).purged == (digest,)
    assert not parts.ledger.keeps_answers(digest)
    assert parts.rounds.remembered() == ()
    kept = parts.rounds.contribution(RoundKey(digest, Question.MEASURE, 0))
    assert kept is not None
    assert kept.contribution.vector is None
    assert len(kept.vector_digest) == 64
    assert charges(parts) == before
    assert parts.ledger.spent(Purpose.AUDIENCE_ANALYTICS, budget, league.clock()) == spent
    # Again changes nothing, and signs nothing anew.
    again = desk_of(parts).settle(later)
    assert (again.signed, again.purged, again.planned) == ((), (), ())


def test_a_purged_answer_is_neither_given_nor_made_a_second_time(league: SmallLeague) -> None:
    digest, parts = measured(league), alder(league)
    entries = parts.ledger.entries()
    parts.ledger.purge_answers(digest)
    for entry in entries:
        with pytest.raises(AnswerPurgedError, match="one answer"):
            parts.ledger.stored_answer(entry.charge.key)
        with pytest.raises(AnswerPurgedError):
            parts.ledger.store_answer(entry.charge.key, b"another")
        with pytest.raises(AnswerPurgedError):
            parts.ledger.latest_answer(digest, entry.charge.question)
    assert parts.ledger.entries() == entries
    assert AnswerPurgedError.wire_code() == "ledger-error"


def test_more_persons_are_signed_anew_once_they_exceed_the_bound(league: SmallLeague) -> None:
    measured(league)
    desk = desk_of(alder(league))
    for count, bounds in ((3, [50]), (50, [50]), (51, [50, 100])):
        end(league, count, withdrawn)
        desk.settle(league.clock())
        standing = [signed.document for signed in desk.ends.withdrawals()]
        assert [one.persons and one.persons.at_most for one in standing] == bounds
    first, second = desk.ends.withdrawals()
    assert second.document.supersedes == first.digest


def test_a_person_who_withdraws_after_round_one_taints_the_model_until_its_date(
    league: SmallLeague, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    parts, rows_seen = alder(league), []
    rule = ConsentEndRule(
        consequence=ModelConsequence.RETRAIN_BY, within_days=30, purge_within_days=15
    )
    follow(parts, rule, league.clock())
    source = parts.sources.rows()

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        def rows(self, view: MinimalView) -> Any:
            rows_seen.append(len(found := source.rows(view)))
            if len(rows_seen) == 2:
                end(league, GONE, withdrawn)
            return found

    parts.sources.probe = Watched()
    digest = trained(league)
    assert rows_seen == [300, 300, 300 - GONE, 300 - GONE]
    before = charges(parts)
    folder = fetch_release(parts.home, league.contact("alder"), digest, league.clock())
    with BrandClient(parts.home, league.clock) as brand:
        report = brand.withdrawals()
        assert report.purged == (digest,)  # The release is here, so nothing more is needed.
        (document,) = [signed.document for signed in report.standing]
        assert {one.release is None for one in document.consequences} == {True, False}
        out = parts.home.path / "scores.parquet"
        summary = brand.score(folder, out, purpose=Purpose.MODEL_TRAINING)
        assert summary.scored == 300 - GONE
        assert summary.consequence is not None
        assert summary.consequence.due == document.before + 30 * DAY
        league.clock.ahead = 30 * DAY
        with pytest.raises(ReleaseRetrainDueError, match="was to be retrained by"):
            brand.score(folder, parts.home.path / "later.parquet", purpose=Purpose.MODEL_TRAINING)
    assert not (parts.home.path / "later.parquet").exists()
    assert charges(parts) == before
    assert CANARY not in caplog.text + "".join(capsys.readouterr())
    assert files_with(CANARY, parts.home.path) == []
    assert document.persons is not None
    assert document.persons.at_most == 50
    assert pq.read_table(out).num_rows == 300 - GONE


def test_a_consent_found_to_be_none_taints_at_once_and_purges_at_once(league: SmallLeague) -> None:
    digest, parts = trained(league), alder(league)
    folder = fetch_release(parts.home, league.contact("alder"), digest, league.clock())
    map_invalidations(league)
    with BrandClient(parts.home, league.clock) as brand:
        report = brand.withdrawals()
        (signed,) = report.signed
        assert signed.document.end is ConsentEnd.INVALIDATED
        assert {one.consequence for one in signed.document.consequences} == {
            ModelConsequence.RETIRE
        }
        assert report.purged == (digest,)
        with pytest.raises(ReleaseRetiredError, match="is retired since"):
            brand.score(folder, parts.home.path / "s.parquet", purpose=Purpose.MODEL_TRAINING)


def test_what_is_kept_by_evidence_stays_in_use_and_says_so(league: SmallLeague) -> None:
    parts, now = alder(league), league.clock()
    rule = ConsentEndRule(
        consequence=ModelConsequence.KEEP_WITH_EVIDENCE,
        evidence="impact assessment 2026-04, section 5",
        purge_within_days=0,
    )
    put_policy(
        parts.home, a_league_policy("alder", now, withdrawal=WithdrawalRules(withdrawn=rule))
    )
    digest = trained(league)
    folder = fetch_release(parts.home, league.contact("alder"), digest, league.clock())
    end(league, GONE, withdrawn)
    with BrandClient(parts.home, league.clock) as brand:
        assert brand.withdrawals().purged == (digest,)
        summary = brand.score(folder, parts.home.path / "s.parquet", purpose=Purpose.MODEL_TRAINING)
    assert summary.consequence is not None
    assert summary.consequence.evidence == "impact assessment 2026-04, section 5"


def test_a_purge_cut_short_by_a_full_disk_goes_on_where_it_is_asked_for_next(
    league: SmallLeague, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, parts = measured(league), alder(league)
    end(league, GONE, withdrawn)
    desk = desk_of(parts)
    desk.settle(league.clock())
    later = league.clock() + 15 * DAY

    def full(study: str) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(parts.ledger, "purge_answers", full)
        with pytest.raises(OSError, match="no space"):
            desk.purge.purge_due(later)
    assert parts.rounds.remembered() == ()
    assert parts.ledger.keeps_answers(digest)
    assert [plan.study for plan in desk.purge.open()] == [digest]
    with open_parts(parts.home, league.clock, seed=9) as restarted:
        assert desk_of(restarted).purge.purge_due(later) == (digest,)
        assert not restarted.ledger.keeps_answers(digest)
        assert desk_of(restarted).purge.open() == ()


def test_looking_signs_nothing_and_purges_nothing(league: SmallLeague) -> None:
    digest, parts = measured(league), alder(league)
    end(league, GONE, withdrawn)
    report = desk_of(parts).look(league.clock())
    assert [end.value for end, _ in report.found[0].persons] == ["withdrawn"]
    assert desk_of(parts).ends.withdrawals() == ()
    assert parts.ledger.keeps_answers(digest)
    assert not parts.home.withdrawals_folder.exists()


def test_the_command_tells_people_and_programs_and_names_nobody(
    league: SmallLeague, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    digest, home = measured(league), str(alder(league).home.path)
    end(league, GONE, withdrawn)
    assert run(["brand", "withdrawals", "--dry-run", "--home", home], GROUPS) == 0
    assert "audience " in (looked := capsys.readouterr().out)
    assert "withdrawn, at most 50 persons" in looked
    assert "signed" not in looked
    assert run(["brand", "withdrawals", "--home", home, "--purge-now", "--json"], GROUPS) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["purged"] == [digest]
    assert told["studies"][0]["ended"] == {"withdrawn": {"at_most": 50, "rounded_up_to": 50}}
    assert run(["brand", "withdrawals", "--home", home], GROUPS) == 0
    again = capsys.readouterr().out
    assert "retrain-by, in use until" in again
    assert CANARY not in looked + again + json.dumps(told) + caplog.text


def test_a_register_that_cannot_be_read_in_part_is_told_after_the_rest_was_done(
    league: SmallLeague, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(league)
    parts = alder(league)
    end(league, GONE, withdrawn)
    table = pq.read_table(parts.home.path / "register.parquet")
    broken = [None if when is None else str(when) for when in table["taken_back"].to_pylist()]
    broken[-1] = broken[-2] = "yesterday"
    write_register(parts, table, broken)
    assert run(["brand", "withdrawals", "--home", str(parts.home.path)], GROUPS) == 6
    shown = capsys.readouterr()
    assert "withdrawn, at most 50 persons" in shown.out
    assert "ended-consents-unknown: " in shown.err
    assert "some instants of the consent register cannot be read" in shown.err
    assert "yesterday" not in shown.out + shown.err


def write_register(parts: BrandParts, table: pa.Table, withdrawals: list[str | None]) -> None:
    """Write the register as CSV, where an instant may be any text, and map it so."""
    columns = [*table.column_names]
    with (parts.home.path / "register.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row, withdrawal in zip(table.to_pylist(), withdrawals, strict=True):
            values = row | {"taken_back": withdrawal}
            writer.writerow(["" if values[n] is None else values[n] for n in columns])
    asset = parts.home.documents.asset().document
    source = TableSource(format=SourceFormat.CSV, path="register.csv")
    consent = asset.consent.model_copy(update={"source": source})
    put_asset(parts.home, asset.model_copy(update={"consent": consent}))


def test_a_purpose_that_the_register_no_longer_records_is_told(league: SmallLeague) -> None:
    measured(league)
    parts = alder(league)
    asset = parts.home.documents.asset().document
    words = {Purpose.MODEL_TRAINING: asset.consent.purposes[Purpose.MODEL_TRAINING]}
    consent = asset.consent.model_copy(update={"purposes": words})
    put_asset(parts.home, asset.model_copy(update={"consent": consent}))
    (ends,) = desk_of(parts).look(league.clock()).found
    assert (ends.persons, ends.problem) == ((), "purpose-not-recorded")


def test_taking_the_signed_file_away_brings_no_release_back_into_use(league: SmallLeague) -> None:
    digest, parts = trained(league), alder(league)
    folder = fetch_release(parts.home, league.contact("alder"), digest, league.clock())
    map_invalidations(league)
    with BrandClient(parts.home, league.clock) as brand:
        (signed,) = brand.withdrawals().signed
    file = parts.home.withdrawals_folder / f"{signed.document.id}.dsse.json"
    file.unlink()
    with BrandClient(parts.home, league.clock) as brand:
        with pytest.raises(ReleaseRetiredError):
            brand.score(folder, parts.home.path / "s.parquet", purpose=Purpose.MODEL_TRAINING)
        assert brand.withdrawals().signed == ()
    assert file.read_bytes() == signed.envelope


def test_a_study_that_runs_stops_where_its_records_were_purged_and_is_charged_nothing_more(
    league: SmallLeague,
) -> None:
    digest, parts = league.approved(a_league_histogram(league.clock())), alder(league)
    LeagueRound(league, digest, CohortRequest()).until("unmask")
    before = charges(parts)
    end(league, GONE, withdrawn)
    assert desk_of(parts).settle(league.clock(), purges_all=True).purged == (digest,)
    asked = ask_to_join(digest, MeasureRequest())
    assert refused(league, asked) == "ledger-error"  # That something was purged stays here.
    assert refused(league, ask_to_join(digest, attempt=2)) == "contribution-spent"
    assert charges(parts) == before
