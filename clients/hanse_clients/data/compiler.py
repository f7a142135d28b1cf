"""Queries to SQL text, in this process, by ibis.

Run as `python -m hanse_clients.data.compiler` it is the compiler process of a
warehouse worker: a query a line on standard input, its text a line on standard
output, until the input ends. It opens no file, no database and no connection.
"""

from __future__ import annotations

import signal
import sys

from pydantic import ValidationError

from hanse_clients.data.expression import (
    compile_sql,
    last_sync_expression,
    next_change_expression,
    person_count_expression,
    view_expression,
)
from hanse_clients.data.fault_expression import faults_expression
from hanse_clients.data.queries import (
    QUERIES,
    CellsQuery,
    CompiledSql,
    FaultsQuery,
    LastSyncQuery,
    NextChangeQuery,
    PersonsQuery,
    RowsQuery,
    SqlQuery,
)
from hanse_clients.data.worker_messages import line_of
from hanse_federation.measurements import measurement_for


class InProcessCompiler:
    """Compiles here; for processes that train, for preflights and for tests."""

    def compile(self, query: SqlQuery) -> str:
        """Return the text of a query in DuckDB's SQL."""
        match query:
            case RowsQuery():
                return compile_sql(view_expression(query.view))
            case PersonsQuery():
                return compile_sql(person_count_expression(query.view))
            case FaultsQuery():
                return compile_sql(faults_expression(query.view))
            case CellsQuery():
                measurement = measurement_for(query.computation)
                return compile_sql(measurement.encode(view_expression(query.view)))
            case NextChangeQuery():
                return compile_sql(next_change_expression(query.view))
            case LastSyncQuery():
                return compile_sql(last_sync_expression(query.asset, query.now))


def main() -> int:
    """Compile what the worker asks, line by line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compiler = InProcessCompiler()
    try:
        for line in sys.stdin.buffer:
            text = compiler.compile(QUERIES.validate_json(line))
            sys.stdout.buffer.write(line_of(CompiledSql(sql=text)))
            sys.stdout.buffer.flush()
    except ValidationError:
        return 2
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
