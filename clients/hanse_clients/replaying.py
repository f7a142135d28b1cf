"""Past studies under another version of the policy, at the brand: verdicts and how many persons.

Rules: verdicts are those of `hanse policy diff --replay`, under the charter, the asset and the
legal packs of this brand; persons are counted in the brand's own warehouse by the very query
that a study's cohort is counted by, at one instant, once under the consent rules of each
version. The counts are true ones: they are returned to the brand's own people, and are neither
charged, recorded nor logged, and no message has a field for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hanse_clients.data import MeasuringSource, view_for
from hanse_clients.enrolment import BrandName
from hanse_clients.errors import HomeDocumentError, StudyDataError
from hanse_clients.home import BrandHome
from hanse_clients.sources import BrandSources, row_salt
from hanse_policies.compare.replay import ReplayedStudy, replay
from hanse_policies.documents import BrandPolicy, DataAsset, Study
from hanse_policies.loading import load_policy, load_study
from hanse_policies.packs.pinned import pinned_packs
from hanse_policies.signing import Envelope, open_envelope


@dataclass(frozen=True, slots=True)
class CountedReplay:
    """A past study under two versions of the policy, with the persons that each reaches.

    Attributes:
        replayed: Verdicts, columns and budgets.
        persons_before: How many persons consent and are in the study's population by the older
            version's rules; None where the study does not fit the asset. A true number.
        persons_after: The same by the newer version's rules.
    """

    replayed: ReplayedStudy
    persons_before: int | None
    persons_after: int | None


@dataclass(frozen=True, slots=True)
class PolicyReplay:
    """Two versions of a brand's policy, and the brand's own data.

    Attributes:
        home: The brand's folder.
        before: The older version.
        after: The newer one.
        now: The instant to decide and to judge consent for, with time zone.
    """

    home: BrandHome
    before: BrandPolicy
    after: BrandPolicy
    now: datetime

    @classmethod
    def of(cls, home: BrandHome, new: Path, old: Path | None, now: datetime) -> PolicyReplay:
        """Read the versions.

        Args:
            home: The brand's folder.
            new: The newer version, as YAML.
            old: The older one; None for the policy in effect.
            now: The instant to replay for.

        Raises:
            DocumentError: A file is no valid policy.
            HomeDocumentError: It is of another brand or alliance.
            SignedDocumentError: There is no policy in effect.
        """
        after = load_policy(new).document
        before = home.documents.policy().document if old is None else load_policy(old).document
        for policy in (before, after):
            _check_ours(policy, home.name)
        return cls(home, before, after, now)

    def past_studies(self) -> tuple[Study, ...]:
        """List every study that the brand heard of, in the order first seen.

        Raises:
            SignatureError: The records hold one that the pinned operator did not sign.
        """
        self.home.check_records()
        key = self.home.membership().operator_key
        with self.home.open_state() as state:
            held = state.studies()
        return tuple(open_envelope(Envelope.from_json(one.envelope), Study, key) for one in held)

    def counted(self, studies: tuple[Study, ...]) -> tuple[CountedReplay, ...]:
        """Decide on studies under both versions, and count the persons of each.

        Raises:
            DataError: The brand's data cannot be read.
            SignedDocumentError: There is no asset in effect.
        """
        self.home.check_records()
        with self.home.open_state() as state:
            charter = self.home.charter(state)
        asset = self.home.documents.signed_asset().document
        pins = (*charter.packs, *self.before.packs, *self.after.packs)
        packs = pinned_packs(self.home.packs_folder, pins, charter.counsel_key)
        salt = row_salt(self.home.keys().agreement, asset)
        sources = BrandSources(asset, self.home.documents.asset_file.parent)
        try:
            return tuple(
                CountedReplay(
                    replay(
                        study,
                        self.before,
                        self.after,
                        charter=charter,
                        asset=asset,
                        now=self.now,
                        packs=packs,
                    ),
                    *(
                        self._persons(sources.rows(), study, asset, policy, salt)
                        for policy in (self.before, self.after)
                    ),
                )
                for study in studies
            )
        finally:
            sources.close()

    def _persons(
        self,
        source: MeasuringSource,
        study: Study,
        asset: DataAsset,
        policy: BrandPolicy,
        salt: str,
    ) -> int | None:
        if study.asset != asset.id:
            return None
        try:
            view = view_for(study, asset, policy, self.now, salt)
        except StudyDataError:
            return None
        return source.persons(view).persons


def studies_in(paths: tuple[Path, ...]) -> tuple[Study, ...]:
    """Read studies from YAML files, and from all files `*.yaml` of folders.

    Raises:
        DocumentError: A file is no valid study.
    """
    files = [
        file
        for path in paths
        for file in (sorted(path.glob("*.yaml")) if path.is_dir() else (path,))
    ]
    return tuple(load_study(file).document for file in files)


def _check_ours(policy: BrandPolicy, name: BrandName) -> None:
    if (policy.alliance, policy.brand) != (name.alliance, name.brand):
        raise HomeDocumentError(
            f"expected two policies of brand {name.brand} for alliance {name.alliance}, got one of "
            f"{policy.brand} for {policy.alliance}"
        )
