"""`hanse brand exit`: leave the alliance, with a signed list of all that was taken part in."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.client import BrandClient
from hanse_clients.home import BrandHome
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.errors import UsageError


def exit_command(
    *,
    home: Home,
    reason: Annotated[
        str, typer.Option(help="Why, in a sentence of 500 characters at most; it is signed.")
    ],
    confirm: Annotated[
        str, typer.Option(help="The brand's name: what is purged does not come back.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Leave for good: answer nothing any more, purge, and sign the list of every study answered.

    Stop `hanse brand run` first. An exit that was cut short is finished by the same
    command. The operator then takes the brand out of the charter.
    """
    brand_name = BrandHome.open(home).configuration.brand
    if confirm != brand_name:
        raise UsageError(
            f"--confirm: expected {brand_name}, got {confirm[:64] or 'nothing'}; leaving purges "
            "what this brand contributed and cannot be taken back"
        )
    with BrandClient.open(home) as brand:
        left = brand.leave(reason)
    document = left.document
    if as_json:
        facts = json.loads(document.model_dump_json())
        print_json({"file": str(left.file), "digest": left.digest, "exit": facts})
        return
    typer.echo(f"{document.brand}: left {document.alliance}; it answers nothing any more")
    typer.echo(f"  {left.file}: signed, digest {left.digest}")
    for study in document.studies:
        contributions = len(study.rounds) + study.left_out.rounds
        typer.echo(
            f"  {study.id} {study.study[:12]}: {contributions} contributions, epsilon "
            f"{study.spent.epsilon:.3f} at delta {study.spent.delta:g}"
        )
    if document.studies_left_out:
        typer.echo(f"  and {document.studies_left_out} older studies, in the brand's records alone")
    typer.echo(f"  purged: {'; '.join(document.purged)}")
    typer.echo(f"  kept: {'; '.join(one.what for one in document.kept)}")
    typer.echo("  Hand the list to the operator, who takes the brand out of the charter.")
