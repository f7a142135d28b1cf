"""`hanse brand replay`: past studies under another version of the policy, with person counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.home import BrandHome
from hanse_clients.replaying import CountedReplay, PolicyReplay, studies_in
from hanse_policies.cli.compared import replayed_record, replayed_text
from hanse_policies.cli.instants import instant
from hanse_policies.cli.output import AsJson, print_json


def replay_command(
    new: Annotated[Path, typer.Argument(help="The newer version of the policy, as YAML.")],
    *,
    home: Home,
    old: Annotated[
        Path | None, typer.Option(help="The older version; else the policy in effect.")
    ] = None,
    study: Annotated[
        list[Path] | None,
        typer.Option(
            help="A past study, or a folder of them; repeatable. Else all this brand heard of."
        ),
    ] = None,
    now: Annotated[str, typer.Option(help="Instant to replay for; else now.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell what two versions of the policy decide on past studies, and whom they reach.

    Persons are counted in this brand's own data, by the consent rules of each version. The
    figures are true, without noise: they are for this screen alone.
    """
    replaying = PolicyReplay.of(BrandHome.open(home), new, old, instant(now))
    studies = studies_in(tuple(study)) if study else replaying.past_studies()
    found = replaying.counted(studies)
    if as_json:
        print_json({"replayed": [_record(one) for one in found]})
        return
    before, after = replaying.before, replaying.after
    typer.echo(f"{after.kind} {after.id} {before.version} -> {after.version}")
    for one in found:
        typer.echo(
            f"  study {one.replayed.study.id}: {replayed_text(one.replayed)}; {_persons(one)}"
        )
    if not found:
        typer.echo("  This brand heard of no study yet; name some with --study.")
    else:
        typer.echo("  True figures, for this screen alone; nothing keeps or sends them.")


def _persons(one: CountedReplay) -> str:
    before, after = one.persons_before, one.persons_after
    if before is None or after is None:
        return "persons not counted, as the asset in effect does not fit the study"
    if before == after:
        return f"persons {after} as before"
    return f"persons {before} -> {after} ({after - before:+d})"


def _record(one: CountedReplay) -> dict[str, object]:
    counts = {"persons_before": one.persons_before, "persons_after": one.persons_after}
    return replayed_record(one.replayed) | counts
