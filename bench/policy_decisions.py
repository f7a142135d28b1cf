"""What a brand's decision on a study costs, and what opening its documents does.

    python bench/policy_decisions.py [--check] [--repeats 2000]

A study of 50 columns, with the three legal packs that ship and without. Medians of
processor time, in one process: `decide` on documents that are parsed and packs that are
compiled; and, for a study as it comes over the wire, verifying the signature, parsing,
validating and comparing with the canonical form, each time of one never seen before.
Prints one JSON line; `--check` ends with 1 when a bound is missed and says which.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "policies")]

from hanse_policies.decision import Decision  # noqa: E402
from hanse_policies.documents import Study  # noqa: E402
from hanse_policies.documents.legal_pack import Change  # noqa: E402
from hanse_policies.engine import decide  # noqa: E402
from hanse_policies.facts import Facts  # noqa: E402
from hanse_policies.packs.examples import example_facts  # noqa: E402
from hanse_policies.packs.in_force import PackInForce  # noqa: E402
from hanse_policies.packs.shipped import example_documents, shipped_packs  # noqa: E402
from hanse_policies.signing import Envelope, SigningKey, open_envelope  # noqa: E402

COLUMNS = 50
AT_MOST = {"decide_with_packs_us": 100.0, "open_and_decide_us": 1000.0}
"""Bounds, in microseconds."""


def wide_facts() -> Facts:
    """Make the facts of the packs' example study, widened to so many columns."""
    documents = example_documents()
    study = documents["study"]
    if not isinstance(study, Study):
        raise SystemExit("policy-decisions: the example study is no study")
    trees = {role: document.model_dump(mode="json") for role, document in documents.items()}
    names = [f"feature_{number}" for number in range(COLUMNS - len(study.columns()))]
    column, permitted = trees["asset"]["columns"][0], trees["policy"]["permits"][0]["columns"][0]
    feature = trees["study"]["computation"]["features"][0]
    added = {
        "asset.columns": [*trees["asset"]["columns"], *(column | {"name": n} for n in names)],
        "policy.permits.0.columns": [
            *trees["policy"]["permits"][0]["columns"],
            *(permitted | {"name": n} for n in names),
        ],
        "study.computation.features": [
            *trees["study"]["computation"]["features"],
            *(feature | {"column": n} for n in names),
        ],
    }
    return example_facts(documents, (Change(at=at, value=value) for at, value in added.items()))


def median_us(work: Callable[[], object], repeats: int) -> float:
    """Return the median of processor time in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - start)
    return sorted(times)[repeats // 2] / 1000


def measured(repeats: int) -> dict[str, float]:
    """Measure all that is printed."""
    facts, key = wide_facts(), SigningKey.generate()
    packs = tuple(PackInForce.unsigned(loaded.document) for loaded in shipped_packs())

    def decided(handed: tuple[PackInForce, ...]) -> Decision:
        return decide(
            facts.study,
            charter=facts.charter,
            policy=facts.policy,
            asset=facts.asset,
            consent=facts.consent,
            budget=facts.budget,
            now=facts.now,
            signature=facts.signature,
            approvals=facts.approvals,
            packs=handed,
        )

    fresh: Iterator[bytes] = iter(
        [
            key.sign(facts.study.model_copy(update={"version": number + 1})).to_json()
            for number in range(repeats)
        ]
    )

    def open_one() -> None:
        opened = open_envelope(Envelope.from_json(next(fresh)), Study, key.public_hex)
        if len(opened.columns()) != COLUMNS:
            raise SystemExit("policy-decisions: another study was opened")

    with_packs_us = median_us(lambda: decided(packs), repeats)
    open_us = median_us(open_one, repeats)
    return {
        "columns": len(facts.study.columns()),
        "checks": sum(len(pack.checks) for pack in packs),
        "decide_us": median_us(lambda: decided(()), repeats),
        "decide_with_packs_us": with_packs_us,
        "open_us": open_us,
        "open_and_decide_us": open_us + with_packs_us,
    }


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    figures = {name: round(value, 1) for name, value in measured(arguments.repeats).items()}
    load = [round(each, 2) for each in os.getloadavg()]
    print(json.dumps({"bench": "policy_decisions", **figures, "load_average": load}))
    missed = [
        f"expected {name} of at most {bound}, got {figures[name]}"
        for name, bound in AT_MOST.items()
        if figures[name] > bound
    ]
    for line in missed:
        print(f"policy-decisions: {line}", file=sys.stderr)
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
