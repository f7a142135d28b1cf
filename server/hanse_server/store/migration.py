"""Takes a store from the layout it has to the newest one.

Rules: all steps are taken in the caller's transaction, so that a store has the
old layout or the new one, whatever happens meanwhile; nothing leads back.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

_LOG = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent / "migrations"
FIRST: Final = "0001"
FIRST_VERSION: Final = 1
"""Stores of this version may have been made before there were steps."""


def migrate(connection: Connection, version: int | None) -> None:
    """Take every step that the store has not taken.

    Args:
        connection: Within a writing transaction, alone on the store.
        version: The layout that the store has; None if it is empty.
    """
    # Alembic takes a tenth of a second to load, which a store of today's layout does without.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    if version == FIRST_VERSION:
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
    if version is not None:
        _LOG.info("store brought from version %d to the newest", version)
