"""`hanse policy explain`: what would a brand decide on a study, and why?

It rehearses the decision before anything is signed or connected. What only the
brand's own machine knows is assumed, and the output says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.instants import instant
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language


def explain(
    study: Annotated[Path, typer.Argument(help="The study to decide on.")],
    charter: Annotated[Path, typer.Option(help="The alliance's charter.")],
    policy: Annotated[Path, typer.Option(help="The brand's policy.")],
    asset: Annotated[Path, typer.Option(help="The brand's data asset.")],
    now: Annotated[
        str, typer.Option(help="Instant to decide for, as 2026-01-31T08:00:00Z; else now.")
    ] = "",
    pack: Annotated[
        list[str] | None,
        typer.Option(help="A legal pack to judge by, beside those pinned: cn-pipl, or a file."),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the explanation.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Rehearse a brand's decision on a study; exit 1 where it refuses."""
    decision = hanse_policies.rehearse(
        hanse_policies.load_study(study),
        hanse_policies.load_charter(charter),
        hanse_policies.load_policy(policy),
        hanse_policies.load_asset(asset),
        instant(now),
        pack or (),
    )
    assumed = hanse_policies.ASSUMED[lang]
    if as_json:
        report = json.loads(decision.report(lang).model_dump_json())
        print_json({"assumed": assumed} | report)
    else:
        typer.echo(assumed)
        typer.echo(decision.explain(lang))
    if not decision.is_permitted:
        raise typer.Exit(int(ExitCode.REFUSED))
