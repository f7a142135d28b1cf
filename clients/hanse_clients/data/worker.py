"""The warehouse worker: a short-lived process that alone opens the brand's data.

Run as `python -m hanse_clients.data.worker` by `WorkerSource`, never by hand.

Rules: it serves one asset, over its standard input and output only; it may not
write any file nor leave a memory image behind; it ends when its asker ends,
closes the pipe, or asks nothing for a while. SQL text is written by a process
of its own (`compiler`), which never opens the data. It holds no key, no certificate
and no connection, so whoever takes over the process that faces the network
finds no data in it, and whoever tricks this one finds no network.
"""

from __future__ import annotations

import resource
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from hanse_clients.data.compiler_process import ProcessCompiler
from hanse_clients.data.file_source import FileSource
from hanse_clients.data.line_process import LINE_BYTES
from hanse_clients.data.row_faults import possible_faults
from hanse_clients.data.source import MeasuringSource, WarehouseLimits
from hanse_clients.data.worker_messages import (
    QUESTIONS,
    CellsAnswer,
    CellsQuestion,
    CheckQuestion,
    ConsentAnswer,
    ConsentQuestion,
    DoneAnswer,
    FaultsAnswer,
    FaultsQuestion,
    PersonsAnswer,
    PersonsQuestion,
    RefusedAnswer,
    VersionAnswer,
    VersionQuestion,
    WorkerAnswer,
    WorkerQuestion,
    WorkerSetup,
    line_of,
)
from hanse_clients.errors import WorkerError
from hanse_policies.errors import HanseError

IDLE_SECONDS = 5.0
"""A worker that is asked nothing for so long ends; the next question starts another."""


def answer(source: MeasuringSource, question: WorkerQuestion) -> WorkerAnswer:
    """Answer one question; a refusal is an answer too."""
    try:
        return _answer(source, question)
    except HanseError as error:
        return RefusedAnswer(code=error.code, message=str(error))


def _answer(source: MeasuringSource, question: WorkerQuestion) -> WorkerAnswer:
    match question:
        case CheckQuestion():
            source.check()
            return DoneAnswer()
        case VersionQuestion():
            return VersionAnswer(version=source.version())
        case ConsentQuestion():
            state = source.consent_state(question.now)
            return ConsentAnswer(
                synced=state.synced,
                purposes=tuple(sorted(state.purposes)),
                fields=tuple(sorted(state.fields)),
            )
        case PersonsQuestion():
            count = source.persons(question.view)
            return PersonsAnswer(persons=count.persons, version=count.version)
        case FaultsQuestion():
            found = source.faults(question.view)
            possible = possible_faults(question.view)
            return FaultsAnswer(found=tuple(fault in found for fault in possible))
        case CellsQuestion():
            measured = source.cells(question.view, question.computation)
            pairs = tuple((cell.cell, cell.persons) for cell in measured.cells)
            return CellsAnswer(cells=pairs, version=measured.version)


def serve(questions: BinaryIO, answers: BinaryIO, idle_seconds: float) -> None:
    """Answer questions until there are none.

    Args:
        questions: Where lines come from, unbuffered; a pipe.
        answers: Where lines go.
        idle_seconds: How long to wait for a question.
    """
    lines = _lines(questions, idle_seconds)
    setup = WorkerSetup.model_validate_json(next(lines))
    limits = WarehouseLimits(setup.threads, setup.memory_mb)
    source = FileSource(setup.asset, Path(setup.folder), ProcessCompiler(), limits)
    for line in lines:
        answers.write(line_of(answer(source, QUESTIONS.validate_json(line))))
        answers.flush()


def _lines(questions: BinaryIO, idle_seconds: float) -> Iterator[bytes]:
    """Yield lines until the end of input, a line too long, or too long a silence."""
    waiting = bytearray()
    while len(waiting) <= LINE_BYTES:
        end = waiting.find(b"\n")
        if end >= 0:
            yield bytes(waiting[:end])
            del waiting[: end + 1]
            continue
        if not select.select([questions], [], [], idle_seconds)[0]:
            return
        more = questions.read(65536)
        if not more:
            return
        waiting += more


def main() -> int:
    """Give up what the work does not need, then serve the asker."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (
        open(0, "rb", buffering=0, closefd=False) as questions,
        open(1, "wb", closefd=False) as answers,
    ):
        try:
            serve(questions, answers, IDLE_SECONDS)
        except (ValidationError, StopIteration):
            return 2
        except BrokenPipeError:
            return 0
        except Exception as error:  # noqa: BLE001 - the outermost loop: tell and stop
            message = f"expected an answer, got a defect ({type(error).__name__}); report it"
            answers.write(line_of(RefusedAnswer(code=WorkerError.code, message=message)))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
