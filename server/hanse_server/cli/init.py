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

from hanse_policies.canonical import digest
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.documents import (
    AllianceCharter,
    ComputationKind,
    Floors,
    Limits,
    MinorsRule,
    Operator,
    PackPin,
    Purpose,
    RecipientPlace,
    ResultUse,
)
from hanse_policies.errors import UsageError
from hanse_policies.packs.shipped import SHIPPED, shipped_pack
from hanse_policies.signing import SigningKey
from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_server.home import OperatorConfiguration, OperatorHome

MaxBrandsPerPerson = Annotated[int, typer.Option(help="How many brands may hold the same person.")]
Address = Annotated[str, typer.Option(help="Where the server listens and brands dial.")]
Purposes = Annotated[
    list[Purpose], typer.Option("--purpose", help="A purpose studies may have; repeat it.")
]
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
Minors = Annotated[
    str | None,
    typer.Option(
        metavar="AGE[+guardian]",
        help="From which age, 14, 16 or 18, persons take part by their own consent;"
        " with +guardian, younger ones by a guardian's.",
    ),
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
Packs = Annotated[
    list[str],
    typer.Option(
        "--pack",
        metavar="NAME[@VERSION]",
        help="A legal pack that ships, by which every study is judged; repeat it. It is pinned"
        " by its digest; without a version, the newest.",
    ),
]
Taxonomies = Annotated[
    list[TaxonomyPin],
    typer.Option(
        "--taxonomy",
        help="A version that the words of all members are meant in; repeat it. Left out, each"
        " brand pins its own.",
    ),
]
Dropouts = Annotated[
    int,
    typer.Option(help="Fewest drop-outs that a study in mode distributed has noise to spare for."),
]
Colluders = Annotated[
    int,
    typer.Option(help="Fewest colluding brands that a study in mode distributed reckons with."),
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
    packs: tuple[PackPin, ...]
    taxonomies: tuple[TaxonomyPin, ...]


@dataclass(frozen=True, slots=True)
class _SharedNoise:
    """The least that a study in mode distributed reckons with."""

    tolerated_dropouts: int
    assumed_colluders: int


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What no study goes below or above."""

    floors: Floors
    limits: Limits
    max_brands_per_person: int


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the operator and those recipients stand who are no members."""

    operator: str | None
    recipients: tuple[RecipientPlace, ...]


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
    purpose: Purposes = [Purpose.AUDIENCE_ANALYTICS, Purpose.MODEL_TRAINING],  # noqa: B006
    recipient: Recipients = ["members", "operator"],  # noqa: B006 - typer copies it
    minimum_brands: Annotated[int, typer.Option(help="Fewest brands in any study.")] = 3,
    minimum_persons: Annotated[int, typer.Option(help="Fewest persons behind any figure.")] = 50,
    tolerated_dropouts: Dropouts = 0,
    assumed_colluders: Colluders = 1,
    certificate_days: Annotated[int, typer.Option(help="How long certificates are valid.")] = 365,
    store: StoreUrl = None,
    jurisdiction: Place = None,
    recipient_place: RecipientPlaces = [],  # noqa: B006 - typer copies it
    approvals: Annotated[int, typer.Option(help="Fewest roles that approve a looser policy.")] = 0,
    use: Uses = [],  # noqa: B006 - typer copies it
    minors: Minors = None,
    assessment: Assessment = False,
    counsel_key: CounselKey = None,
    pack: Packs = [],  # noqa: B006 - typer copies it
    taxonomy: Taxonomies = [],  # noqa: B006 - typer copies it
    as_json: AsJson = False,
) -> None:
    """Make the operator's keys, the alliance's authority, its first charter and the store."""
    key = SigningKey.generate()
    with _allowed_values():
        configuration = _configuration(alliance, name, address, certificate_days, store)
        noise = _SharedNoise(tolerated_dropouts, assumed_colluders)
        floors = _floors(minimum_brands, minimum_persons, approvals, noise)
        limits = Limits(epsilon=epsilon, delta=delta, retention_days=retention_days)
        bounds = _Bounds(floors, limits, max_brands_per_person)
        places = _places(jurisdiction, recipient_place)
        duties = _duties(minors, use, assessment, counsel_key, pack, taxonomy)
        charter = _first_charter(configuration, key, purpose, recipient, bounds, places, duties)
    _found(home, configuration, charter, key, as_json)


def _configuration(
    alliance: str, name: str, address: str, certificate_days: int, store: str | None
) -> OperatorConfiguration:
    return OperatorConfiguration(
        alliance=alliance,
        name=name,
        address=address,
        certificate_days=certificate_days,
        store=store,
    )


def _floors(
    minimum_brands: int, minimum_persons: int, approvals: int, noise: _SharedNoise
) -> Floors:
    return Floors(
        minimum_brands=minimum_brands,
        minimum_persons=minimum_persons,
        tolerated_dropouts=noise.tolerated_dropouts,
        assumed_colluders=noise.assumed_colluders,
        approvals=approvals,
    )


def _places(jurisdiction: str | None, recipients: list[str]) -> _Places:
    for text in recipients:
        if "=" not in text:
            raise UsageError(
                "--recipient-place: expected a recipient and a place, as agency=DE, got "
                f"`{text[:60]}`"
            )
    named = (text.partition("=") for text in recipients)
    return _Places(
        jurisdiction,
        tuple(RecipientPlace(recipient=name, jurisdiction=place) for name, _, place in named),
    )


def _duties(
    minors: str | None,
    uses: list[ResultUse],
    assessment: bool,
    counsel_key: str | None,
    packs: list[str],
    taxonomies: list[TaxonomyPin],
) -> _Duties:
    rule = None if minors is None else _minors(minors)
    pins = tuple(dict.fromkeys(_pin(name) for name in packs))
    return _Duties(
        minors=rule,
        uses=tuple(dict.fromkeys(uses)) or None,
        assessment_required=assessment,
        counsel_key=counsel_key,
        packs=pins,
        taxonomies=tuple(dict.fromkeys(taxonomies)),
    )


def _pin(name: str) -> PackPin:
    found = shipped_pack(name)
    if found is None:
        known = ", ".join("@".join(one.rsplit("-", 1)) for one in SHIPPED)
        raise UsageError(f"--pack: expected a pack that ships ({known}), got `{name[:60]}`")
    pack = found.document
    return PackPin(id=pack.id, version=pack.version, digest=digest(pack))


def _minors(text: str) -> MinorsRule:
    age, _, guardian = text.partition("+")
    if age not in {"14", "16", "18"} or text not in {age, f"{age}+guardian"}:
        raise UsageError(
            f"--minors: expected 14, 16 or 18, with or without `+guardian`, got `{text[:60]}`"
        )
    return MinorsRule.model_validate(
        {"from_age": int(age), "is_guardian_enough": guardian == "guardian"}
    )


def _found(
    home: Path,
    configuration: OperatorConfiguration,
    charter: AllianceCharter,
    key: SigningKey,
    as_json: bool,
) -> None:
    made = OperatorHome.found(home, configuration, charter, signing_key=key, now=datetime.now(UTC))
    _print(made, key.public_hex, as_json)


def _first_charter(
    configuration: OperatorConfiguration,
    key: SigningKey,
    purposes: list[Purpose],
    recipients: list[str],
    bounds: _Bounds,
    places: _Places,
    duties: _Duties,
) -> AllianceCharter:
    return AllianceCharter(
        kind="AllianceCharter",
        id=configuration.alliance,
        version=1,
        operator=Operator(
            name=configuration.name, signing_key=key.public_hex, jurisdiction=places.operator
        ),
        purposes=tuple(dict.fromkeys(purposes)),
        computations=tuple(ComputationKind),
        recipients=tuple(dict.fromkeys(recipients)),
        places=places.recipients,
        floors=bounds.floors,
        limits=bounds.limits,
        max_brands_per_person=bounds.max_brands_per_person,
        taxonomies=duties.taxonomies,
        packs=duties.packs,
        minors=duties.minors,
        uses=duties.uses,
        assessment_required=duties.assessment_required,
        counsel_key=duties.counsel_key,
    )


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
