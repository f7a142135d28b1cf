"""Options that several `hanse brand` commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path, typer.Option("--home", envvar="HANSE_BRAND_HOME", help="The brand's folder.")
]
