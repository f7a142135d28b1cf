"""One row in place of another, for every database alike."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, insert, update


def put(
    connection: Connection, table: Table, key: Mapping[str, object], values: Mapping[str, object]
) -> None:
    """Write the row that has `key`, new or in place of the old.

    Args:
        connection: Within a writing transaction, which is alone.
        table: The table.
        key: Each column of its primary key.
        values: The other columns.
    """
    matching = [table.c[name] == value for name, value in key.items()]
    if connection.execute(update(table).where(*matching).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(**key, **values))
