"""A helper process that answers a line with a line, over two pipes and nothing else.

Rules: the helper gets an environment of its own and no file descriptor of this
process but the pipes, so no socket, key file or database; its answer is
awaited until a deadline and up to a length; it is killed when it fails either.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from hanse_clients.errors import WorkerError

LINE_BYTES = 8 * 1024 * 1024
"""Longest line accepted from the other side."""


class LineProcess:
    """One helper process and the pipes to it."""

    def __init__(self, module: str) -> None:
        """Start `python -m module` with the packages of this process.

        Args:
            module: The helper's module, one of this package.
        """
        environment = {
            "PYTHONPATH": os.pathsep.join(str(Path(part).absolute()) for part in sys.path if part),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env=environment,
            close_fds=True,
        )
        self._received = bytearray()

    @property
    def pid(self) -> int:
        """The helper's process id."""
        return self._process.pid

    def ask(self, lines: bytes, seconds: float) -> bytes | None:
        """Send lines and return the next line of the answer.

        Args:
            lines: What to send, newlines included.
            seconds: How long to wait for the answer.

        Returns:
            The line without its newline, or None if the helper has ended.

        Raises:
            WorkerError: No answer in time, or one too long; the helper is killed.
        """
        deadline = time.monotonic() + seconds
        try:
            self._send(lines)
        except BrokenPipeError:
            self.end()
            return None
        for chunk in self._chunks(deadline):
            self._received += chunk
            line, newline, rest = self._received.partition(b"\n")
            if newline:
                self._received = rest
                return bytes(line)
            if len(self._received) > LINE_BYTES:
                self.end()
                raise WorkerError(
                    f"expected an answer of at most {LINE_BYTES} bytes from the warehouse worker, "
                    "got more; report it"
                )
        self.end()
        return None

    def end(self) -> None:
        """Kill the helper and wait until it is gone; it holds nothing that needs saving."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, lines: bytes) -> None:
        if self._process.stdin is None or self._process.stdin.closed:
            raise BrokenPipeError
        unsent = memoryview(lines)
        while unsent:
            unsent = unsent[os.write(self._process.stdin.fileno(), unsent) :]

    def _chunks(self, deadline: float) -> Iterator[bytes]:
        """Yield what arrives until the helper closes its end."""
        stdout = self._process.stdout
        while stdout is not None:
            remaining = max(0.0, deadline - time.monotonic())
            if not select.select([stdout], [], [], remaining)[0]:
                self.end()
                raise WorkerError(
                    "expected an answer of the warehouse worker in time, got none; ask again, or "
                    "allow more time or memory if the table has grown"
                )
            chunk = stdout.read(65536)
            if not chunk:
                return
            yield chunk
