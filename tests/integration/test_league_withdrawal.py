"""Withdrawn consent counts at the next question, through gate, view, training and counting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.queries import RowsQuery
from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_federation.desk import RunStage
from tests.support.brand_tables import ANALYTICS_WORD, SALT, ConsentRow
from tests.support.league_documents import a_league_histogram, a_league_study
from tests.support.league_parties import (
    BrandParts,
    SmallLeague,
    consent_for,
    person,
    persons_of,
    small_league,
    write_data,
)

DAY = timedelta(days=1)
WITHDRAWN = 40


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


class Watched:
    """A brand's source that notes how many rows each question got, and lets a test act."""

    def __init__(self, parts: BrandParts) -> None:
        self.rows_seen: list[int] = []
        self.persons_seen: list[int] = []
        self.cells_seen: list[int] = []
        self._source = parts.sources.rows()
        parts.sources.probe = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def rows(self, view: MinimalView) -> Any:
        found = self._source.rows(view)
        self.rows_seen.append(len(found))
        return found

    def persons(self, view: MinimalView) -> Any:
        found = self._source.persons(view)
        self.persons_seen.append(found.persons)
        return found

    def cells(self, view: MinimalView, computation: Any) -> Any:
        found = self._source.cells(view, computation)
        self.cells_seen.append(sum(cell.persons for cell in found.cells))
        return found


def withdraw(parts: BrandParts, count: int, now: datetime) -> None:
    """Rewrite the register: the first `count` persons have withdrawn just now."""
    gone = {person(parts.brand, number) for number in range(count)}
    consents = [
        replace(row, taken_back=now) if row.subject in gone else row
        for row in consent_for(persons_of(parts.brand), now)
    ]
    write_data(parts.home, now, consents=consents)


@pytest.mark.slow
def test_whoever_withdraws_between_two_rounds_is_in_the_first_and_not_in_the_next(
    league: SmallLeague,
) -> None:
    alder = league.brands["alder"]
    watched = Watched(alder)
    untouched = Watched(league.brands["birch"])
    digest = league.approved(a_league_study(league.clock()))
    seen = watched.rows

    def rows_then_withdraw(view: MinimalView) -> Any:
        found = seen(view)
        if len(watched.rows_seen) == 2:  # after training and evaluation of round 1
            withdraw(alder, WITHDRAWN, league.clock())
        return found

    watched.rows = rows_then_withdraw  # type: ignore[method-assign]
    events = league.run(digest)
    assert events[-1].stage is RunStage.RELEASED
    # Once for the cohort, then by the watch before each question.
    assert watched.persons_seen == [300, 300, 300, 300 - WITHDRAWN, 300 - WITHDRAWN]
    assert watched.rows_seen == [300, 300, 300 - WITHDRAWN, 300 - WITHDRAWN]
    assert untouched.rows_seen == [300] * 4
    versions = [entry.charge.data_version for entry in alder.ledger.entries()]
    assert len(set(versions)) == 2


@pytest.mark.slow
def test_the_rows_that_the_next_round_lacks_are_those_of_whoever_withdrew(
    league: SmallLeague,
) -> None:
    """Rows say nothing of who they are, so each person here spent an amount of their own.

    All are within the bounds of the feature, 0 to 20, which the query clips to.
    """
    alder = league.brands["alder"]
    rows = [replace(row, spend=place / 16) for place, row in enumerate(persons_of("alder"))]
    everybody = {row.spend for row in rows}
    gone = {row.customer: row.spend for row in rows[3::7]}
    write_data(alder.home, league.clock(), rows)
    watched = Watched(alder)
    seen, spent = watched.rows, list[set[float | None]]()

    def rows_then_withdraw(view: MinimalView) -> Any:
        found = seen(view)
        spent.append(set(found.columns["spend"].tolist()))
        if len(spent) == 2:  # after training and evaluation of round 1
            now = league.clock()
            consents = [
                replace(row, taken_back=now) if row.subject in gone else row
                for row in consent_for(rows, now)
            ]
            write_data(alder.home, now, rows, consents)
        return found

    watched.rows = rows_then_withdraw  # type: ignore[method-assign]
    digest = league.approved(a_league_study(league.clock()))
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    left = everybody - set(gone.values())
    assert spent == [everybody, everybody, left, left]


def test_a_register_rewritten_between_cohort_and_measurement_counts_in_the_measurement(
    league: SmallLeague,
) -> None:
    alder = league.brands["alder"]
    watched = Watched(alder)
    counted = watched.persons

    def persons_then_withdraw(view: MinimalView) -> Any:
        found = counted(view)
        withdraw(alder, WITHDRAWN, league.clock())
        return found

    watched.persons = persons_then_withdraw  # type: ignore[method-assign]
    digest = league.approved(a_league_histogram(league.clock()))
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    assert (watched.persons_seen, watched.cells_seen) == ([300], [300 - WITHDRAWN])


def test_a_consent_that_runs_out_between_two_questions_ends_without_any_new_file(
    league: SmallLeague,
) -> None:
    alder = league.brands["alder"]
    soon = league.clock() + timedelta(hours=2)
    consents = [
        replace(row, until=soon) if number % 2 else row
        for number, row in enumerate(
            consent_for(persons_of("alder"), league.clock(), (ANALYTICS_WORD,))
        )
    ]
    write_data(alder.home, league.clock(), consents=consents)
    watched = Watched(alder)
    counted = watched.persons

    def persons_then_later(view: MinimalView) -> Any:
        found = counted(view)
        league.clock.ahead = timedelta(hours=3)
        return found

    watched.persons = persons_then_later  # type: ignore[method-assign]
    digest = league.approved(a_league_histogram(league.clock()))
    assert league.run(digest)[-1].stage is RunStage.RELEASED
    assert (watched.persons_seen, watched.cells_seen) == ([300], [150])


def test_no_view_of_the_product_holds_a_person_without_valid_consent(league: SmallLeague) -> None:
    alder, now = league.brands["alder"], league.clock()
    persons = persons_of("alder", 250)
    consents: list[ConsentRow] = consent_for(persons[:50], now)
    consents += [replace(row, until=now - DAY) for row in consent_for(persons[50:100], now)]
    consents += [replace(row, taken_back=now) for row in consent_for(persons[100:150], now)]
    consents += [replace(row, given=now + DAY) for row in consent_for(persons[150:200], now)]
    write_data(alder.home, now, persons, consents)
    source, asset = alder.sources.rows(), alder.home.documents.asset().document
    policy = alder.home.documents.policy().document
    later = league.clock()
    for study in (a_league_study(now), a_league_histogram(now)):
        view = view_for(study, asset, policy, later, SALT)
        assert source.persons(view).persons == 50
        sql = InProcessCompiler().compile(RowsQuery(view=view))
        for word in ("register", "granted", "expires", "withdrawn", "synced"):
            assert word in sql or word == "register"
        assert "email" not in sql
    scoring = view_for(a_league_study(now), asset, policy, later, SALT, use=ViewUse.SCORING)
    scored = set(source.scoring_rows(scoring).persons)
    assert scored == {person("alder", number) for number in range(50)}
    training = view_for(a_league_study(now), asset, policy, later, SALT)
    assert len(source.rows(training)) == 50
