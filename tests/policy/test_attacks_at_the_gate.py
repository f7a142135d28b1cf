"""What somebody would try to get past a person's word, or to end a brand's part of a run.

Every attack is made on a brand's own folder, through its gate, or by what an operator may
sign; each stays as a test once it worked.
"""

from __future__ import annotations

from pathlib import Path

from hanse_clients.errors import StudyNotApprovedError
from hanse_federation.desk import RunStage
from hanse_federation.messages import Refusal
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.documents import ApprovalMode
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import BrandParts, SmallLeague, put_policy, small_league
from tests.support.league_rounds import ask_to_join


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
