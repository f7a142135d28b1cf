"""Options that several `hanse brand` commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path, typer.Option("--home", envvar="HANSE_BRAND_HOME", help="The brand's folder.")
]
STUDY_NAME = (
    "The study's digest, or its first digits, 8 at least; or its id, where no other study has it."
)
