"""A TCP proxy on loopback that cuts connections and delays what passes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

CHUNK_BYTES = 1 << 16
WAIT_SECONDS = 15.0
"""How long a caller is kept waiting for a server that is away."""
DIAL_SECONDS = 0.05
_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing resets the connection, so that both ends see it broken."""


class FaultyNetwork:
    """Passes bytes between whoever connects to `port` and a server, as well as it is told to."""

    def __init__(self, server_port: int) -> None:
        """Prepare a proxy to a server on loopback; enter it to listen.

        Args:
            server_port: Where the server listens; it may come and go.
        """
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._delay_seconds = 0.0
        self._is_down = False
        self.cuts = 0
        """How many connections were cut."""
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._carry, "127.0.0.1", 0)
        self._listener = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = int(self._listener.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self.cut()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Break every connection there is now, in the middle of whatever passes."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    def delay(self, seconds: float) -> None:
        """Hold each piece that passes for so long, from now on."""
        self._delay_seconds = seconds

    def take_down(self) -> None:
        """Break every connection and let new ones wait until it is brought up."""
        self._is_down = True
        self.cut()

    def bring_up(self) -> None:
        """Let connections through again."""
        self._is_down = False

    async def _cut(self) -> None:
        for writer in tuple(self._writers):
            held = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            self.cuts += 1

    async def _end(self) -> None:
        carrying = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there, back = await self._reach_server()
        except TimeoutError:
            self._drop(writer)
            return
        self._writers.add(back)
        ways = [self._pass(reader, back), self._pass(there, writer)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._drop(back)
            self._drop(writer)

    async def _reach_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Dial the server until it is there: a caller waits, as behind a network that is down."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                if not self._is_down:
                    with contextlib.suppress(OSError):
                        return await asyncio.open_connection("127.0.0.1", self._server_port)
                await asyncio.sleep(DIAL_SECONDS)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(CHUNK_BYTES):
                if self._delay_seconds:
                    await asyncio.sleep(self._delay_seconds)
                writer.write(piece)
                await writer.drain()
