"""A compliance officer's day in Python: what would each policy say to each study?

The base install is enough. Nothing is assumed about signatures here, nor of newer
charters, so the rules on them deny as well and are left out of what is printed.

    python examples/decide_on_a_study.py [FOLDER]
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import hanse_policies as hanse
from hanse_policies.documents import Verdict

SAMPLES = Path(__file__).parents[1] / "policies" / "samples"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
"""The samples are of 2026."""

UNASSUMED = ("signature.", "charter.accepted")


def refusals(folder: Path, study_file: Path) -> list[str]:
    """Decide on one study and say which rules refuse it, with the change that would permit it."""
    study = hanse.load_study(study_file)
    charter = hanse.load_charter(folder / "charter.yaml")
    policy = hanse.load_policy(folder / "policy.yaml")
    asset = hanse.load_asset(folder / "asset.yaml")
    privacy = study.document.privacy
    decision = hanse.decide(
        study.document,
        charter=charter.document,
        policy=policy.document,
        asset=asset.document,
        consent=hanse.ConsentState(
            NOW, frozenset(asset.document.consent.purposes), asset.document.consent.told
        ),
        budget=hanse.BudgetState(0.0, privacy.epsilon, privacy.delta),
        now=NOW,
        approvals=hanse.ApprovalState(needed=0, roles=()),
        asset_approvals=hanse.ApprovalState(needed=0, roles=()),
        sources=hanse.Sources(study.source, charter.source, policy.source, asset.source),
    )
    return [
        f"{finding.rule} ({finding.source}): {finding.fix}"
        for finding in decision.report().findings
        if finding.verdict is Verdict.DENY and not finding.rule.startswith(UNASSUMED)
    ]


def main() -> None:
    """Decide on every study of a folder that also holds charter, policy and asset."""
    parser = argparse.ArgumentParser(description="Rehearse decisions on the studies of a folder.")
    parser.add_argument("folder", type=Path, nargs="?", default=SAMPLES)
    folder: Path = parser.parse_args().folder
    for study_file in sorted(folder.glob("study-*.yaml")):
        found = refusals(folder, study_file)
        print(f"{study_file.name}: {'refused' if found else 'permitted'}")
        for line in found:
            print(f"  {line}")


if __name__ == "__main__":
    main()
