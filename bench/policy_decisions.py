"""What a brand's decision on a study costs, and what opening its documents does.

    python bench/policy_decisions.py [--check] [--repeats 2000]

A study of 50 columns under a policy, an asset and a charter of the usual size. Medians of
processor time, in one process: `decide` on documents that are parsed already; and, for
documents as they come over the wire, verifying the signature, parsing, validating and
comparing with the canonical form of a study that was never seen before. Prints one JSON
line; `--check` ends with 1 when a bound is missed and says which.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "policies")]

from hanse_policies.documents import NumericFeature, Study  # noqa: E402
from hanse_policies.signing import Envelope, open_envelope  # noqa: E402
from tests.support.decisions import Case  # noqa: E402
from tests.support.documents import (  # noqa: E402
    OPERATOR_KEY,
    a_column,
    a_histogram_permit,
    a_permit,
    a_policy,
    a_training,
    a_training_study,
    an_asset,
)

COLUMNS = 50
AT_MOST = {"decide_us": 100.0, "open_and_decide_us": 1000.0}
"""Bounds, in microseconds."""


def the_case() -> Case:
    """Make a request of 50 columns that is permitted."""
    names = [f"column_{number}" for number in range(COLUMNS - 1)]
    features = tuple(NumericFeature(column=name, lower=0.0, upper=1.0) for name in names)
    return Case(
        study=a_training_study(computation=a_training(features=features, label="bought")),
        policy=a_policy(permits=(a_permit((*names, "bought")), a_histogram_permit())),
        asset=an_asset(columns=(*(a_column(name) for name in names), a_column("bought"))),
    )


def median_us(work: Callable[[], object], repeats: int) -> float:
    """Return the median of processor time in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - start)
    return sorted(times)[repeats // 2] / 1000


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    case = the_case()
    if not case.decide().is_permitted:
        raise SystemExit("policy-decisions: the request is refused, so its times mean nothing")
    fresh = iter(
        [
            OPERATOR_KEY.sign(case.study.model_copy(update={"version": number + 2})).to_json()
            for number in range(arguments.repeats)
        ]
    )

    def open_one() -> None:
        opened = open_envelope(Envelope.from_json(next(fresh)), Study, OPERATOR_KEY.public_hex)
        if len(opened.columns()) != COLUMNS:
            raise SystemExit("policy-decisions: another study was opened")

    decide_us = median_us(case.decide, arguments.repeats)
    open_us = median_us(open_one, arguments.repeats)
    figures = {
        "decide_us": decide_us,
        "open_us": open_us,
        "open_and_decide_us": open_us + decide_us,
        "decisions_a_second": 1e6 / decide_us,
    }
    rounded = {name: round(value, 1) for name, value in figures.items()}
    load = [round(each, 2) for each in os.getloadavg()]
    print(json.dumps({"bench": "policy_decisions", **rounded, "load_average": load}))
    missed = [
        f"expected {name} of at most {bound}, got {rounded[name]}"
        for name, bound in AT_MOST.items()
        if rounded[name] > bound
    ]
    for line in missed:
        print(f"policy-decisions: {line}", file=sys.stderr)
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
