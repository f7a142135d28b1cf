"""What study and charter settle about a sum before anybody joins."""

from __future__ import annotations

import pytest

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.messages import Question
from hanse_federation.secure_aggregation.errors import AggregationFormatError
from hanse_policies.documents import DistributedNoise, TrustMode
from tests.support.documents import a_histogram_study
from tests.support.secure_aggregation import brand_names, charter_with, new_keys


def terms(members: int, colluders: int | None = None, minimum_brands: int = 3) -> AggregationTerms:
    charter = charter_with({name: new_keys() for name in brand_names(members)})
    study = a_histogram_study().model_copy(update={"minimum_brands": minimum_brands})
    if colluders is not None:
        noise = DistributedNoise(tolerated_dropouts=0, assumed_colluders=colluders)
        shared = study.privacy.model_copy(
            update={"mode": TrustMode.DISTRIBUTED, "distributed": noise}
        )
        study = study.model_copy(update={"privacy": shared})
    return AggregationTerms(study, "5a" * 32, charter, "c4" * 32)


@pytest.mark.parametrize("members", [3, 4, 5, 8, 20, 51])
@pytest.mark.parametrize("colluders", [1, 2])
def test_no_two_sums_of_one_round_where_brands_share_the_noise(
    members: int, colluders: int
) -> None:
    rules = terms(members, colluders).rules
    honest = members - colluders
    for roster in range(rules.minimum_brands, members + 1):
        honest_who_reveal = rules.threshold(roster) - colluders
        assert 2 * honest_who_reveal > honest


def test_each_partys_floor_counts_and_three_is_the_least() -> None:
    assert terms(10, minimum_brands=2).rules.minimum_brands == 3
    assert terms(10, minimum_brands=7).rules.minimum_brands == 7
    assert terms(10, colluders=1, minimum_brands=4).rules.minimum_brands == 6


def test_a_question_that_the_study_does_not_ask_has_no_session() -> None:
    with pytest.raises(AggregationFormatError):
        terms(3).session(1, Question.TRAIN, 1, 1)


def test_everybody_shares_with_everybody_where_brands_share_the_noise() -> None:
    """Then the threshold of a sum is also how many must reveal for it."""
    assert terms(60, colluders=1).rules.is_complete
    assert not terms(60).rules.is_complete
