"""Microseconds per decision on a study of 51 columns, without packs and with all that ship.

    python bench/decision.py [--repeats 200]

Prints one JSON line. The documents are parsed before; the packs are compiled before.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "policies")]

from hanse_policies.documents.legal_pack import Change  # noqa: E402
from hanse_policies.engine import decide  # noqa: E402
from hanse_policies.facts import Facts  # noqa: E402
from hanse_policies.packs.examples import example_facts  # noqa: E402
from hanse_policies.packs.in_force import PackInForce  # noqa: E402
from hanse_policies.packs.shipped import example_documents, shipped_packs  # noqa: E402
from hanse_policies.rules.packs import check  # noqa: E402

BLOCK = 20
MORE_COLUMNS = 48


def wide_facts() -> Facts:
    """Make the facts of the examples' study with 48 more columns."""
    documents = example_documents()
    trees = {role: document.model_dump(mode="json") for role, document in documents.items()}
    names = [f"feature_{number}" for number in range(MORE_COLUMNS)]
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


def microseconds(work: Callable[[], object], repeats: int) -> float:
    """Time `work()`, the best of many short blocks, since other processes disturb."""
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        for _ in range(BLOCK):
            work()
        best = min(best, time.perf_counter() - started)
    return round(best / BLOCK * 1e6, 1)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Microseconds per decision.")
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    facts = wide_facts()
    packs = tuple(PackInForce.unsigned(loaded.document) for loaded in shipped_packs())

    def work(handed: tuple[PackInForce, ...]) -> Callable[[], object]:
        return lambda: decide(
            facts.study,
            charter=facts.charter,
            policy=facts.policy,
            asset=facts.asset,
            consent=facts.consent,
            budget=facts.budget,
            now=facts.now,
            signature=facts.signature,
            packs=handed,
        )

    with_packs = replace(facts, packs=packs)
    figures = {
        "columns": len(facts.study.columns()),
        "checks": sum(len(pack.checks) for pack in packs),
        "decide_us": microseconds(work(()), repeats),
        "decide_with_packs_us": microseconds(work(packs), repeats),
        "packs_alone_us": microseconds(lambda: check(with_packs, 0), repeats),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
