"""`hanse policy schema`: the JSON Schema of a kind of document."""

from __future__ import annotations

from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(
    kind: Annotated[str, typer.Argument(help="AllianceCharter, BrandPolicy, DataAsset, Study ...")],
    as_json: AsJson = True,  # noqa: ARG001 - a schema is JSON anyway
) -> None:
    """Print the JSON Schema (draft 2020-12) of a kind of document, for editors."""
    print_json({"$schema": DIALECT} | hanse_policies.document_class(kind).model_json_schema())
