"""`hanse brand sign`: put policy.yaml and asset.yaml into effect."""

from __future__ import annotations

import typer

from hanse_clients.cli.options import Home
from hanse_clients.home import BrandHome
from hanse_policies.cli.output import AsJson, print_json


def sign_command(*, home: Home, as_json: AsJson = False) -> None:
    """Check policy.yaml and asset.yaml and sign them; until then nothing is permitted."""
    documents = BrandHome.open(home).documents
    asset, policy = documents.sign_asset(), documents.sign_policy()
    if as_json:
        print_json({"policy": policy, "asset": asset})
        return
    for file, digest in ((documents.asset_file, asset), (documents.policy_file, policy)):
        typer.echo(f"{file}: in effect, digest {digest}")
