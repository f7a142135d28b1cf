"""`hanse brand init`: make a brand's keys and its request to an alliance's operator."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.durable_files import read_bounded
from hanse_policies.errors import UsageError
from hanse_policies.signing import MAXIMUM_ENVELOPE_BYTES, Envelope

Place = Annotated[
    str | None,
    typer.Option(
        help="Where the brand keeps its data and what is released: a country by ISO 3166."
        " Left out, it counts as abroad."
    ),
]


def init_command(
    home: Annotated[Path, typer.Argument(help="The brand's folder; made where it is not there.")],
    *,
    brand: Annotated[str, typer.Option(help="Identifier of the brand.")],
    legal_entity: Annotated[str, typer.Option(help="The legal entity behind the brand.")],
    alliance: Annotated[str, typer.Option(help="Identifier of the alliance to join.")],
    jurisdiction: Place = None,
    as_json: AsJson = False,
) -> None:
    """Make the brand's keys, which never leave this machine, and a request to be enrolled."""
    try:
        configuration = BrandConfiguration(
            alliance=alliance,
            brand=brand,
            legal_entity=legal_entity,
            jurisdiction=jurisdiction,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"expected allowed values for the brand, got field `{first['loc'][0]}`: {first['msg']}"
        ) from error
    made = BrandHome.found(home, configuration, now=datetime.now(UTC))
    request = Envelope.from_json(read_bounded(made.request_file, MAXIMUM_ENVELOPE_BYTES))
    if as_json:
        print_json(
            {
                "home": str(home),
                "brand": brand,
                "alliance": alliance,
                "request": str(made.request_file),
                "request_digest": request.payload_digest,
            }
        )
        return
    typer.echo(f"{home}: brand {brand}, not a member of {alliance} yet")
    typer.echo(f"  request: {made.request_file}")
    typer.echo(f"  request digest: {request.payload_digest}")
    typer.echo("  Send the request to the operator, and tell the digest by another way.")
