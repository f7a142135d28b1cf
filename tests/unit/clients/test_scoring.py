"""The model comes home: own consenting persons alone, a whole file or none, never overwritten."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hanse_clients.errors import EmptyCohortError, ReleaseNotModelError, ScoresFileError
from hanse_clients.scoring import ScoreSummary, score, scoring_view
from hanse_federation.release import Release
from hanse_policies.documents import Purpose, Study
from hanse_server.release_card import card_of
from hanse_server.study_app import EvaluatedRound, Findings, NoisedCohort
from tests.support.brand_tables import SALT
from tests.support.documents import a_charter
from tests.support.league_documents import (
    a_league_histogram,
    a_league_study,
    first_parameters,
)
from tests.support.league_parties import (
    MARKETING_WORD,
    BrandParts,
    SmallLeague,
    consent_for,
    person,
    persons_of,
    small_league,
    write_data,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path / "league", ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


def released(league: SmallLeague, study: Study) -> Release:
    findings = Findings(
        cohort=NoisedCohort((league.brands["alder"].brand,), 300),
        evaluations=[EvaluatedRound(1, 1, tuple(range(1, 21)))],
        cells=(100,) * 12,
        measured_brands=1,
    )
    card = card_of(
        study,
        "ab" * 32,
        a_charter(),
        findings,
        release_id="a-release",
        refusals=0,
        now=league.clock(),
    )
    is_model = study.purpose is Purpose.MODEL_TRAINING
    return Release("cd" * 32, card, first_parameters(study, "ab" * 32) if is_model else None)


def scored(league: SmallLeague, out: Path, study: Study | None = None) -> ScoreSummary:
    brand = league.brands["alder"]
    asked = a_league_study(league.clock()) if study is None else study
    view = scoring_view(
        a_league_study(league.clock()),
        brand.home.documents.asset().document,
        brand.home.documents.policy().document,
        purpose=Purpose.PERSONALISED_MARKETING,
        row_salt=SALT,
        now=league.clock(),
    )
    return score(released(league, asked), view, brand.sources.rows(), out)


def test_the_owner_alone_may_read_the_scores(league: SmallLeague, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    summary = scored(league, out)
    assert (summary.scored, summary.left_out, summary.file) == (300, 0, out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    table = pq.read_table(out)
    assert table.column_names == ["person", "score"]
    scores = np.array(table["score"])
    assert ((scores >= 0) & (scores <= 1)).all()


def test_only_persons_who_consent_to_acting_on_the_score_have_one(
    league: SmallLeague, brand: BrandParts, tmp_path: Path
) -> None:
    now, persons = league.clock(), persons_of("alder")
    consents = consent_for(persons, now, ("model training",))
    offers = consent_for(persons[:30], now, (MARKETING_WORD,))
    gone = [replace(row, taken_back=now) for row in offers[:10]]
    lapsed = [replace(row, until=now - timedelta(days=1)) for row in offers[10:20]]
    write_data(brand.home, now, persons, [*consents, *gone, *lapsed, *offers[20:]])
    scored(league, tmp_path / "scores.parquet")
    held = pq.read_table(tmp_path / "scores.parquet")["person"].to_pylist()
    assert set(held) == {person("alder", number) for number in range(20, 30)}


def test_a_person_without_a_number_is_left_out_and_counted(
    league: SmallLeague, brand: BrandParts, tmp_path: Path
) -> None:
    persons = persons_of("alder")
    persons[0] = replace(persons[0], spend=None)
    persons[1] = replace(persons[1], visits=float("nan"))
    write_data(brand.home, league.clock(), persons)
    summary = scored(league, tmp_path / "scores.parquet")
    assert (summary.scored, summary.left_out) == (298, 2)


def test_scores_are_never_overwritten_and_nothing_is_left_of_a_failure(
    league: SmallLeague, tmp_path: Path
) -> None:
    out = tmp_path / "scores.parquet"
    out.write_bytes(b"mine")
    with pytest.raises(ScoresFileError):
        scored(league, out)
    assert out.read_bytes() == b"mine"
    with pytest.raises(ScoresFileError):
        scored(league, tmp_path / "no-folder" / "scores.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["league", "scores.parquet"]


def test_a_measurement_scores_nobody(league: SmallLeague, tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotModelError):
        scored(league, tmp_path / "scores.parquet", a_league_histogram(league.clock()))
    assert not (tmp_path / "scores.parquet").exists()


def test_nobody_to_score_is_told_and_writes_nothing(
    league: SmallLeague, brand: BrandParts, tmp_path: Path
) -> None:
    now = league.clock()
    write_data(brand.home, now, consents=consent_for(persons_of("alder"), now, ("other",)))
    with pytest.raises(EmptyCohortError):
        scored(league, tmp_path / "scores.parquet")
    assert not (tmp_path / "scores.parquet").exists()
