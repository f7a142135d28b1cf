"""What each brand of a folder would decide on each study of it, rehearsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hanse_policies.decision import Decision
from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset, LegalPack, Study
from hanse_policies.errors import HanseError
from hanse_policies.lint import Linted
from hanse_policies.loading import Loaded
from hanse_policies.packs.shipped import shipped_pack
from hanse_policies.rehearsal import rehearse
from hanse_policies.site.folder import ShownFolder
from hanse_policies.site.words import Word


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A brand's decision on a study, or why there is none.

    Attributes:
        study: The study, and its file.
        policy: The brand's policy, and its file.
        decision: None where there is none.
        error: Why the decision could not be made.
        missing: What the folder does not hold, and its name.
    """

    study: Linted[Study]
    policy: Linted[BrandPolicy]
    decision: Decision | None = None
    error: HanseError | None = None
    missing: tuple[Word, str] | None = None

    @property
    def anchor(self) -> str:
        """What a link to the decision names on the study's page."""
        return f"{self.policy.document.id}-on-{self.study.document.id}"


def decisions_of(folder: ShownFolder, place: Path, now: datetime) -> tuple[ShownDecision, ...]:
    """Rehearse every study at every brand of its alliance.

    Args:
        folder: The documents; a version that another one supersedes does not decide.
        place: Where they lie, for legal packs that are pinned and do not ship.
        now: The instant to decide for.
    """
    found = folder.documents
    return tuple(
        _decided(folder, place, study, policy, now)
        for study in found.studies
        for policy in found.policies_of(study.document)
    )


def _decided(
    folder: ShownFolder,
    place: Path,
    study: Linted[Study],
    policy: Linted[BrandPolicy],
    now: datetime,
) -> ShownDecision:
    charter = _charter_of(folder, study.document.alliance)
    if charter is None:
        name = study.document.alliance
        return ShownDecision(study, policy, missing=(Word.NO_CHARTER, name))
    asset = _asset_of(folder, study.document, policy.document)
    if asset is None:
        return ShownDecision(study, policy, missing=(Word.NO_ASSET, policy.document.brand))
    pinned = {pin.digest for pin in (*charter.document.packs, *policy.document.packs)}
    packs = [str(place / path) for path in _packs_here(folder, pinned)]
    try:
        decision = rehearse(
            Loaded(study.document, study.source),
            charter,
            Loaded(policy.document, policy.source),
            asset,
            now,
            packs,
        )
    except HanseError as error:
        return ShownDecision(study, policy, error=error)
    return ShownDecision(study, policy, decision)


def _charter_of(folder: ShownFolder, alliance: str) -> Loaded[AllianceCharter] | None:
    """Find an alliance's charter, the newest of several."""
    found = [c for c in folder.documents.charters if c.document.id == alliance]
    newest = max(found, key=lambda charter: charter.document.version, default=None)
    return None if newest is None else Loaded(newest.document, newest.source)


def _asset_of(folder: ShownFolder, study: Study, policy: BrandPolicy) -> Loaded[DataAsset] | None:
    """Find the brand's asset that the study names, or else any of its assets."""
    own = folder.documents.assets_of(policy)
    named = (asset for asset in own if asset.document.id == study.asset)
    found = next(named, own[0] if own else None)
    return None if found is None else Loaded(found.document, found.source)


def _packs_here(folder: ShownFolder, pinned: set[str]) -> Iterator[Path]:
    for file, loaded in folder.of(LegalPack):
        is_shipped = shipped_pack(loaded.document.name) is not None
        if file.digest in pinned and not file.envelope and not is_shipped:
            yield file.path
