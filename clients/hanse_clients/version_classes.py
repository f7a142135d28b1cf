"""What lies between two versions of a brand's document: tightening, loosening, text or mixed.

Rules: a version is classed under the legal packs of the charter in force and of the brand's
policy, when it takes effect, and that class is recorded; it stands when other packs come.
A version that came into the folder without a record is classed under the packs of now.
The class is never milder than what it is where no pack is asked. A pack that is pinned
and cannot be read or verified here counts as one that reads everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hanse_clients.state import BrandState, ClassedVersion
from hanse_policies.canonical import digest
from hanse_policies.compare.comparison import Comparison, compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.compare.pack_effects import PacksInPlay
from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset, PackPin
from hanse_policies.packs.pinned import pinned_packs


@dataclass(frozen=True, slots=True)
class VersionClasses:
    """Classes the versions of one brand's documents.

    Attributes:
        packs_folder: Where packs lie that counsel signed; need not exist.
        open_state: Opens the brand's records.
        charter: Reads the charter in force from them; None before the brand joined.
    """

    packs_folder: Path
    open_state: Callable[[], BrandState]
    charter: Callable[[BrandState], AllianceCharter | None]

    def now(
        self,
        before: BrandPolicy | DataAsset,
        after: BrandPolicy | DataAsset,
        policy: BrandPolicy | None = None,
    ) -> Comparison:
        """Compare two versions under the legal packs in play now.

        Args:
            before: The older version.
            after: The newer one.
            policy: The policy in effect, beside an asset; None for none, or for a policy.

        Raises:
            HanseError: The records or the charter in them cannot be read or verified.
        """
        with self.open_state() as state:
            return self._compared(self.charter(state), before, after, policy)

    def of(
        self,
        before: BrandPolicy | DataAsset,
        after: BrandPolicy | DataAsset,
        policy: BrandPolicy | None = None,
    ) -> Direction:
        """Return what lies between two versions, as recorded or else as of now.

        Args:
            before: The older version.
            after: The newer one.
            policy: As `now` takes it.

        Raises:
            HanseError: As `now` raises.
        """
        with self.open_state() as state:
            recorded = state.class_of(digest(after), after.supersedes or digest(before))
            charter = self.charter(state) if recorded is None else None
        compared = self._compared(charter, before, after, policy)
        if recorded is None:
            return compared.direction
        return recorded.direction.joined(compared.without_packs)

    def party_of(self, key: str) -> str | None:
        """Say whose signing key one is by the charter in force; None where it names nobody.

        Raises:
            HanseError: As `now` raises.
        """
        with self.open_state() as state:
            charter = self.charter(state)
        return None if charter is None else charter.party_of(key)

    def record(self, comparison: Comparison) -> None:
        """Record as what the newer of two versions takes effect.

        Raises:
            BrandStateError: It could not be recorded; the version must not take effect.
        """
        with self.open_state() as state:
            held = state.charter()
            state.record_class(
                ClassedVersion(
                    digest(comparison.after),
                    digest(comparison.before),
                    comparison.direction,
                    None if held is None else held.digest,
                )
            )

    def superseded(self) -> frozenset[str]:
        """List the digests of the versions that another one took the place of, by the records.

        Raises:
            HanseError: The records cannot be read.
        """
        with self.open_state() as state:
            return frozenset(one.supersedes for one in state.classes())

    def _compared(
        self,
        charter: AllianceCharter | None,
        before: BrandPolicy | DataAsset,
        after: BrandPolicy | DataAsset,
        policy: BrandPolicy | None,
    ) -> Comparison:
        others = (*_pins(charter), *_pins(policy))
        own = (*_pins(before), *_pins(after))
        counsel = None if charter is None else charter.counsel_key
        packs = PacksInPlay(
            others,
            pinned_packs(self.packs_folder, (*others, *own), counsel),
            asks_advice=policy is None or policy.pack_rules.advice,
        )
        return compare_versions(before, after, packs)


def _pins(document: AllianceCharter | BrandPolicy | DataAsset | None) -> tuple[PackPin, ...]:
    return document.packs if isinstance(document, AllianceCharter | BrandPolicy) else ()
