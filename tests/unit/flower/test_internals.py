"""The contract with each non-public Flower name that the bridge uses.

Run this file against every Flower release before the pin is widened.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Array, ConfigRecord, Error, Message, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, Strategy
from flwr.supercore import telemetry
from flwr.supercore.task_identity import TaskIdentity

import hanse_flower
from hanse_flower import internals
from hanse_policies.documents import BrandId
from tests.support.fake_link import FakeLink

JsonValue = str | float | list[str]
PACKAGE = Path(hanse_flower.__file__).parent
PUBLIC = ("flwr.app", "flwr.clientapp", "flwr.serverapp", "flwr.serverapp.strategy")


def in_fresh_process(code: str) -> dict[str, JsonValue]:
    """Run code that prints one JSON value, in a process that has imported nothing."""
    paths = [str(PACKAGE.parents[1] / part) for part in ("policies", "federation", "flower")]
    prelude = f"import sys; sys.path[:0] = {paths!r}\nimport json, os\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True
    )
    result: dict[str, JsonValue] = json.loads(done.stdout)
    return result


def flower_modules_imported_by(source: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name for name in names if name.split(".")[0] == "flwr"}


@pytest.mark.parametrize("source", sorted(PACKAGE.glob("*.py")), ids=lambda p: p.name)
def test_only_internals_imports_what_flower_does_not_publish(source: Path) -> None:
    private = flower_modules_imported_by(source) - set(PUBLIC)
    assert not private or source.name == "internals.py"


def message(run: int = 7, content: RecordDict | None = None) -> Message:
    return internals.message_of_run(
        RecordDict() if content is None else content,
        run=run,
        message_id="ab" * 16,
        message_type="query.cohort",
        node_id=2**62 + 5,
        group_id="3",
        ttl_seconds=60.0,
    )


def test_make_message_takes_metadata_and_does_not_copy_content() -> None:
    content = RecordDict({"config": ConfigRecord({"server-round": 3})})
    assert message(content=content).content is content


def test_metadata_keeps_run_identifier_and_node_up_to_63_bits() -> None:
    metadata = message(run=2**63 - 1).metadata
    assert (metadata.run_id, metadata.message_id, metadata.dst_node_id) == (
        2**63 - 1,
        "ab" * 16,
        2**62 + 5,
    )


def test_reply_turns_the_message_round_without_process_state() -> None:
    asked = message()
    reply = Message(RecordDict(), reply_to=asked).metadata
    assert (reply.run_id, reply.reply_to_message_id, reply.group_id) == (7, "ab" * 16, "3")
    assert (reply.src_node_id, reply.dst_node_id) == (2**62 + 5, internals.OPERATOR_NODE_ID)
    assert 0 < reply.ttl <= 60


def test_error_replaces_content_and_keeps_the_sender() -> None:
    reply = Message(RecordDict(), reply_to=message())
    failed = internals.with_error(reply, Error(code=102, reason="reply-not-finite"))
    assert not failed.has_content()
    assert failed.metadata.src_node_id == reply.metadata.src_node_id


def test_message_type_that_flower_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid message type"):
        internals.message_of_run(
            RecordDict(),
            run=1,
            message_id="",
            message_type="custom.x",
            node_id=5,
            group_id="",
            ttl_seconds=1.0,
        )


def test_task_identity_is_unset_until_adopted_and_then_constant() -> None:
    result = in_fresh_process(
        "from hanse_flower import internals as i\n"
        "from flwr.app import Message, RecordDict\n"
        "try:\n    Message(RecordDict(), 5, 'train'); before = 'built'\n"
        "except RuntimeError: before = 'refused'\n"
        "i.adopt_process_identity(); m = Message(RecordDict(), 5, 'train').metadata\n"
        "print(json.dumps({'before': before, 'run': m.run_id, 'node': m.src_node_id,"
        " 'process': i.process_run_id()}))"
    )
    assert result == {"before": "refused", "run": 0, "node": 1, "process": 0}


def test_identity_of_a_stock_flower_process_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("_run_id", 77), ("_node_id", 1), ("_task_id", 5)):
        monkeypatch.setattr(TaskIdentity, name, value)
    internals.adopt_process_identity()
    assert internals.process_run_id() == 77


def test_adopting_from_many_threads_gives_one_identity() -> None:
    threads = [threading.Thread(target=internals.adopt_process_identity) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert internals.process_run_id() == internals.UNBOUND_RUN_ID


def test_run_can_be_described_by_its_id_alone() -> None:
    assert internals.describe_run(2**63 - 1).run_id == 2**63 - 1


def test_grid_has_the_abstract_methods_that_are_implemented() -> None:
    assert Grid.__abstractmethods__ == {
        "create_message",
        "get_node_ids",
        "pull_messages",
        "push_messages",
        "run",
        "send_and_receive",
        "set_run",
    }


def test_grid_lists_nodes_from_node_ids() -> None:
    grid = hanse_flower.UnsafePlaintextGrid(
        FakeLink({}), 1, "0" * 64, [BrandId("aurora")], deadline_seconds=1.0
    )
    assert [node.node_id for node in grid.get_nodes()] == grid.get_node_ids()


def test_strategy_has_the_abstract_methods_that_the_floor_delegates() -> None:
    assert Strategy.__abstractmethods__ == {
        "aggregate_evaluate",
        "aggregate_train",
        "configure_evaluate",
        "configure_train",
        "summary",
    }


def test_floor_reads_the_minimums_that_strategies_wait_for() -> None:
    strategy = FedAvg(min_train_nodes=3, min_evaluate_nodes=4, min_available_nodes=5)
    assert (strategy.min_train_nodes, strategy.min_evaluate_nodes) == (3, 4)
    assert strategy.min_available_nodes == 5


def test_arrays_name_their_format_as_expected() -> None:
    assert Array(np.zeros(3, np.float32)).stype == internals.NUMPY_SERIALISATION


@pytest.mark.parametrize("first", ["", "import flwr.app\n"], ids=["fresh", "flower-first"])
def test_import_switches_off_telemetry_and_update_check(first: str) -> None:
    result = in_fresh_process(
        "os.environ.pop('FLWR_TELEMETRY_ENABLED', None)\n"
        "os.environ.pop('FLWR_DISABLE_UPDATE_CHECK', None)\n"
        f"{first}import hanse_flower\n"
        "from flwr.supercore import telemetry\n"
        "print(json.dumps({'flower': telemetry.FLWR_TELEMETRY_ENABLED,"
        " 'telemetry': os.environ['FLWR_TELEMETRY_ENABLED'],"
        " 'no-check': os.environ['FLWR_DISABLE_UPDATE_CHECK']}))"
    )
    assert result == {"flower": "0", "telemetry": "0", "no-check": "1"}


def test_telemetry_event_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("telemetry tried to connect")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    assert telemetry.create_event(telemetry.EventType.PING, None) == "disabled"


def test_import_stays_light_and_without_torch() -> None:
    result = in_fresh_process(
        "import psutil, hanse_flower\n"
        "heavy = [m for m in ('torch', 'opacus', 'ray', 'pandas', 'scipy', 'fastapi',"
        " 'sqlalchemy') if m in sys.modules]\n"
        "print(json.dumps({'heavy': heavy, 'mib': psutil.Process().memory_info().rss / 2**20}))"
    )
    assert result["heavy"] == []
    assert isinstance(result["mib"], float)
    assert result["mib"] < 100
