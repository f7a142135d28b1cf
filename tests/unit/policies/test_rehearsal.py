from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from hanse_policies.errors import UsageError
from hanse_policies.examples.folder import LeagueFolder
from hanse_policies.rehearsal import LeagueRehearsal, rehearse_league
from tests.support.sample_leagues import sample_leagues

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def league() -> LeagueFolder:
    return next(each.folder for each in sample_leagues() if each.name == "cross-border")


def rehearsed(league: LeagueFolder, study: str, brands: int = 4) -> LeagueRehearsal:
    return rehearse_league(
        next(file.loaded for file in league.studies if file.path.stem == study),
        league.charter.loaded,
        [file.loaded for file in league.policies][:brands],
        [file.loaded for file in league.assets],
        NOW,
    )


def test_a_study_that_enough_brands_permit_would_run_on_the_strictest_terms(
    league: LeagueFolder,
) -> None:
    found = rehearsed(league, "joint-tier-model")
    assert [d.brand for d in found.decisions if not d.is_permitted] == ["yunmian-home"]
    assert (found.permitting, found.brands_needed, found.would_run) == (3, 3, True)
    assert found.terms is not None
    assert (found.terms.minimum_persons, found.terms.retention_days) == (5000, 30)


def test_a_study_that_too_few_brands_permit_could_not_run(league: LeagueFolder) -> None:
    assert not rehearsed(league, "shared-noise-statistics").would_run
    assert not rehearsed(league, "tier-model", brands=2).would_run


def test_a_study_that_nobody_permits_has_no_terms(league: LeagueFolder) -> None:
    found = rehearsed(league, "care-and-sleep")
    assert (found.permitting, found.legal_entities, found.terms) == (0, 0, None)


def test_brands_of_one_owner_count_as_one_legal_entity(league: LeagueFolder) -> None:
    charter = league.charter.loaded
    owner = charter.document.members[0].legal_entity
    members = tuple(
        member.model_copy(update={"legal_entity": owner}) if index < 3 else member
        for index, member in enumerate(charter.document.members)
    )
    owned = dataclasses.replace(
        charter, document=charter.document.model_copy(update={"members": members})
    )
    found = rehearse_league(
        next(file.loaded for file in league.studies if file.path.stem == "tier-model"),
        owned,
        [file.loaded for file in league.policies],
        [file.loaded for file in league.assets],
        NOW,
    )
    assert (found.permitting, found.legal_entities, found.would_run) == (4, 2, False)


def test_two_policies_of_one_brand_are_refused(league: LeagueFolder) -> None:
    policy = league.policies[0].loaded
    with pytest.raises(UsageError, match="expected one policy a brand"):
        rehearse_league(
            league.studies[0].loaded,
            league.charter.loaded,
            [policy, policy],
            [file.loaded for file in league.assets],
            NOW,
        )


def test_a_brand_without_an_asset_is_refused(league: LeagueFolder) -> None:
    with pytest.raises(UsageError, match="expected an asset of brand alpen-care, got none"):
        rehearse_league(
            league.studies[0].loaded,
            league.charter.loaded,
            [league.policies[0].loaded],
            [file.loaded for file in league.assets if file.loaded.document.brand != "alpen-care"],
            NOW,
        )
