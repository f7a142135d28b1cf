"""Queries to SQL text, in this process, by ibis.

Run as `python -m hanse_clients.data.compiler` it is the compiler process of a
warehouse worker: a query a line on standard input, its text a line on standard
output, until the input ends. It opens no file, no database and no connection.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import ibis.expr.types as ir
from pydantic import ValidationError

from hanse_clients.data.consent_expression import (
    last_sync_expression,
    next_change_expression,
    tainted_count_expression,
)
from hanse_clients.data.ended_expression import ended_counts_expression
from hanse_clients.data.expression import (
    compile_sql,
    person_count_expression,
    view_expression,
)
from hanse_clients.data.fault_expression import faults_expression
from hanse_clients.data.queries import (
    QUERIES,
    CellsQuery,
    CompiledSql,
    EndedConsentsQuery,
    FaultsQuery,
    LastSyncQuery,
    NextChangeQuery,
    PersonsQuery,
    RowsQuery,
    SqlQuery,
    TaintedQuery,
)
from hanse_clients.data.view import MinimalView
from hanse_clients.data.worker_messages import line_of
from hanse_federation.measurements import measurement_for


class InProcessCompiler:
    """Compiles here; for processes that train, for preflights and for tests."""

    def compile(self, query: SqlQuery) -> str:
        """Return the text of a query in DuckDB's SQL."""
        return compile_sql(_expression(query))


def _expression(query: SqlQuery) -> ir.Table:
    match query:
        case CellsQuery():
            measurement = measurement_for(query.computation)
            return measurement.encode(view_expression(query.view))
        case LastSyncQuery():
            return last_sync_expression(query.asset, query.now)
        case EndedConsentsQuery():
            return ended_counts_expression(query.asset, query.purpose_word, query.used, query.now)
        case _:
            return _OF_VIEW[type(query)](query.view)


_OF_VIEW: dict[type[SqlQuery], Callable[[MinimalView], ir.Table]] = {
    RowsQuery: view_expression,
    PersonsQuery: person_count_expression,
    FaultsQuery: faults_expression,
    NextChangeQuery: next_change_expression,
    TaintedQuery: tainted_count_expression,
}


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
