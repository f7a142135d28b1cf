"""Score histogram: cells of scores and labels, AUC, calibration and ROC from noised cells."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from hanse_federation.errors import MeasurementRowsError
from hanse_federation.measurements import ScoreHistogram

TEN = ScoreHistogram(10)


def test_cells_are_by_label_then_bin() -> None:
    scores = np.array([0.0, 0.05, 0.1, 0.999, 1.0, 0.55])
    labels = np.array([0, 1, 0, 1, 1, 0])
    cells = TEN.cells(scores, labels)
    assert cells.dtype == np.int64
    assert cells[[0, 1, 5]].tolist() == [1, 1, 1]
    assert cells[[10, 19]].tolist() == [1, 2]
    assert cells.sum() == 6


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), max_size=40), st.floats(0, 1))
def test_one_person_moves_the_cells_by_one(people: list[tuple[float, int]], score: float) -> None:
    def cells(of: list[tuple[float, int]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return TEN.cells(np.array([p[0] for p in of]), np.array([p[1] for p in of]))

    moved = cells([*people, (score, 1)]) - cells(people)
    assert np.linalg.norm(moved) == TEN.l2_sensitivity == 1


def test_nobody_gives_cells_of_zero() -> None:
    assert TEN.cells(np.array([]), np.array([])).tolist() == [0] * 20


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.01, 1.01])
def test_a_score_outside_zero_to_one_is_refused(score: float) -> None:
    with pytest.raises(MeasurementRowsError, match="expected scores from 0 to 1"):
        TEN.cells(np.array([0.5, score]), np.array([0, 1]))


@pytest.mark.parametrize("label", [2.0, -1.0, 0.5, math.nan])
def test_a_label_other_than_zero_or_one_is_refused(label: float) -> None:
    with pytest.raises(MeasurementRowsError, match="expected labels 0 and 1"):
        TEN.cells(np.array([0.5]), np.array([label]))


def test_scores_and_labels_must_pair_up() -> None:
    with pytest.raises(MeasurementRowsError, match="one score and one label a person"):
        TEN.cells(np.array([0.5, 0.5]), np.array([1]))


@given(st.integers(0, 2**32), st.integers(4, 40))
@settings(max_examples=40, deadline=None)
def test_without_much_noise_auc_and_roc_are_those_of_the_binned_scores(
    seed: int, bins: int
) -> None:
    generator = np.random.default_rng(seed)
    labels = (generator.random(4000) < 0.3).astype(np.int64)
    scores = generator.beta(2 + labels, 3 - labels)
    histogram = ScoreHistogram(bins)
    quality = histogram.decode(
        histogram.cells(scores, labels), contributions=1, noise_multiplier=0.1
    )
    binned = np.minimum((scores * bins).astype(int), bins - 1)
    assert quality.auc.value == pytest.approx(roc_auc_score(labels, binned), abs=1e-9)
    assert quality.positives == labels.sum()
    false_rates, true_rates, _ = roc_curve(labels, binned, drop_intermediate=False)
    ours = {(p.false_positive_rate, p.true_positive_rate) for p in quality.roc}
    for point in zip(false_rates, true_rates, strict=True):
        assert min(math.dist(point, other) for other in ours) < 1e-9


def test_calibration_compares_the_bin_s_middle_with_the_observed_share() -> None:
    cells = np.zeros(20, dtype=np.int64)
    cells[3], cells[13] = 700, 300
    point = TEN.decode(cells, contributions=1, noise_multiplier=0.5).calibration[3]
    assert point.predicted == pytest.approx(0.35)
    assert point.observed.value == pytest.approx(0.3)
    assert point.observed.interval.lower < 0.3 < point.observed.interval.upper
    assert point.persons == 1000


def test_an_empty_bin_has_insufficient_evidence() -> None:
    cells = np.zeros(20, dtype=np.int64)
    cells[3], cells[13] = 700, 300
    point = TEN.decode(cells, contributions=1, noise_multiplier=2.0).calibration[7]
    assert point.observed.insufficient_evidence


@pytest.mark.parametrize("fill", [0, 3, -5])
def test_an_auc_drowned_in_noise_says_so(fill: int) -> None:
    quality = TEN.decode(np.full(20, fill), contributions=5, noise_multiplier=10.0)
    assert quality.auc.insufficient_evidence
    assert (quality.auc.interval.lower, quality.auc.interval.upper) == (0, 1)


def test_one_class_has_no_auc() -> None:
    cells = np.zeros(20, dtype=np.int64)
    cells[:10] = 100
    assert TEN.decode(cells, contributions=1, noise_multiplier=2.0).auc.insufficient_evidence


@given(st.lists(st.integers(-50, 200), min_size=20, max_size=20))
def test_whatever_the_noise_roc_never_falls_and_stays_in_the_square(cells: list[int]) -> None:
    roc = TEN.decode(np.array(cells), contributions=3, noise_multiplier=9.0).roc
    assert len(roc) == 11
    rates = [(p.false_positive_rate, p.true_positive_rate) for p in roc]
    assert rates[0] == (0, 0)
    for (x, y), (next_x, next_y) in pairwise(rates):
        assert 0 <= x <= next_x <= 1
        assert 0 <= y <= next_y <= 1


def test_more_brands_mean_wider_intervals() -> None:
    falling = [400, 300, 200, 100, 50, 40, 30, 20, 10, 5]
    cells = np.array([*falling, *range(5, 100, 10)])
    widths = [
        (auc := TEN.decode(cells, contributions=brands, noise_multiplier=5).auc).interval.upper
        - auc.interval.lower
        for brands in (1, 5, 20)
    ]
    assert widths == sorted(widths)
    assert len(set(widths)) == 3


def test_a_sum_of_another_length_or_of_nobody_is_refused() -> None:
    for size, brands in ((19, 1), (20, 0)):
        with pytest.raises(MeasurementRowsError, match="expected 20 cells"):
            TEN.decode(np.zeros(size, dtype=np.int64), contributions=brands, noise_multiplier=1)


def test_at_least_one_bin_is_needed() -> None:
    with pytest.raises(MeasurementRowsError, match="at least 1 bin, got 0"):
        ScoreHistogram(0)
