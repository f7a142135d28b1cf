"""The only module that touches what Flower does not publish.

Everything else imports `flwr.app`, `flwr.clientapp` and `flwr.serverapp`
alone. Each name used here has a contract test in
`tests/unit/flower/test_internals.py` that says what is relied on, so a Flower
release that moves one fails there and nowhere else.

Flower builds a message from `TaskIdentity`, one mutable set of ids a process.
Several runs share the operator's process, so no id of a run is ever written
there: the process gets one constant identity, and a grid stamps its own run
onto each message when it sends it.
"""

from __future__ import annotations

import logging
import os
import threading

from flwr.app import Error, Message, Metadata, RecordDict
from flwr.app.message import make_message
from flwr.common.constant import SUPERLINK_NODE_ID, SType
from flwr.supercore import telemetry
from flwr.supercore.date import now
from flwr.supercore.logger import update_console_handler
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

__all__ = [
    "NUMPY_SERIALISATION",
    "OPERATOR_NODE_ID",
    "UNBOUND_RUN_ID",
    "Run",
    "adopt_process_identity",
    "describe_run",
    "message_of_run",
    "process_run_id",
    "switch_off_reporting",
    "with_error",
]

NUMPY_SERIALISATION = SType.NUMPY
"""How an array says that its bytes are in the npy format."""

OPERATOR_NODE_ID = SUPERLINK_NODE_ID
"""The node id under which the operator asks; no brand may have it."""

UNBOUND_RUN_ID = 0
"""The run id of a message that no grid has sent yet."""

_identity_lock = threading.Lock()


def switch_off_reporting() -> None:
    """Stop Flower's telemetry and update check, here and in child processes.

    The variables alone would come too late for a process that imported Flower
    before this package: telemetry reads its variable at import. Flower's own
    console log is set to warnings unless `FLWR_LOG_LEVEL` asks otherwise.
    """
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
    os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"
    telemetry.FLWR_TELEMETRY_ENABLED = "0"
    if not os.environ.get("FLWR_LOG_LEVEL"):
        update_console_handler(level=logging.WARNING)


def adopt_process_identity() -> None:
    """Give the process an identity, so that Flower's strategies can build messages.

    The identity is the same for every run; one that a stock Flower process set
    before is left as it is.
    """
    with _identity_lock:
        try:
            _ = (TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id)
        except RuntimeError:
            TaskIdentity.run_id = UNBOUND_RUN_ID
            TaskIdentity.node_id = OPERATOR_NODE_ID
            TaskIdentity.task_id = 0


def process_run_id() -> int:
    """Return the run id that Flower writes into messages built in this process."""
    return TaskIdentity.run_id


def message_of_run(
    content: RecordDict,
    *,
    run: int,
    message_id: str,
    message_type: str,
    node_id: int,
    group_id: str,
    ttl_seconds: float,
) -> Message:
    """Build a message from the operator to a brand without reading process state.

    Args:
        content: What the message holds; not copied.
        run: The run it belongs to.
        message_id: Its identifier; empty until it is sent.
        message_type: `train`, `evaluate` or `query.<action>`.
        node_id: The brand's node id.
        group_id: The round, in decimal; may be empty.
        ttl_seconds: How long the message and its reply are of use, > 0.

    Returns:
        The message; a reply made with `Message(..., reply_to=it)` carries its
        run, its identifier and the two nodes the other way round.

    Raises:
        ValueError: Flower knows no such `message_type`.
    """
    metadata = Metadata(
        run_id=run,
        message_id=message_id,
        src_node_id=OPERATOR_NODE_ID,
        dst_node_id=node_id,
        reply_to_message_id="",
        group_id=group_id,
        created_at=now().timestamp(),
        ttl=ttl_seconds,
        message_type=message_type,
    )
    return make_message(metadata, content=content)


def with_error(reply: Message, error: Error) -> Message:
    """Return the reply with an error in place of its content, from the same sender."""
    return make_message(reply.metadata, error=error)


def describe_run(run: int) -> Run:
    """Return Flower's description of a run that has an id and nothing else."""
    return Run.create_empty(run)
