"""`hanse brand fetch` and `hanse brand score`: releases and what they are good for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanse_clients.cli.options import STUDY_NAME, Home
from hanse_clients.cli.output import told
from hanse_clients.client import BrandClient
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.documents import Purpose


def fetch_command(
    study: Annotated[str, typer.Argument(help=f"The release's digest. {STUDY_NAME}")],
    *,
    home: Home,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest release of a study and verify it."""
    with BrandClient.open(home) as brand:
        folder = brand.fetch(study)
    if as_json:
        print_json({"release": str(folder)})
    else:
        typer.echo(f"{folder}: verified")


def score_command(
    release: Annotated[Path, typer.Argument(help="The folder of a release.")],
    *,
    home: Home,
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    purpose: Annotated[
        Purpose, typer.Option(help="What the scores are for; consent to it is needed.")
    ] = Purpose.PERSONALISED_MARKETING,
    as_json: AsJson = False,
) -> None:
    """Score this brand's own consenting customers; nothing leaves."""
    with BrandClient.open(home) as brand:
        summary = brand.score(release, out, purpose=purpose)
    if as_json:
        facts = {"file": str(out), "scored": summary.scored, "left_out": summary.left_out}
        follows = summary.consequence
        print_json(facts | {"consequence": follows and follows.model_dump(mode="json")})
    else:
        typer.echo(
            f"{out}: {summary.scored} customers scored, {summary.left_out} left out for want of "
            "a number"
        )
        if summary.consequence is not None:
            typer.echo(f"  consents that the release used have ended: {told(summary.consequence)}")
