"""`hanse brand open-commitment`: what an auditor needs to check a contribution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanse_clients.cli.options import STUDY_NAME, Home
from hanse_clients.client import BrandClient
from hanse_federation.messages import Question
from hanse_policies.canonical import canonical_json
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.durable_files import write_new


def open_commitment_command(
    study: Annotated[str, typer.Argument(help=STUDY_NAME)],
    question: Annotated[Question, typer.Argument(help="The question.")],
    *,
    home: Home,
    out: Annotated[Path, typer.Option(help="The file to write; must not exist.")],
    round_number: Annotated[
        int, typer.Option("--round", min=0, help="The round; 0 outside training rounds.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Write one of this brand's contributions and its nonce into a file, for an auditor.

    The file shows the contribution with its noise, unmasked. Give it to nobody else: in mode
    distributed it bears this brand's share of the noise alone.
    """
    with BrandClient.open(home) as brand:
        opened = brand.open_contribution(study, question, round_number)
    write_new(out, canonical_json(opened))
    if as_json:
        print_json({"file": str(out), "study": opened.study, "round": opened.round_number})
        return
    typer.echo(f"{out}: contribution to {question} of round {round_number}, for an auditor alone")
