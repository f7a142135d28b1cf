"""A brand as a process of its own: `python -m tests.support.brand_process FOLDER ADDRESS MODE`.

The folder holds key.pem, certificate.pem and ca.pem. Mode `sleep` takes a request,
says so on standard output and never answers; `echo` gives parameters back, and
prints its peak memory in MiB when asked for its cohort.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hanse_clients.link import BrandConnection
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.messages import CohortReply, ReplyPayload, Request, TrainReply, TrainRequest


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class _Sleeper:
    def answer(self, request: Request) -> ReplyPayload:
        say("asked")
        time.sleep(600)
        return CohortReply(request.binding.round_number)


class _Echo:
    def answer(self, request: Request) -> ReplyPayload:
        if isinstance(request.payload, TrainRequest):
            return TrainReply(request.payload.parameters, 1)
        say(str(peak_mebibytes()))
        forget_peak()
        return CohortReply(1)


def peak_mebibytes() -> int:
    """Read this process's peak of resident memory since `forget_peak`."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


@contextmanager
def brand_process(
    folder: Path, credentials: TlsCredentials, address: str, mode: str
) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir(exist_ok=True)
    (folder / "key.pem").write_bytes(credentials.private_key_pem)
    (folder / "certificate.pem").write_bytes(credentials.certificate_pem)
    (folder / "ca.pem").write_bytes(credentials.ca_pem)
    command = [sys.executable, "-m", "tests.support.brand_process", str(folder), address, mode]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    folder, address, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    names = ("key.pem", "certificate.pem", "ca.pem")
    credentials = TlsCredentials(*((folder / name).read_bytes() for name in names))
    responder = _Sleeper() if mode == "sleep" else _Echo()
    connection = BrandConnection(
        address,
        credentials,
        responder,
        clock=lambda: datetime.now(UTC),
        unsafe_plaintext_replies=True,
    )
    connection.run(threading.Event())


if __name__ == "__main__":
    main()
