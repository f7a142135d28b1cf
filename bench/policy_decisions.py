"""What a brand's decision on a study costs, and what opening its documents does.

    python bench/policy_decisions.py [--check] [--repeats 4000]

A study of 50 columns of several kinds, with the three legal packs that ship and without,
permitted and refused. Medians of processor time, in one process, the works measured in
turns, so that what else the machine does for a moment falls on all alike: `decide` on documents
that are parsed and packs that are compiled; and, for a study as it comes over the wire,
verifying the signature, parsing, validating, comparing with the canonical form and then
deciding, each time of one never seen before.
Prints one JSON line; `--check` ends with 1 when a bound is missed and says which.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "policies")]

from hanse_policies.documents import Study, Verdict  # noqa: E402
from hanse_policies.documents.legal_pack import Change  # noqa: E402
from hanse_policies.engine import decide  # noqa: E402
from hanse_policies.facts import ApprovalState, BudgetState, Facts  # noqa: E402
from hanse_policies.packs.examples import example_facts  # noqa: E402
from hanse_policies.packs.in_force import PackInForce  # noqa: E402
from hanse_policies.packs.shipped import example_documents, shipped_packs  # noqa: E402
from hanse_policies.signing import Envelope, SigningKey, open_envelope  # noqa: E402

COLUMNS = 50
CATEGORIES = (
    "user.behavior.purchase_history",
    "user.behavior.browsing_history",
    "user.demographic.language",
    "user.financial",
    "user.location.imprecise",
)
"""Of the columns, in turn; the fourth is stated as sensitive."""
AT_MOST = {
    "permit_us": 100.0,
    "permit_with_packs_us": 100.0,
    "refuse_with_packs_us": 100.0,
    "open_and_decide_us": 1000.0,
}
"""Bounds, in microseconds."""
TURNS = 20
Tree = dict[str, Any]


def wide_facts() -> Facts:
    """Make the facts of the packs' example study, widened to so many columns and permitted."""
    documents = example_documents()
    trees = {role: document.model_dump(mode="json") for role, document in documents.items()}
    asset, policy, study = trees["asset"], trees["policy"], trees["study"]
    widen(asset["columns"], policy["permits"][0]["columns"], study["computation"]["features"])
    period = {"starts": policy["active_from"], "period_days": 365}
    budget = {"purpose": study["purpose"], "epsilon": 4.0, "delta": 1e-5, **period}
    export = {"mechanism": "standard-contract", "persons_at_most": 900}
    changed: Tree = {
        "asset.columns": asset["columns"],
        "asset.consent.basis": {"constant": "separate-consent"},
        "asset.consent.jurisdiction": {"constant": "CN"},
        "policy.consent.jurisdictions": ["CN"],
        "asset.consent.notice": {"constant": "2026-05"},
        "policy.consent.notices": ["2026-05"],
        "policy.budgets": [budget],
        "policy.export": export | {"sensitive_persons_at_most": 900},
        "policy.permits.0.columns": policy["permits"][0]["columns"],
        "study.computation.features": study["computation"]["features"],
    }
    facts = example_facts(documents, (Change(at=at, value=value) for at, value in changed.items()))
    return replace(
        facts,
        budget=BudgetState(epsilon_spent=0.0, epsilon_if_run=1.0, delta=1e-6),
        approvals=ApprovalState(needed=0, roles=()),
        asset_approvals=ApprovalState(needed=0, roles=()),
    )


def widen(columns: list[Tree], permitted: list[Tree], features: list[Tree]) -> None:
    """Add columns to an asset, a permit and a study until the study reads so many."""
    column, reason, feature = columns[0], permitted[0], features[0]
    for number in range(COLUMNS - len(features) - 1):
        name, category = f"feature_{number}", CATEGORIES[number % len(CATEGORIES)]
        is_sensitive = category == "user.financial"
        stated = "sensitive" if is_sensitive else "ordinary"
        columns.append(column | {"name": name, "category": category, "sensitivity": stated})
        permitted.append(reason | {"name": name, "sensitive": is_sensitive})
        features.append(feature | {"column": name})


def medians_us(works: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the medians of processor time in microseconds, of works done in turns."""
    times: dict[str, list[int]] = {name: [] for name in works}
    for _ in range(TURNS):
        for name, work in works.items():
            for _ in range(repeats // TURNS):
                start = time.process_time_ns()
                work()
                times[name].append(time.process_time_ns() - start)
    return {name: statistics.median(found) / 1000 for name, found in times.items()}


def signed_studies(study: Study, key: SigningKey, number: int) -> Iterator[bytes]:
    """Sign so many versions of a study, none of them seen before."""
    versions = range(1, number + 1)
    return iter([key.sign(study.model_copy(update={"version": v})).to_json() for v in versions])


def decided(facts: Facts, packs: tuple[PackInForce, ...], expected: Verdict) -> None:
    """Decide once.

    Raises:
        SystemExit: The verdict is another than expected, and so its cost is no measure.
    """
    decision = decide(
        facts.study,
        charter=facts.charter,
        policy=facts.policy,
        asset=facts.asset,
        consent=facts.consent,
        budget=facts.budget,
        now=facts.now,
        signature=facts.signature,
        approvals=facts.approvals,
        asset_approvals=facts.asset_approvals,
        packs=packs,
    )
    if decision.verdict is not expected:
        raise SystemExit(f"policy-decisions: expected {expected}: {decision.explain()}")


def measured(repeats: int) -> dict[str, float]:
    """Measure all that is printed."""
    facts, key = wide_facts(), SigningKey.generate()
    packs = tuple(PackInForce.unsigned(loaded.document) for loaded in shipped_packs())
    foreign = replace(facts, study=facts.study.model_copy(update={"recipients": ("nobody-known",)}))
    fresh = signed_studies(facts.study, key, 2 * repeats)

    def opened() -> Study:
        return open_envelope(Envelope.from_json(next(fresh)), Study, key.public_hex)

    def open_and_decide() -> None:
        decided(replace(facts, study=opened()), packs, Verdict.PERMIT)

    works = {
        "permit_us": lambda: decided(facts, (), Verdict.PERMIT),
        "permit_with_packs_us": lambda: decided(facts, packs, Verdict.PERMIT),
        "refuse_with_packs_us": lambda: decided(foreign, packs, Verdict.DENY),
        "open_us": opened,
        "open_and_decide_us": open_and_decide,
    }
    columns, checks = len(facts.study.columns()), sum(len(pack.checks) for pack in packs)
    return {"columns": columns, "checks": checks, **medians_us(works, repeats)}


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=4000)
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
