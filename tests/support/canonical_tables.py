"""The two canonical tables in a plain DuckDB, with no code of the data source: SQL text alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import ibis.expr.types as ir

from hanse_clients.data.expression import compile_sql
from tests.support.brand_tables import ConsentRow, PersonRow

INSTANTS = ("given", "until", "taken_back", "as_of")


class Engine:
    """Runs compiled expressions over rows and consents given as Python values."""

    def __init__(
        self,
        rows: Sequence[PersonRow],
        consents: Sequence[ConsentRow],
        unreadable: Mapping[int, Collection[str]] | None = None,
    ) -> None:
        """Fill the tables; `unreadable` names the fields of a consent, by its number."""
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(
            "CREATE TABLE brand_rows (customer VARCHAR, spend DOUBLE, visits DOUBLE, "
            "tier VARCHAR, bought DOUBLE, hanse_unreadable_spend BOOLEAN, "
            "hanse_unreadable_visits BOOLEAN, hanse_unreadable_bought BOOLEAN)"
        )
        self._connection.execute(
            "CREATE TABLE brand_consent (subject VARCHAR, use VARCHAR, given TIMESTAMP, "
            "until TIMESTAMP, taken_back TIMESTAMP, as_of TIMESTAMP, "
            + ", ".join(f"hanse_unreadable_{name} BOOLEAN" for name in INSTANTS)
            + ")"
        )
        for r in rows:
            self._connection.execute(
                "INSERT INTO brand_rows VALUES (?, ?, ?, ?, ?, false, false, false)",
                [r.customer, r.spend, r.visits, r.tier, r.bought],
            )
        for number, c in enumerate(consents):
            flags = [name in (unreadable or {}).get(number, ()) for name in INSTANTS]
            instants = [
                None if when is None or flag else when.replace(tzinfo=None)
                for flag, when in zip(flags, (getattr(c, n) for n in INSTANTS), strict=True)
            ]
            self._connection.execute(
                "INSERT INTO brand_consent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [c.subject, c.use, *instants, *flags],
            )

    def run(self, expression: ir.Table) -> list[Any]:
        return self._connection.execute(compile_sql(expression)).fetchall()

    def names(self, expression: ir.Table) -> list[str]:
        return [d[0] for d in self._connection.execute(compile_sql(expression)).description]
