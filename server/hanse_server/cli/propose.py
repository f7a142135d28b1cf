"""`hanse operator propose`: sign a study and hand it to the brands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanse_policies.cli.output import AsJson, print_json
from hanse_server.alliance import Alliance
from hanse_server.cli.options import Home


def propose_command(
    study: Annotated[Path, typer.Argument(help="The study, a YAML document.")],
    *,
    home: Home,
    as_json: AsJson = False,
) -> None:
    """Sign a study with the operator's key and propose it to every brand."""
    digest = Alliance.open(home).propose(study)
    if as_json:
        print_json({"study": digest, "file": str(study)})
    else:
        typer.echo(f"{study}: proposed, digest {digest}")
