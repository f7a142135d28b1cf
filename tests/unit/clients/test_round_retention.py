"""What a brand contributed is kept as long as an auditor may ask, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hanse_clients.errors import ContributionMissingError
from hanse_clients.round_opening import opened_contribution
from hanse_clients.round_records import RoundKey
from hanse_clients.round_retention import RoundRetention, kept_until
from hanse_federation.codec import reply_payload_from_wire
from hanse_federation.messages import Question
from hanse_federation.secure_aggregation.errors import CommitmentRefusedError
from hanse_federation.secure_aggregation.messages import Advertisement, JoinReply
from hanse_server.store import AggregationStep, QuestionKey
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import SmallLeague, small_league


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[tuple[SmallLeague, str]]:
    """A league that ran one histogram, and the study's digest."""
    with small_league(tmp_path) as league:
        digest = league.approved(a_league_histogram(league.clock()))
        league.run(digest)
        yield league, digest


def signed_by(league: SmallLeague, brand: str, digest: str) -> Advertisement:
    (run,) = league.store.runs.runs(digest)
    key = QuestionKey(run.run, Question.MEASURE, 0)
    for envelope in league.store.rounds.envelopes(key, 1):
        if envelope.step is AggregationStep.JOIN and envelope.brand == brand:
            reply = reply_payload_from_wire(envelope.content or b"")
            assert isinstance(reply, JoinReply)
            return reply.advertisement
    raise AssertionError(brand)


def test_a_contribution_is_forgotten_when_its_retention_has_ended_and_not_before(
    measured: tuple[SmallLeague, str],
) -> None:
    league, digest = measured
    parts = league.brands["alder"]
    retention = RoundRetention(parts.rounds, parts.gate.open)
    end = kept_until(parts.gate.open(digest).study)
    assert retention.forget_due(end - timedelta(seconds=1)) == ()
    assert retention.forget_due(end) == (digest,)
    assert retention.forget_due(end) == ()
    kept = parts.rounds.contribution(RoundKey(digest, Question.MEASURE, 0))
    assert kept is not None
    assert kept.contribution.vector is None
    assert kept.is_spent


def test_an_opened_contribution_matches_what_the_brand_signed(
    measured: tuple[SmallLeague, str],
) -> None:
    league, digest = measured
    parts = league.brands["alder"]
    key = RoundKey(digest, Question.MEASURE, 0)
    opened = opened_contribution(parts.rounds, key, parts.home.name)
    opened.verify(signed_by(league, "alder", digest))
    other = opened.model_copy(update={"nonce": "00" * 32})
    with pytest.raises(CommitmentRefusedError):
        other.verify(signed_by(league, "alder", digest))
    with pytest.raises(CommitmentRefusedError):
        opened.verify(signed_by(league, "birch", digest))


def test_a_forgotten_contribution_cannot_be_opened(measured: tuple[SmallLeague, str]) -> None:
    league, digest = measured
    parts = league.brands["alder"]
    parts.rounds.forget_study(digest)
    with pytest.raises(ContributionMissingError):
        opened_contribution(parts.rounds, RoundKey(digest, Question.MEASURE, 0), parts.home.name)
