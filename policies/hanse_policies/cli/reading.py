"""How the `hanse policy` commands read signed files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hanse_policies
from hanse_policies.errors import DocumentFileError

if TYPE_CHECKING:
    from hanse_policies.signing import Envelope


def read_envelope(path: Path) -> Envelope:
    """Read a signed document that nobody has verified yet.

    Raises:
        DocumentFileError: The file cannot be read.
        EnvelopeFormatError: It is no DSSE envelope of Hanse.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise DocumentFileError(f"cannot read the file: {reason}", location=str(path)) from error
    return hanse_policies.Envelope.from_json(data)
