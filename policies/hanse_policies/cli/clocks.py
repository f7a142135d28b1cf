"""`hanse policy clocks`: what a breach must be told by when, and whether it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hanse_policies.cli.instants import instant
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.pack import UNSIGNED
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

if TYPE_CHECKING:
    from hanse_policies.documents.legal_pack import BilingualText
    from hanse_policies.incident_clocks import ClockStanding

WORDS = {
    "met": "已按时告知",
    "late": "逾期告知",
    "open": "尚未到期",
    "overdue": "已逾期未告知",
    "told": "已告知",
    "not-told": "尚未告知",
    "does-not-run": "不适用",
}


def clocks(
    breach: Annotated[Path, typer.Argument(help="A BreachRecord in YAML.")],
    pack: Annotated[
        list[str],
        typer.Option(help="A legal pack: cn-pipl, eu-gdpr@1.0.0, or a YAML file; may be repeated."),
    ],
    now: Annotated[
        str, typer.Option(help="When it is asked, with time zone; the time now without it.")
    ] = "",
    lang: Annotated[Language, typer.Option(help="Language of the texts.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """List each clock of the packs for a breach: from when it runs, when it is due, was it met.

    Ends with 1 where a clock is late or overdue, or the law says at once or without delay and
    nobody was told. A clock runs from the discovery unless the record says otherwise.
    """
    from hanse_policies.documents import BreachRecord  # noqa: PLC0415 - start-up stays short
    from hanse_policies.incident_clocks import clock_standings  # noqa: PLC0415
    from hanse_policies.loading import load_document  # noqa: PLC0415
    from hanse_policies.packs.shipped import find_pack  # noqa: PLC0415

    document = load_document(breach, BreachRecord).document
    packs = {found.name: found for found in (find_pack(name).document for name in pack)}
    standings = clock_standings(document, tuple(packs.values()), instant(now))
    if as_json:
        print_json({"breach": document.id, "clocks": [_facts(one) for one in standings]})
    else:
        typer.echo(f"{document.id}: {len(standings)} clocks of {', '.join(packs)}")
        typer.echo(f"  {UNSIGNED[lang]}")
        for one in standings:
            typer.echo(_line(one, lang))
    if any(one.state.is_failed for one in standings):
        raise typer.Exit(int(ExitCode.REFUSED))


def _line(one: ClockStanding, lang: Language) -> str:
    is_chinese = lang is Language.ZH
    state = WORDS[one.state.value] if is_chinese else one.state.value
    due = _due(one, is_chinese=is_chinese)
    shown = f"  {state:<12} {one.pack} {one.clock.id}: {_in(one.clock.regulator, lang)}"
    return f"{shown}; {due} [{one.clock.articles}]"


def _due(one: ClockStanding, *, is_chinese: bool) -> str:
    if one.why_not:
        return one.why_not
    told = "" if one.told is None else f"; {'告知于' if is_chinese else 'told'} {_at(one.told)}"
    if one.due is not None:
        return f"{'截止' if is_chinese else 'due'} {_at(one.due)}{told}"
    words = ("立即", "不得无故拖延") if is_chinese else ("at once", "without delay")
    since = "" if one.started is None else f"{'自' if is_chinese else 'since'} {_at(one.started)}"
    return f"{words[one.clock.hours is None]}, {since}{told}"


def _facts(one: ClockStanding) -> dict[str, object]:
    return {
        "pack": one.pack,
        "clock": one.clock.id,
        "articles": one.clock.articles,
        "regulator": one.clock.regulator.model_dump(),
        "starts": one.clock.starts.model_dump(),
        "hours": one.clock.hours,
        "started": _iso(one.started),
        "due": _iso(one.due),
        "told": _iso(one.told),
        "state": one.state.value,
        "why_not": one.why_not,
    }


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.astimezone(UTC).isoformat(timespec="seconds")


def _at(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _in(text: BilingualText, language: Language) -> str:
    return text.zh if language is Language.ZH else text.en
