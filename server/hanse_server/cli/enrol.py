"""`hanse operator enrol`: make a brand a member, or renew its certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.durable_files import read_bounded, replace
from hanse_server import enrolment
from hanse_server.cli.options import Home
from hanse_server.enrolment import (
    MAXIMUM_REQUEST_BYTES,
    CheckedRequest,
    EnrolledBrand,
    check_request,
)
from hanse_server.errors import EnrolmentProofError
from hanse_server.home import OperatorHome


def enrol_command(
    request: Annotated[Path, typer.Argument(help="The brand's request.json.")],
    *,
    home: Home,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the bundle; BRAND.bundle.json here.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="How long the certificate is valid.")
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Replace the certificate of a member.")
    ] = False,
    digest: Annotated[
        str | None, typer.Option(help="The request's digest, as the brand told it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a request, issue the brand's certificate, pin its keys in the charter."""
    operator = OperatorHome.open(home)
    checked = check_request(read_bounded(request, MAXIMUM_REQUEST_BYTES), operator.alliance)
    _check_digest(checked, digest)
    lifetime = timedelta(days=days or operator.configuration.certificate_days)
    admit = enrolment.renew if renew else enrolment.enrol
    with operator.open_store() as store:
        done = admit(operator, store, checked, lifetime=lifetime, now=datetime.now(UTC))
    bundle = out or Path(f"{checked.brand}.bundle.json")
    replace(bundle, done.bundle.to_json())
    word = "certificate renewed" if renew else "enrolled"
    _print(_facts(operator, checked, done, bundle), word, as_json)


def _facts(
    operator: OperatorHome, checked: CheckedRequest, done: EnrolledBrand, bundle: Path
) -> dict[str, object]:
    return {
        "brand": checked.brand,
        "legal_entity": checked.document.legal_entity,
        "jurisdiction": checked.document.jurisdiction,
        "request_digest": checked.digest,
        "serial": done.certificate.serial,
        "expires": done.certificate.not_after.isoformat(),
        "charter_version": done.charter_version,
        "bundle": str(bundle),
        "fingerprint": operator.fingerprint(),
    }


def _print(facts: dict[str, object], word: str, as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    typer.echo(f"{facts['brand']}: {word}")
    for fact, value in list(facts.items())[1:]:
        told = "not stated, which counts as abroad" if value is None else value
        typer.echo(f"  {fact.replace('_', ' ')}: {told}")


def _check_digest(checked: CheckedRequest, told: str | None) -> None:
    if told is not None and told.strip().lower() != checked.digest:
        raise EnrolmentProofError(
            f"expected the request with digest {told.strip()[:64]}, got {checked.digest}; ask the "
            f"brand {checked.brand} by another way"
        )
