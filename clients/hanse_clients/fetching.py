"""A brand fetches a release: by its own digest or the study's name, verified before it is kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hanse_clients.errors import StudyNameError
from hanse_clients.home import BrandHome
from hanse_clients.study_names import StudyLabel, digest_named
from hanse_clients.verdicts import OperatorContact
from hanse_federation.release import receive_release


def fetch_release(home: BrandHome, contact: OperatorContact, study: str, now: datetime) -> Path:
    """Fetch the newest release of a study, verify it and keep it; return its folder.

    Args:
        home: The brand's folder.
        contact: The operator's server.
        study: The release's digest, or the study's name; see `study_names`.
        now: When it is received.

    Raises:
        StudyNameError: There is no release of that study for this brand.
        StudyNameAmbiguousError: Several studies with releases go by that name.
        ReleaseTamperedError: What the server sent is not what the operator signed.
    """
    entries = contact.releases()
    found = [e for e in entries if e.digest == study]
    if not found:
        ids = {e.study: StudyLabel(e.study_id) for e in entries}
        named = digest_named(study, ids, ids.__getitem__)
        found = [e for e in entries if e.study == named]
    if not found:
        raise StudyNameError(
            f"expected a study with a release for this brand, got {study[:64]}; "
            "hanse brand studies lists the studies"
        )
    entry = found[-1]
    folder = home.releases_folder / f"{entry.study_id}-{entry.digest[:12]}"
    if not folder.exists():
        key = home.membership().operator_key
        files = contact.release_files(entry.digest)
        receive_release(folder, files, key, now, expected=entry, brand=home.name.brand)
    return folder
