"""A brand's day in Python: hear of a study, look at it, approve it; later fetch and score.

python examples/answer_and_score.py BRAND_FOLDER look STUDY
python examples/answer_and_score.py BRAND_FOLDER approve STUDY
python examples/answer_and_score.py BRAND_FOLDER score STUDY SCORES.parquet
"""

from __future__ import annotations

import argparse

from hanse_clients.client import BrandClient


def look(brand: BrandClient, study: str) -> None:
    """Print the decision, the columns and the cost; no row is read."""
    brand.sync()
    told = brand.preflight(study)
    print(told.judgement.decision.explain().splitlines()[0])
    if told.plan is not None:
        print(f"columns: {', '.join(told.plan.columns)}")
        print(f"cost: epsilon {told.plan.epsilon:.2f} at delta {told.plan.delta:g}, a person")
    for standing in brand.budgets():
        spent = standing.spent.epsilon if standing.spent else 0.0
        print(f"budget {standing.budget.purpose}: {spent:.2f} of {standing.budget.epsilon:g}")


def score(brand: BrandClient, study: str, out: str) -> None:
    """Fetch the newest release of a study and score the brand's own customers."""
    summary = brand.score(brand.fetch(study), out)
    print(f"{summary.file}: {summary.scored} customers scored")


def main() -> None:
    """Do one of the three for a brand."""
    parser = argparse.ArgumentParser(description="Look at, approve, or score with a study.")
    parser.add_argument("home", help="the brand's folder")
    parser.add_argument("what", choices=["look", "approve", "score"])
    parser.add_argument("study", help="the study's id")
    parser.add_argument("out", nargs="?", default="scores.parquet", help="where scores go")
    arguments = parser.parse_args()
    with BrandClient.open(arguments.home) as brand:
        if arguments.what == "look":
            look(brand, arguments.study)
        elif arguments.what == "approve":
            print(f"{arguments.study}: {brand.approve(arguments.study).verdict}")
        else:
            score(brand, arguments.study, arguments.out)


if __name__ == "__main__":
    main()
