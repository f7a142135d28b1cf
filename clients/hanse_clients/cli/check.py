"""`hanse brand check`: the exact state of the brand's own data, for its own people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hanse_clients.cli.options import STUDY_NAME, Home
from hanse_clients.client import BrandClient
from hanse_clients.data.data_check import DataCheck
from hanse_policies.cli.output import AsJson, print_json


def check_command(
    study: Annotated[
        str | None,
        typer.Argument(help=f"{STUDY_NAME} Without it, the schemas alone."),
    ] = None,
    *,
    home: Home,
    as_json: AsJson = False,
) -> None:
    """Look for faults in this brand's data and say who would take part; nothing leaves.

    Ends with 3 and the exact fault where there is one. While the brand answers, a
    fault of a row refuses nothing: it leaves the person out. The figures are true,
    without noise: they are for this screen alone.
    """
    with BrandClient.open(home) as brand:
        found = brand.check(study)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def _show(found: DataCheck) -> None:
    if found.persons is None:
        typer.echo(f"{found.asset}: files and columns are as the asset document says")
        typer.echo("  No row was read; name a study to look at its rows.")
        return
    typer.echo(f"{found.asset}: all is well, {found.persons} persons would take part")
    if found.held_out is not None:
        typer.echo(f"  {found.held_out} of them are held out from training")
    typer.echo("  True figures, for this screen alone; what leaves is noised.")
