"""The operator reads a release: the figures with their intervals, and the guarantee.

python examples/read_release.py OPERATOR_FOLDER STUDY
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from hanse_federation.release import ReleaseCard
from hanse_federation.release.card import MeasurementTable, ModelQuality
from hanse_server.alliance import Alliance


def figures(result: MeasurementTable | ModelQuality) -> Iterator[str]:
    """Write a line a figure; a cell that is too small to show has none."""
    if isinstance(result, ModelQuality):
        for point in result.learning_curve:
            auc = point.auc
            yield (
                f"round {point.round_number}: area under the curve {auc.estimate:.2f}, "
                f"95 % between {auc.lower:.2f} and {auc.upper:.2f}"
            )
        return
    for cell in result.cells:
        if cell.count is not None:
            count, labels = cell.count, ", ".join(cell.labels)
            yield (
                f"{labels:<24} {count.estimate:>5.0f} persons, "
                f"95 % between {count.lower:.0f} and {count.upper:.0f}"
            )


def show(card: ReleaseCard) -> None:
    """Print a release for people."""
    cohort = card.cohort
    print(f"{card.title}: about {cohort.noised_persons} persons at {len(cohort.brands)} brands")
    for line in figures(card.result):
        print(f"  {line}")
    print(card.guarantee)


def main() -> None:
    """Find the newest release of a study, verify it and print it."""
    parser = argparse.ArgumentParser(description="Print a release of an operator.")
    parser.add_argument("home", help="the operator's folder")
    parser.add_argument("study", help="the study's id")
    arguments = parser.parse_args()
    alliance = Alliance.open(arguments.home)
    digest = alliance.digest_of(arguments.study)
    with alliance.home.open_store() as store:
        released = [r.digest for r in store.runs.releases() if r.study == digest]
    show(alliance.release(released[-1]).card)


if __name__ == "__main__":
    main()
