"""`hanse policy serve-docs` as a process: prints its address, serves, and ends as it should."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from hanse_policies.command import installed_groups, run

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"


@contextmanager
def serving(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "hanse_policies.command", "policy", "serve-docs", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_ends_with_0(number: signal.Signals) -> None:
    with serving(str(SAMPLES / "retail-eu"), "--port", "0", "--lang", "zh") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.removeprefix("serving at ").partition(";")[0]
        with urlopen(address) as answer:  # noqa: S310 - the address that it printed
            assert 'lang="zh-Hans"' in answer.read().decode()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")


def test_json_gives_the_address() -> None:
    with serving("--port", "0", "--json") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        found = json.loads("".join(lines))
        assert found["address"].startswith("http://127.0.0.1:")
        assert found["address"].endswith("/en/")


def test_a_port_that_is_taken_ends_with_6(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = run(["policy", "serve-docs", "--port", str(port)], installed_groups())
    assert code == 6
    error = capsys.readouterr().err
    assert error.startswith(f"address-unavailable: cannot listen on 127.0.0.1:{port}: ")
    assert "--port 0" in error


def test_a_folder_that_is_none_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["policy", "serve-docs", str(tmp_path / "none"), "--port", "0"]
    assert run(command, installed_groups()) == 3
    assert capsys.readouterr().err.startswith("document-file: ")


def test_a_key_that_is_none_ends_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "serve-docs", "--port", "0", "--key", "abc"], installed_groups()) == 4
    assert capsys.readouterr().err.startswith("public-key-invalid: ")
