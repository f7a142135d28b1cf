"""`hanse brand approve` and `hanse brand refuse`: a person's word on a study."""

from __future__ import annotations

from typing import Annotated

import typer

from hanse_clients.cli.options import STUDY_NAME, Home
from hanse_clients.cli.output import verdict_word
from hanse_clients.client import BrandClient
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.documents import StudyVerdict

StudyName = Annotated[str, typer.Argument(help=STUDY_NAME)]


def approve_command(study: StudyName, *, home: Home, as_json: AsJson = False) -> None:
    """Approve a study that the rules permit; signs the verdict and tells the operator."""
    with BrandClient.open(home) as brand:
        _print(study, brand.approve(study), as_json)


def refuse_command(study: StudyName, *, home: Home, as_json: AsJson = False) -> None:
    """Refuse a study, also one that is running; signs the verdict and tells the operator."""
    with BrandClient.open(home) as brand:
        _print(study, brand.refuse(study), as_json)


def _print(study: str, verdict: StudyVerdict, as_json: bool) -> None:
    if as_json:
        print_json(verdict.model_dump(mode="json"))
    else:
        codes = f" ({', '.join(verdict.codes)})" if verdict.codes else ""
        typer.echo(f"{study}: {verdict_word(verdict)}{codes}, signed and sent")
        typer.echo(f"  study {verdict.study}")
