"""Wait until every brand has said yes or no to a study, and say who said what.

python examples/await_verdicts.py OPERATOR_FOLDER STUDY
"""

from __future__ import annotations

import argparse
import time

from hanse_federation.desk import StudyStatus
from hanse_server.alliance import Alliance

PATIENCE_SECONDS = 60


def await_verdicts(alliance: Alliance, digest: str) -> StudyStatus:
    """Wait until every brand has decided, or patience runs out."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        status = alliance.status()
        study = next(study for study in status.studies if study.digest == digest)
        heard = len(study.approved) + len(study.refused)
        if heard == len(status.enrolled) or time.monotonic() > give_up:
            return study
        time.sleep(0.5)


def show_verdicts(study: StudyStatus) -> None:
    """Print who approved, and who refused by which rules."""
    print(f"approved by: {', '.join(study.approved) or 'none'}")
    for brand, rules in study.refused:
        print(f"refused by {brand}: {', '.join(rules)}")


def main() -> None:
    """Wait for the verdicts on one study."""
    parser = argparse.ArgumentParser(description="Wait for the brands' verdicts.")
    parser.add_argument("home", help="the operator's folder")
    parser.add_argument("study", help="the study's id")
    arguments = parser.parse_args()
    alliance = Alliance.open(arguments.home)
    show_verdicts(await_verdicts(alliance, alliance.digest_of(arguments.study)))


if __name__ == "__main__":
    main()
