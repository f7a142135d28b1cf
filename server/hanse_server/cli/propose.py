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
    advice: Annotated[
        bool, typer.Option("--advice", help="Only say what the charter has against it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign a study with the operator's key and propose it to every brand.

    What the charter has against it is told as advice: the brands decide, each for itself.
    """
    alliance = Alliance.open(home)
    advised = alliance.advise(study).report()
    digest = None if advice else alliance.propose(study)
    if as_json:
        told = {"file": str(study), "advice": advised.model_dump(mode="json")}
        print_json(told if digest is None else {"study": digest, **told})
        return
    if digest is not None:
        typer.echo(f"{study}: proposed, digest {digest}")
    elif not advised.reasons:
        typer.echo(f"{study}: {advised.standing}: the charter has nothing against it")
    for code, reason in zip(advised.codes, advised.reasons, strict=True):
        typer.echo(f"  {advised.standing}: {code}: {reason}")
    if advised.reasons:
        typer.echo(f"  {advised.standing}: brands decide for themselves, and would find the same")
