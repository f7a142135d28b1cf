"""`hanse brand sign-policy`: put policy.yaml into effect."""

from __future__ import annotations

import typer

from hanse_clients.cli.options import Home
from hanse_clients.home import BrandHome
from hanse_policies.cli.output import AsJson, print_json


def sign_policy_command(*, home: Home, as_json: AsJson = False) -> None:
    """Check policy.yaml and sign it with the brand's key; until then nothing is permitted."""
    brand = BrandHome.open(home)
    digest = brand.sign_policy()
    if as_json:
        print_json({"policy": digest, "file": str(brand.signed_policy_file)})
    else:
        typer.echo(f"{brand.policy_file}: in effect, digest {digest}")
