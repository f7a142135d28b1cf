"""Studies: the parts of a study that must fit together, whoever decides on it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hanse_policies.documents import Floors, TrustMode
from tests.support.documents import (
    a_histogram_study,
    a_privacy,
    a_shared_privacy,
    a_shared_training_study,
    a_training,
)


def test_mode_distributed_says_whom_its_noise_does_without() -> None:
    with pytest.raises(ValidationError, match="mode distributed needs the block `distributed`"):
        a_privacy(mode=TrustMode.DISTRIBUTED)


def test_mode_local_has_no_block_about_shared_noise() -> None:
    block = a_shared_privacy().distributed
    with pytest.raises(ValidationError, match="other modes have none"):
        a_privacy(distributed=block)


def test_training_in_mode_distributed_takes_one_step_a_round() -> None:
    with pytest.raises(ValidationError, match="steps_per_round must be 1"):
        a_shared_training_study(computation=a_training())


def test_a_measurement_may_be_in_mode_distributed() -> None:
    study = a_histogram_study(privacy=a_shared_privacy(2, 1))
    assert study.privacy.distributed is not None
    assert study.privacy.distributed.tolerated_dropouts == 2


@pytest.mark.parametrize("numbers", [(-1, 0), (0, -1), (1000, 0), (0, 1000)])
def test_numbers_of_brands_that_make_no_sense_are_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValidationError):
        a_shared_privacy(*numbers)


def test_a_charter_that_says_nothing_assumes_one_colluder_and_no_dropout() -> None:
    floors = Floors()
    assert (floors.tolerated_dropouts, floors.assumed_colluders) == (0, 1)
