"""The operator's desk: whose verdict counts, who may fetch, what may be proposed and run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hanse_federation.desk import RunStage, StudyState
from hanse_policies.documents import BrandId, StudyVerdict, Verdict
from hanse_policies.errors import SignatureError
from hanse_policies.signing import SigningKey
from hanse_server import enrolment
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.errors import (
    ReleaseNotFoundError,
    StudyConflictError,
    StudyForeignError,
    StudyRunError,
    StudyUnknownError,
    VerdictRefusedError,
    VerdictStaleError,
)
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import (
    SmallLeague,
    found_league_brand,
    join,
    open_parts,
    small_league,
)

ALDER = BrandId("alder")


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def a_verdict(league: SmallLeague, digest: str, brand: str = "alder") -> StudyVerdict:
    return StudyVerdict(
        study=digest,
        brand=brand,
        verdict=Verdict.PERMIT,
        policy="0" * 64,
        decided=league.clock(),
    )


def signed(league: SmallLeague, verdict: StudyVerdict, by: str = "alder") -> bytes:
    return league.brands[by].home.signing_key().sign(verdict).to_json()


def test_a_verdict_of_another_brand_is_refused(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    envelope = signed(league, a_verdict(league, digest, "birch"), "birch")
    with pytest.raises(SignatureError):
        league.desk.submit_verdict(ALDER, envelope)
    own_key_other_name = signed(league, a_verdict(league, digest, "birch"), "alder")
    with pytest.raises(VerdictRefusedError):
        league.desk.submit_verdict(ALDER, own_key_other_name)
    assert league.store.studies.verdicts(digest) == ()


def test_a_verdict_signed_by_any_other_key_is_refused(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    envelope = SigningKey.generate().sign(a_verdict(league, digest)).to_json()
    with pytest.raises(SignatureError):
        league.desk.submit_verdict(ALDER, envelope)


def test_another_document_of_the_brand_is_no_verdict(league: SmallLeague) -> None:
    key = league.brands["alder"].home.signing_key()
    policy = key.sign(league.brands["alder"].home.documents.policy().document).to_json()
    with pytest.raises(SignatureError):
        league.desk.submit_verdict(ALDER, policy)


def test_a_verdict_on_a_study_never_proposed_is_refused(league: SmallLeague) -> None:
    with pytest.raises(StudyUnknownError):
        league.desk.submit_verdict(ALDER, signed(league, a_verdict(league, "ab" * 32)))


def test_an_older_verdict_replayed_does_not_undo_a_newer_one(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    permit = signed(league, a_verdict(league, digest))
    league.desk.submit_verdict(ALDER, permit)
    denial = a_verdict(league, digest).model_copy(
        update={"verdict": Verdict.DENY, "codes": ("refused-by-person",)}
    )
    league.desk.submit_verdict(ALDER, signed(league, denial))
    with pytest.raises(VerdictStaleError):
        league.desk.submit_verdict(ALDER, permit)
    (study,) = league.desk.status().studies
    assert study.approved == ()
    assert study.refused == ((ALDER, ("refused-by-person",)),)


def test_a_verdict_of_no_member_is_refused(league: SmallLeague) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    with pytest.raises(VerdictRefusedError):
        league.desk.submit_verdict(BrandId("elm"), signed(league, a_verdict(league, digest)))


def test_a_revoked_brands_permit_no_longer_counts_nor_after_it_enrols_with_new_keys(
    league: SmallLeague, tmp_path: Path
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    now = league.clock()
    enrolment.revoke(league.operator, league.store, ALDER, reason="left", now=now)
    assert ALDER not in league.desk.status().studies[0].approved
    anew = found_league_brand(tmp_path / "alder-anew", "alder", league.clock())
    joined = join(league.operator, league.store, anew, league.clock())
    (study,) = league.desk.status().studies
    assert study.approved == (BrandId("birch"), BrandId("cedar"))
    assert study.refused == ()
    assert league.run(digest)[-1].stage is RunStage.REFUSED
    with open_parts(joined, league.clock) as parts:
        contact = league.contact("alder")
        assert digest in parts.desk.hear(contact, league.clock())
        parts.desk.settle(digest, league.clock())
        parts.desk.send(contact, digest)
    assert ALDER in league.desk.status().studies[0].approved


def test_a_study_signed_by_another_key_is_not_proposed(league: SmallLeague) -> None:
    study = a_league_histogram(league.clock())
    with pytest.raises(SignatureError):
        league.desk.propose(SigningKey.generate().sign(study).to_json())


@pytest.mark.parametrize("fault", ["alliance", "expired"])
def test_a_study_of_another_alliance_or_expired_is_not_proposed(
    league: SmallLeague, fault: str
) -> None:
    now = league.clock()
    changes = {"alliance": "others"} if fault == "alliance" else {"expires": now}
    with pytest.raises(StudyForeignError):
        league.propose(a_league_histogram(now, **changes))


def test_one_id_and_version_never_names_two_studies(league: SmallLeague) -> None:
    first = league.propose(a_league_histogram(league.clock()))
    assert league.propose(a_league_histogram(league.clock())) == first
    with pytest.raises(StudyConflictError):
        league.propose(a_league_histogram(league.clock(), title="Something else"))


def test_a_study_is_released_once(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    with pytest.raises(StudyRunError):
        league.run(digest)


def test_a_study_unknown_or_expired_is_not_run(league: SmallLeague) -> None:
    with pytest.raises(StudyUnknownError):
        league.run("ab" * 32)
    digest = league.approved(a_league_histogram(league.clock()))
    league.clock.ahead += timedelta(days=31)
    with pytest.raises(StudyRunError):
        league.run(digest)


def test_a_release_is_shown_and_handed_to_its_recipients_alone(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock(), recipients=("alder",)))
    release = league.run(digest)[-1].release
    assert [entry.digest for entry in league.desk.releases(ALDER)] == [release]
    assert {file.name for file in league.desk.release_files(ALDER, release)} == {
        "release.dsse.json",
        "card.json",
    }
    assert league.desk.releases(BrandId("birch")) == ()
    with pytest.raises(ReleaseNotFoundError):
        league.desk.release_files(BrandId("birch"), release)
    with pytest.raises(ReleaseNotFoundError):
        league.desk.release_files(ALDER, "ab" * 32)


def test_a_run_that_nobody_watches_to_its_end_ends_all_the_same(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    events = league.desk.run(digest)
    assert next(events).stage is RunStage.STARTED
    events.close()  # type: ignore[attr-defined]
    for _ in range(200):
        if league.store.studies.study(digest).state is not StudyState.RUNNING:
            break
        time.sleep(0.02)
    assert league.store.studies.study(digest).state is StudyState.RELEASED


def test_whoever_asks_for_a_run_that_goes_on_follows_it_from_its_beginning(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    first = league.desk.run(digest)
    heard = [next(first)]
    second = league.desk.run(digest)
    told = list(second)
    heard += list(first)
    assert told == heard
    assert told[0].stage is RunStage.STARTED
    assert told[-1].stage is RunStage.RELEASED
    assert len(league.store.runs.runs(digest)) == 1


def test_a_run_that_a_killed_server_left_behind_is_taken_up_by_a_newer_one(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    league.store.runs.start_or_resume(digest, 7, league.clock())
    lease = league.store.leases.acquire("started-again", league.clock(), timedelta(minutes=1))
    newer = AllianceDesk(replace(league.setting, store=league.store.under(lease)), "session-2")
    newer.resume()
    for _ in range(400):
        if league.store.studies.study(digest).state is not StudyState.RUNNING:
            break
        time.sleep(0.05)
    (run,) = league.store.runs.runs(digest)
    assert (run.run, run.state) == (7, StudyState.RELEASED)


def test_the_study_of_a_run_that_goes_on_may_expire_meanwhile(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    league.store.runs.start_or_resume(digest, 7, league.clock())
    league.clock.ahead += timedelta(days=31)
    lease = league.store.leases.acquire("started-again", league.clock(), timedelta(minutes=1))
    newer = AllianceDesk(replace(league.setting, store=league.store.under(lease)), "session-2")
    # Each brand judges for itself, and none answers a study that has expired.
    events = list(newer.run(digest))
    assert events[-1].stage is RunStage.FAILED
    assert {code for _, code in events[-1].refusals} == {"policy-denied"}


def test_the_status_counts_what_crossed(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    league.run(digest)
    status = league.desk.status()
    assert status.studies[0].state is StudyState.RELEASED
    assert {count.message_type for count in status.traffic if count.brand == "alder"} >= {
        "join-reply",
        "share-reply",
        "mask-reply",
        "endorse-reply",
        "unmask-reply",
    }
