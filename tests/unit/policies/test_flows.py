from __future__ import annotations

import re

import pytest

from hanse_policies.documents import FlowLabel, TrustMode
from hanse_policies.flows import flows_of
from hanse_policies.language import Language


def test_labels_are_ordered_from_rows_to_the_claim_of_anonymity() -> None:
    assert [label.value for label in FlowLabel] == ["F0", "F1", "F2", "F3", "F4", "F5"]
    assert sorted(FlowLabel) == list(FlowLabel)
    assert FlowLabel.PLAIN_UPDATE < FlowLabel.MASKED_UPDATE < FlowLabel.DP_AGGREGATE


@pytest.mark.parametrize(
    ("mode", "leaving"),
    [
        (TrustMode.LOCAL, FlowLabel.DP_AGGREGATE),
        (TrustMode.DISTRIBUTED, FlowLabel.MASKED_UPDATE),
    ],
)
def test_what_leaves_is_labelled_by_its_own_noise_and_a_release_is_private(
    mode: TrustMode, leaving: FlowLabel
) -> None:
    flows = flows_of(mode)
    assert flows.leaving.label is leaving
    assert flows.released.label is FlowLabel.DP_AGGREGATE


@pytest.mark.parametrize("mode", TrustMode)
def test_nothing_is_called_anonymous(mode: TrustMode) -> None:
    flows = flows_of(mode)
    assert FlowLabel.CLAIMED_ANONYMOUS not in {flows.leaving.label, flows.released.label}


@pytest.mark.parametrize("mode", TrustMode)
def test_each_label_has_its_reason_in_both_languages(mode: TrustMode) -> None:
    flows = flows_of(mode)
    for flow in (flows.leaving, flows.released):
        assert flow.reason(Language.EN).isascii()
        assert re.search("[\u4e00-\u9fff]", flow.reason(Language.ZH))


def test_the_two_modes_say_different_reasons() -> None:
    local, distributed = map(flows_of, TrustMode)
    assert local.leaving.en != distributed.leaving.en
    assert local.released.en != distributed.released.en
