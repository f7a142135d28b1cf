"""Check an opened contribution against what its brand signed.

python examples/check_opening.py operator for-the-auditor.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from hanse_federation.codec import reply_payload_from_wire
from hanse_federation.opened_contribution import OpenedContribution
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_server.home import OperatorHome
from hanse_server.store import AggregationStep, QuestionKey


def main() -> None:
    """Find the brand's signed advertisement in the operator's store and compare."""
    home, opened = OperatorHome.open(Path(sys.argv[1])), _read(Path(sys.argv[2]))
    with home.open_store() as store:
        for run in store.runs.runs(opened.study):
            key = QuestionKey(run.run, opened.question, opened.round_number)
            attempt = store.rounds.attempt_of(key)
            if attempt is None:
                continue
            for envelope in store.rounds.envelopes(key, attempt.attempt):
                is_theirs = envelope.brand == opened.brand and envelope.content is not None
                if envelope.step is AggregationStep.JOIN and is_theirs:
                    reply = reply_payload_from_wire(envelope.content or b"")
                    if isinstance(reply, JoinReply):
                        opened.verify(reply.advertisement)
                        print(
                            f"{opened.brand} signed this contribution: {opened.ring_bits} bits, "
                            f"{opened.length} numbers"
                        )
                        return
    sys.exit(f"no advertisement of {opened.brand} for that question in the operator's store")


def _read(path: Path) -> OpenedContribution:
    return OpenedContribution.model_validate_json(path.read_bytes())


if __name__ == "__main__":
    main()
