"""A member joins while a sum is under way: the sum goes on as it began, or the round is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_federation.desk import RunStage
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import Responder
from hanse_federation.messages import JoinRequest, Question, Refusal, ReplyPayload, Request
from hanse_federation.secure_aggregation.messages import MaskRequest, UnmaskRequest
from hanse_policies.documents import BrandId, DistributedNoise, TrustMode
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.store import AttemptPhase, QuestionKey
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import SmallLeague, found_league_brand, join, small_league


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


class Silent:
    """Refuses one step of every question but the cohort, and remembers nothing of it."""

    def __init__(self, inner: Responder, step: type) -> None:
        self._inner, self._step = inner, step

    def answer(self, request: Request) -> ReplyPayload:
        asked = request.payload
        is_cohort = getattr(asked, "question", "") == Question.COHORT.value
        if isinstance(asked, self._step) and not is_cohort:
            return Refusal("away-for-now")
        return self._inner.answer(request)


def run_over(league: SmallLeague, digest: str, step: type | None) -> list[RunStage]:
    responders: dict[BrandId, Responder] = {
        BrandId(name): Silent(parts.responder, step) if step else parts.responder
        for name, parts in league.brands.items()
    }
    with InProcessLink(responders, concurrent=False) as link:
        desk = AllianceDesk(replace(league.setting, link=link), "session-2")
        return [event.stage for event in desk.run(digest)]


def enrol_another(league: SmallLeague, folder: Path) -> None:
    home = found_league_brand(folder / "dogwood", "dogwood", league.clock())
    join(league.operator, league.store, home, league.clock())
    league.settle()  # the members hear of the new charter


def test_a_sum_that_may_be_unmasked_is_finished_under_the_charter_it_began_with(
    league: SmallLeague, tmp_path: Path
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert run_over(league, digest, UnmaskRequest)[-1] is RunStage.FAILED
    (run,) = league.store.runs.runs(digest)
    begun = league.store.rounds.attempt_of(QuestionKey(run.run, Question.MEASURE, 0))
    assert begun is not None
    assert begun.phase is AttemptPhase.UNMASKING
    enrol_another(league, tmp_path)
    assert run_over(league, digest, None)[-1] is RunStage.RELEASED
    done = league.store.rounds.attempt_of(QuestionKey(run.run, Question.MEASURE, 0))
    assert done is not None
    assert (done.attempt, done.charter) == (begun.attempt, begun.charter)


def codes_of_joining(league: SmallLeague, digest: str) -> tuple[RunStage, set[str]]:
    """Run a study on; return how it ended, and with which codes brands refused to join."""
    codes: set[str] = set()

    class Listening:
        def __init__(self, inner: Responder) -> None:
            self._inner = inner

        def answer(self, request: Request) -> ReplyPayload:
            reply = self._inner.answer(request)
            if isinstance(request.payload, JoinRequest) and isinstance(reply, Refusal):
                codes.add(reply.code)
            return reply

    responders: dict[BrandId, Responder] = {
        BrandId(name): Listening(parts.responder) for name, parts in league.brands.items()
    }
    with InProcessLink(responders, concurrent=False) as link:
        desk = AllianceDesk(replace(league.setting, link=link), "session-2")
        return list(desk.run(digest))[-1].stage, codes


def test_a_count_whose_noise_is_each_brands_own_goes_into_the_next_attempt(
    league: SmallLeague, tmp_path: Path
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    assert run_over(league, digest, MaskRequest)[-1] is RunStage.FAILED
    enrol_another(league, tmp_path)
    assert codes_of_joining(league, digest) == (RunStage.RELEASED, set())


def test_a_share_of_noise_made_for_other_members_is_not_brought_into_another_sum(
    league: SmallLeague, tmp_path: Path
) -> None:
    study = a_league_histogram(league.clock())
    noise = DistributedNoise(tolerated_dropouts=0, assumed_colluders=1)
    shared = study.privacy.model_copy(update={"mode": TrustMode.DISTRIBUTED, "distributed": noise})
    digest = league.approved(study.model_copy(update={"privacy": shared}))
    assert run_over(league, digest, MaskRequest)[-1] is RunStage.FAILED
    enrol_another(league, tmp_path)
    assert codes_of_joining(league, digest) == (RunStage.FAILED, {"contribution-changed"})
