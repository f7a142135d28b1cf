"""`documents/`: the JSON Schema of every kind of document, and a page that lists them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping

from hanse_policies.cli.schema import DIALECT
from hanse_policies.kinds import DOCUMENT_KINDS
from reference_generator.markdown import document, table

INTRODUCTION = """
One document a file, YAML, read strictly: duplicate keys, unknown fields and values that YAML
versions read differently are refused with file, line and column. The schemas are those that
`hanse policy schema KIND` prints; an editor can check a document with them while it is written.
They say what one field may hold. What fields must hold together, such as distinct recipients, and
that text hides nothing, mixes no scripts within a word and has one meaning to every reader of
YAML, is checked by `hanse policy check` and again when a signed document is opened;
[the rules are listed](../../policies/README.md#yaml-read-strictly). Which studies a brand lets run
is decided by the [rules](rules.md).

`DecisionExamples` are unit tests of policies; their fields are told in
[example decisions](examples.md). `StudyVerdict`, `Withdrawal` and `BrandExit` are not written by
people: a brand signs one for each study it decided on, one where consents have ended that a study
used, and one when it leaves; see [handle withdrawals](../how-to/handle-withdrawals.md).
"""


def pages() -> Mapping[str, str]:
    """Write the schemas and the page that lists them."""
    written = {f"documents/{kind}.schema.json": _schema(kind) for kind in sorted(DOCUMENT_KINDS)}
    rows = [
        (f"[{kind}](documents/{kind}.schema.json)", _first_line(kind))
        for kind in sorted(DOCUMENT_KINDS)
    ]
    listed = document("Documents", [INTRODUCTION, table(("kind", "what it is"), rows)])
    return written | {"documents.md": listed}


def _schema(kind: str) -> str:
    schema = {"$schema": DIALECT} | DOCUMENT_KINDS[kind].model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _first_line(kind: str) -> str:
    return (inspect.getdoc(DOCUMENT_KINDS[kind]) or "").splitlines()[0]
