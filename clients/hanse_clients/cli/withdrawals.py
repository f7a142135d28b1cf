"""`hanse brand withdrawals`: what ended consents went into, and what follows."""

from __future__ import annotations

from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.cli.output import minute, told
from hanse_clients.client import BrandClient
from hanse_clients.consent_ends import SignedWithdrawal, StudyEnds
from hanse_clients.ending import EndReport
from hanse_clients.errors import EndedConsentsUnknownError
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.documents import ReleaseConsequence

PROBLEMS = {
    "purpose-not-recorded": "the consent register has no word for its purpose any more",
    "asset-not-described": "its asset is not described here any more",
    "register-unreadable": (
        "some instants of the consent register cannot be read, or an import could not read a row "
        "of somebody"
    ),
    "register-changed": (
        "an earlier version of asset.yaml named another table, other columns or another word for "
        "its purpose when it was used, and the rows there are not looked at; look in the earlier "
        "register, too: sign a version that describes it as then, run hanse brand withdrawals, and "
        "sign the present one again; what is found stands"
    ),
}


def withdrawals_command(
    *,
    home: Home,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only look: sign nothing, purge nothing.")
    ] = False,
    purge_now: Annotated[
        bool,
        typer.Option("--purge-now", help="Purge before its date; a study that runs stops here."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find studies whose consents were withdrawn or invalidated since, and do what follows.

    Signs a Withdrawal for each by the policy in force, purges what is due, and says until
    when releases may be used. Persons are told as a bound, rounded up. Ends with 6 where it
    cannot be told of a study, after the rest was done.
    """
    with BrandClient.open(home) as brand:
        report = brand.withdrawals(is_dry=dry_run, purges_all=purge_now)
    if as_json:
        print_json(_facts(report))
    else:
        _show(report)
    unknown = [ends for ends in report.found if ends.problem]
    if unknown:
        names = ", ".join(ends.opened.study.id for ends in unknown)
        raise EndedConsentsUnknownError(
            f"expected a consent register that tells of every study, got one that does not for "
            f"{names}: {PROBLEMS[unknown[0].problem]}; correct it and run hanse brand withdrawals "
            "again"
        )


def _show(report: EndReport) -> None:
    if not report.found:
        typer.echo("No study was answered yet.")
    for ends in report.found:
        typer.echo(f"{ends.opened.study.id} {ends.opened.digest[:12]}: {_ended(ends)}")
    for signed in report.signed:
        typer.echo(f"signed {signed.document.id}, digest {signed.digest}")
    for signed in report.standing:
        for one in signed.document.consequences:
            typer.echo(f"  {_named(one)}: {told(one)}")
    for study in report.purged:
        typer.echo(f"purged study {study[:12]}; its charges stay")
    for planned in report.planned:
        typer.echo(f"study {planned.study[:12]} is purged by {minute(planned.purge_by)}")


def _ended(ends: StudyEnds) -> str:
    if ends.problem and not ends.persons:
        return f"cannot be told: {PROBLEMS[ends.problem]}"
    told = [f"{end}, at most {persons.at_most} persons" for end, persons in ends.persons]
    if ends.problem:
        told.append(f"more cannot be told: {PROBLEMS[ends.problem]}")
    return "; ".join(told) or "no consent has ended that it used"


def _named(one: ReleaseConsequence) -> str:
    of_study = f"study {one.study[:12]}"
    return f"{of_study}, any release" if one.release is None else f"release {one.release[:12]}"


def _facts(report: EndReport) -> dict[str, object]:
    return {
        "studies": [_study_facts(ends) for ends in report.found],
        "signed": [signed.digest for signed in report.signed],
        "withdrawals": [_signed_facts(signed) for signed in report.standing],
        "purged": list(report.purged),
        "purges_planned": [
            {"study": one.study, "purge_by": one.purge_by.isoformat()} for one in report.planned
        ],
    }


def _study_facts(ends: StudyEnds) -> dict[str, object]:
    return {
        "study": ends.opened.digest,
        "id": ends.opened.study.id,
        "ended": {end.value: persons.model_dump() for end, persons in ends.persons},
        "problem": ends.problem,
    }


def _signed_facts(signed: SignedWithdrawal) -> dict[str, object]:
    return {"digest": signed.digest, "document": signed.document.model_dump(mode="json")}
