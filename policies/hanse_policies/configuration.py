"""How a program writes its own configuration so that people can edit it and Hanse reads it back.

Rules: one field a line, every text quoted, so that no name of a brand or a company
is ever mistaken for a number, a date or a truth value.
"""

from __future__ import annotations

import json

from hanse_policies.documents import StrictModel


def configuration_yaml(configuration: StrictModel) -> bytes:
    """Write a configuration of plain fields as YAML; a field without a value is left out.

    JSON's scalars are YAML's too.
    """
    fields = configuration.model_dump(mode="json", exclude_none=True)
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())
    return "".join(lines).encode()
