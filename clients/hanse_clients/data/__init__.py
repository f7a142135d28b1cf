"""The brand's data: the minimal view, and sources that answer questions about it.

What touches the data itself is imported from its own module, so that a process
that faces the network loads neither the database nor the compiler:
`duckdb_source.DuckDBSource`, `expression.view_sql`, `preflight.preflight`.
"""

from hanse_clients.data.source import (
    DataSource,
    MeasuredCell,
    MeasuredCells,
    MeasuringSource,
    PersonCount,
    ScoringRows,
    TrainingRows,
    WarehouseLimits,
)
from hanse_clients.data.view import MinimalView, ViewColumn, ViewUse, view_for
from hanse_clients.data.worker_source import WorkerSource

__all__ = [
    "DataSource",
    "MeasuredCell",
    "MeasuredCells",
    "MeasuringSource",
    "MinimalView",
    "PersonCount",
    "ScoringRows",
    "TrainingRows",
    "ViewColumn",
    "ViewUse",
    "WarehouseLimits",
    "WorkerSource",
    "view_for",
]
