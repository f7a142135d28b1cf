"""Put the site together: what `hanse policy serve-docs` was given, checked before it serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from hanse_policies.language import Language
from hanse_policies.signing import public_key_of
from hanse_policies.site.folder import read_shown
from hanse_policies.site.pages import Site
from hanse_policies.site.reference_table import ReferenceTable
from hanse_policies.site.server import SiteServer


def open_site(
    folder: Path | None,
    port: int,
    keys: Sequence[str],
    language: Language,
    clock: Callable[[], datetime],
) -> SiteServer:
    """Listen for a site's requests.

    Args:
        folder: Of documents; None for the reference alone.
        port: On loopback; 0 for one that is free.
        keys: Public keys, in hexadecimal, to verify signed files with.
        language: To begin in.
        clock: Tells the time that decisions are rehearsed for.

    Raises:
        PublicKeyError: A key is none.
        DocumentFileError: There is no such folder.
        AddressError: The port cannot be listened on.
    """
    for key in keys:
        public_key_of(key)
    if folder is not None:
        read_shown(folder, keys)
    site = Site(folder, keys, clock, ReferenceTable())
    return SiteServer(site, port, language)
