"""An operator's day in Python: propose a study, wait for the brands, run it, read the result.

`hanse operator serve` must be running, and the brands with it.

    python examples/run_a_study.py OPERATOR_FOLDER STUDY.yaml
"""

from __future__ import annotations

import argparse

from await_verdicts import await_verdicts, show_verdicts
from read_release import show

from hanse_federation.desk import RunStage
from hanse_server.alliance import Alliance


def main() -> int:
    """Run one study to its end; return 0 where there is a release."""
    parser = argparse.ArgumentParser(description="Propose and run a study.")
    parser.add_argument("home", help="the operator's folder")
    parser.add_argument("study", help="the study, a YAML document")
    arguments = parser.parse_args()
    alliance = Alliance.open(arguments.home)
    digest = alliance.propose(arguments.study)
    show_verdicts(await_verdicts(alliance, digest))
    for event in alliance.run(digest):
        print(f"{event.stage} {event.round_number or ''}".rstrip())
        if event.stage is RunStage.RELEASED:
            show(alliance.release(event.release).card)
            return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
