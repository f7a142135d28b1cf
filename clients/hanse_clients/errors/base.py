"""The base of the errors of the brand's side."""

from __future__ import annotations

from typing import ClassVar

from hanse_policies.errors import HanseError


class ClientError(HanseError):
    """Anything the brand's side refuses."""

    code: ClassVar[str] = "client-error"
