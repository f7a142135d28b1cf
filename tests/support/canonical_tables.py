"""The two canonical tables in a plain DuckDB, with no code of the data source: SQL text alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import ibis.expr.types as ir

from hanse_clients.data.expression import compile_sql
from tests.support.brand_tables import ConsentRow, PersonRow


class Engine:
    """Runs compiled expressions over rows and consents given as Python values."""

    def __init__(self, rows: Sequence[PersonRow], consents: Sequence[ConsentRow]) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(
            "CREATE TABLE brand_rows (customer VARCHAR, spend DOUBLE, visits DOUBLE, "
            "tier VARCHAR, bought DOUBLE)"
        )
        self._connection.execute(
            "CREATE TABLE brand_consent (subject VARCHAR, use VARCHAR, given TIMESTAMP, "
            "until TIMESTAMP, taken_back TIMESTAMP, as_of TIMESTAMP)"
        )
        for r in rows:
            self._connection.execute(
                "INSERT INTO brand_rows VALUES (?, ?, ?, ?, ?)",
                [r.customer, r.spend, r.visits, r.tier, r.bought],
            )
        for c in consents:
            instants = [
                None if when is None else when.replace(tzinfo=None)
                for when in (c.given, c.until, c.taken_back, c.as_of)
            ]
            self._connection.execute(
                "INSERT INTO brand_consent VALUES (?, ?, ?, ?, ?, ?)", [c.subject, c.use, *instants]
            )

    def run(self, expression: ir.Table) -> list[Any]:
        return self._connection.execute(compile_sql(expression)).fetchall()

    def names(self, expression: ir.Table) -> list[str]:
        return [d[0] for d in self._connection.execute(compile_sql(expression)).description]
