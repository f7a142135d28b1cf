"""`hanse operator init`: found an alliance and make its operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.documents import (
    AllianceCharter,
    ComputationKind,
    Floors,
    Limits,
    MinorsRule,
    Operator,
    Purpose,
    RecipientPlace,
    ResultUse,
)
from hanse_policies.errors import UsageError
from hanse_policies.signing import SigningKey
from hanse_server.home import OperatorConfiguration, OperatorHome

MaxBrandsPerPerson = Annotated[int, typer.Option(help="How many brands may hold the same person.")]
Address = Annotated[str, typer.Option(help="Where the server listens and brands dial.")]
Recipients = Annotated[
    list[str], typer.Option("--recipient", help="Who may receive releases; repeat it.")
]
Place = Annotated[
    str | None,
    typer.Option(
        "--jurisdiction",
        help="Where the server runs: a country by ISO 3166. Left out, it counts as abroad.",
    ),
]
RecipientPlaces = Annotated[
    list[str],
    typer.Option(
        "--recipient-place",
        metavar="NAME=PLACE",
        help="Where a recipient stands who is no member; repeat it. Left out, it counts as abroad.",
    ),
]
Uses = Annotated[
    list[ResultUse],
    typer.Option("--use", help="What results may be used for; repeat it. Left out, anything."),
]
MinorsFrom = Annotated[
    int | None,
    typer.Option(help="The age, 14, 16 or 18, from which persons take part by their own consent."),
]
GuardianEnough = Annotated[
    bool,
    typer.Option("--guardian-enough", help="Let a guardian's consent stand for a younger person."),
]
Assessment = Annotated[
    bool,
    typer.Option(
        "--assessment", help="Ask every policy for an impact assessment before it takes effect."
    ),
]
CounselKey = Annotated[
    str | None,
    typer.Option(help="Public key that checks what counsel signs, 64 hexadecimal digits."),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="A PostgreSQL database for the store, as postgresql+psycopg://user@host/database;"
        " a file in the folder if left out.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Duties:
    """What the charter asks of policies and studies beyond floors and limits."""

    minors: MinorsRule | None
    uses: tuple[ResultUse, ...] | None
    assessment_required: bool
    counsel_key: str | None


def init_command(  # noqa: PLR0913 - each is an option of the command
    home: Annotated[Path, typer.Argument(help="The folder to make; empty or not there yet.")],
    *,
    alliance: Annotated[str, typer.Option(help="Identifier of the new alliance.")],
    name: Annotated[str, typer.Option(help="The operator's name, as members know it.")],
    epsilon: Annotated[float, typer.Option(help="Most epsilon that one study may ask.")],
    delta: Annotated[float, typer.Option(help="Most delta that one study may ask.")],
    retention_days: Annotated[int, typer.Option(help="Longest that a release may be kept.")],
    max_brands_per_person: MaxBrandsPerPerson,
    address: Address = "127.0.0.1:7443",
    purpose: Annotated[
        list[Purpose], typer.Option("--purpose", help="A purpose studies may have; repeat it.")
    ] = [Purpose.AUDIENCE_ANALYTICS, Purpose.MODEL_TRAINING],  # noqa: B006 - typer copies it
    recipient: Recipients = ["members", "operator"],  # noqa: B006 - typer copies it
    minimum_brands: Annotated[int, typer.Option(help="Fewest brands in any study.")] = 3,
    minimum_persons: Annotated[int, typer.Option(help="Fewest persons behind any figure.")] = 50,
    certificate_days: Annotated[int, typer.Option(help="How long certificates are valid.")] = 365,
    store: StoreUrl = None,
    jurisdiction: Place = None,
    recipient_place: RecipientPlaces = [],  # noqa: B006 - typer copies it
    approvals: Annotated[int, typer.Option(help="Fewest roles that approve a looser policy.")] = 0,
    use: Uses = [],  # noqa: B006 - typer copies it
    minors_from: MinorsFrom = None,
    guardian_enough: GuardianEnough = False,
    assessment: Assessment = False,
    counsel_key: CounselKey = None,
    as_json: AsJson = False,
) -> None:
    """Make the operator's keys, the alliance's authority, its first charter and the store."""
    key = SigningKey.generate()
    with _allowed_values():
        configuration = OperatorConfiguration(
            alliance=alliance,
            name=name,
            address=address,
            certificate_days=certificate_days,
            store=store,
        )
        charter = _first_charter(
            configuration,
            key.public_hex,
            purposes=purpose,
            recipients=recipient,
            floors=Floors(
                minimum_brands=minimum_brands,
                minimum_persons=minimum_persons,
                approvals=approvals,
            ),
            limits=Limits(epsilon=epsilon, delta=delta, retention_days=retention_days),
            max_brands_per_person=max_brands_per_person,
            jurisdiction=jurisdiction,
            places=tuple(map(_recipient_place, recipient_place)),
            duties=_Duties(
                minors=_minors(minors_from, guardian_enough),
                uses=tuple(dict.fromkeys(use)) or None,
                assessment_required=assessment,
                counsel_key=counsel_key,
            ),
        )
    _found(home, configuration, charter, key, as_json)


def _found(
    home: Path,
    configuration: OperatorConfiguration,
    charter: AllianceCharter,
    key: SigningKey,
    as_json: bool,
) -> None:
    made = OperatorHome.found(home, configuration, charter, signing_key=key, now=datetime.now(UTC))
    _print(made, key.public_hex, as_json)


def _first_charter(  # noqa: PLR0913 - each is an option of the command
    configuration: OperatorConfiguration,
    signing_key: str,
    *,
    purposes: list[Purpose],
    recipients: list[str],
    floors: Floors,
    limits: Limits,
    max_brands_per_person: int,
    jurisdiction: str | None,
    places: tuple[RecipientPlace, ...],
    duties: _Duties,
) -> AllianceCharter:
    return AllianceCharter(
        kind="AllianceCharter",
        id=configuration.alliance,
        version=1,
        operator=Operator(
            name=configuration.name, signing_key=signing_key, jurisdiction=jurisdiction
        ),
        purposes=tuple(dict.fromkeys(purposes)),
        computations=tuple(ComputationKind),
        recipients=tuple(dict.fromkeys(recipients)),
        places=places,
        floors=floors,
        limits=limits,
        max_brands_per_person=max_brands_per_person,
        minors=duties.minors,
        uses=duties.uses,
        assessment_required=duties.assessment_required,
        counsel_key=duties.counsel_key,
    )


def _minors(from_age: int | None, is_guardian_enough: bool) -> MinorsRule | None:
    if from_age is None:
        if is_guardian_enough:
            raise UsageError(
                "--guardian-enough: expected --minors-from with it, got none; say from which age "
                "on a guardian's consent is needed no more"
            )
        return None
    return MinorsRule.model_validate(
        {"from_age": from_age, "is_guardian_enough": is_guardian_enough}
    )


def _recipient_place(text: str) -> RecipientPlace:
    name, _, place = text.partition("=")
    return RecipientPlace(recipient=name, jurisdiction=place)


@contextmanager
def _allowed_values() -> Iterator[None]:
    """Turn what the documents refuse into one sentence about the option."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        raise UsageError(
            f"expected allowed values for the alliance, got field `{field}`: {first['msg']}"
        ) from error


def _print(made: OperatorHome, operator_key: str, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "home": str(made.path),
                "alliance": made.alliance,
                "address": made.configuration.address,
                "fingerprint": made.fingerprint(),
                "operator_key": operator_key,
                "charter_version": 1,
            }
        )
        return
    typer.echo(f"{made.path}: operator of alliance {made.alliance}, charter version 1, no members")
    typer.echo(f"  address: {made.configuration.address}")
    typer.echo(f"  fingerprint: {made.fingerprint()}")
    typer.echo("  Tell each brand the fingerprint by another way than you send its bundle.")
