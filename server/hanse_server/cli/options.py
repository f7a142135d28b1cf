"""Options that several `hanse operator` commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path, typer.Option("--home", envvar="HANSE_OPERATOR_HOME", help="The operator's folder.")
]
