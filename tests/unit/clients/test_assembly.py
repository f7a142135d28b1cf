"""The parts that answer for a brand, put together: its own keys, charter, noise and records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse_clients.assembly import party_keys
from hanse_clients.round_records import RoundKey
from hanse_federation.messages import CohortRequest, Question, Refusal
from hanse_federation.secure_aggregation.errors import AdvertisementRefusedError
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import (
    BrandParts,
    LeagueClock,
    SmallLeague,
    found_league_brand,
    join,
    open_parts,
    small_league,
)
from tests.support.league_rounds import (
    ALDER,
    LeagueRound,
    alder_of,
    ask_to_join,
    joined,
    noised_cohort,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def nonce_of(parts: BrandParts, digest: str) -> bytes | None:
    kept = parts.rounds.contribution(RoundKey(digest, Question.COHORT, 0))
    assert kept is not None
    return kept.contribution.nonce


def test_a_brand_takes_part_with_the_keys_that_the_charter_pins(league: SmallLeague) -> None:
    charter = alder_of(league).home.charter(alder_of(league).state)
    for member in charter.members:
        public = party_keys(league.brands[member.brand].home.keys()).public
        assert public.signing.hex() == member.signing_key
        assert public.agreement.hex() == member.agreement_key
    assert {member.brand for member in charter.members} >= {ALDER}


def test_every_brand_derives_the_session_that_the_operator_derives(league: SmallLeague) -> None:
    attempt = LeagueRound(
        league, league.approved(a_league_histogram(league.clock())), CohortRequest()
    )
    attempt.join()
    assert [each.brand for each in attempt.server.state.roster] == sorted(league.brands)


def test_a_brand_that_follows_an_older_charter_cannot_be_mixed_in(
    league: SmallLeague, tmp_path: Path
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    newcomer = found_league_brand(tmp_path / "dogwood", "dogwood", league.clock())
    join(league.operator, league.store, newcomer, league.clock())
    league.settle(ALDER, "birch")  # cedar has not heard of the newest charter
    attempt = LeagueRound(league, digest, CohortRequest())
    with pytest.raises(AdvertisementRefusedError):
        attempt.join(ALDER, "birch", "cedar")
    league.settle("cedar")
    again = LeagueRound(league, digest, CohortRequest(), number=2)
    again.join(ALDER, "birch", "cedar")
    assert len(again.server.state.roster) == 3


def test_keys_and_nonces_come_from_the_system_whatever_the_noise_comes_from(
    tmp_path: Path,
) -> None:
    cohorts, mask_keys, nonces = set(), set(), set()
    for folder in ("first", "second"):
        with small_league(tmp_path / folder, (ALDER,)) as alone:
            digest = alone.approved(a_league_histogram(alone.clock()))
            reply = joined(alone, ask_to_join(digest))
            cohorts.add(noised_cohort(alder_of(alone), digest))
            mask_keys.add(reply.advertisement.mask_key)
            nonces.add(nonce_of(alder_of(alone), digest))
    assert len(cohorts) == 1
    assert len(mask_keys) == len(nonces) == 2


def test_a_brand_that_has_not_joined_answers_nothing(tmp_path: Path) -> None:
    clock = LeagueClock()
    home = found_league_brand(tmp_path / ALDER, ALDER, clock())
    with open_parts(home, clock) as parts:
        assert parts.responder.answer(ask_to_join("ab" * 32)) == Refusal("study-not-seen")
        assert parts.ledger.entries() == ()
