"""How a desk is called from the server's event loop.

A desk's methods block, so each call runs on a thread. A stream of answers runs
on one thread of its own from its first answer to its closing, because it may
last, and because a generator must not be closed while it works.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import grpc

from hanse_server.authority import Caller
from hanse_server.link.admission import Admission, ServicerContext, code_only
from hanse_server.store.records import CallerRole

STREAMS_PER_CALLER = 8
"""Each takes a thread, so no caller may have many at a time."""

TOO_MANY_CALLS = "too-many-calls"

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class DeskCalls:
    """Admits callers of one role and runs their calls."""

    admission: Admission
    role: CallerRole
    threads: ThreadPoolExecutor
    streams: Counter[Caller] = field(default_factory=Counter)

    async def unary(self, context: ServicerContext, answer: Callable[[Caller], AnswerT]) -> AnswerT:
        """Give one answer, or end the rpc with a code."""
        async with code_only(context):
            caller = await self.admission.admit(context, self.role)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.threads, answer, caller)

    async def stream(
        self, context: ServicerContext, answers: Callable[[Caller], Iterator[AnswerT]]
    ) -> AsyncIterator[AnswerT]:
        """Give answers as they come; close their generator when the caller leaves."""
        async with code_only(context):
            caller = await self.admission.admit(context, self.role)
            if self.streams[caller] >= STREAMS_PER_CALLER:
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, TOO_MANY_CALLS)
            self.streams[caller] += 1
            loop = asyncio.get_running_loop()
            thread = ThreadPoolExecutor(1, thread_name_prefix="desk-stream")
            sequence = _Answers(partial(answers, caller))
            try:
                while True:
                    answer = await loop.run_in_executor(thread, sequence.next)
                    if answer is None:
                        return
                    yield answer
            finally:
                self.streams[caller] -= 1
                thread.submit(sequence.close)
                thread.shutdown(wait=False)


class _Answers(Generic[AnswerT]):
    """A generator that is begun, continued and closed on the same thread."""

    def __init__(self, begin: Callable[[], Iterator[AnswerT]]) -> None:
        self._begin = begin
        self._iterator: Iterator[AnswerT] | None = None

    def next(self) -> AnswerT | None:
        """Give the next answer, or None after the last."""
        if self._iterator is None:
            self._iterator = self._begin()
        return next(self._iterator, None)

    def close(self) -> None:
        """Let a generator run its `finally` blocks."""
        if isinstance(self._iterator, Generator):
            self._iterator.close()
