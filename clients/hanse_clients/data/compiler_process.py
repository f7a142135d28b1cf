"""Queries to SQL text in another process, so that this one never loads the compiler."""

from __future__ import annotations

from pydantic import ValidationError

from hanse_clients.data.line_process import LineProcess
from hanse_clients.data.queries import CompiledSql, SqlQuery
from hanse_clients.data.worker_messages import line_of
from hanse_clients.errors import WorkerError

COMPILER_MODULE = "hanse_clients.data.compiler"
COMPILE_SECONDS = 60.0


class ProcessCompiler:
    """Compiles in a process of its own, which ends when this one does."""

    def __init__(self) -> None:
        """Remember nothing yet; the process starts with the first query."""
        self._process: LineProcess | None = None

    def compile(self, query: SqlQuery) -> str:
        """Return the text of a query in DuckDB's SQL.

        Raises:
            WorkerError: The compiler process failed.
        """
        if self._process is None:
            self._process = LineProcess(COMPILER_MODULE)
        line = self._process.ask(line_of(query), COMPILE_SECONDS)
        try:
            return CompiledSql.model_validate_json(line or b"").sql
        except ValidationError:
            self.close()
            raise WorkerError(
                "expected SQL text from the compiler process, got none; report it"
            ) from None

    def close(self) -> None:
        """End the process, if one runs."""
        if self._process is not None:
            self._process.end()
            self._process = None
