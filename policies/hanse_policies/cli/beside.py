"""What holds beside the two versions that `hanse policy diff` compares, for its legal packs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hanse_policies
from hanse_policies.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse_policies.compare.comparison import Comparable, Comparison
    from hanse_policies.compare.pack_effects import PacksInPlay
    from hanse_policies.documents import AllianceCharter, BrandPolicy, PackPin

UNSEEN = "0" * 64
"""Stands for the digest of a pack that a document that was not given may pin."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The charter and the policy that hold beside what is compared, as far as they were given.

    Attributes:
        charter: The charter; None where it was not given, or is what is compared.
        policy: The brand's policy, likewise.
        names: Packs whose words were given.
        missing: The documents that may pin packs and were not given, as options.
    """

    charter: AllianceCharter | None
    policy: BrandPolicy | None
    names: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def read(
        cls, compared: Comparable, charter: Path | None, policy: Path | None, names: list[str]
    ) -> Beside:
        """Read what was given.

        Raises:
            DocumentError: A file is no valid document.
            UsageError: A document was given beside versions of the same kind.
        """
        needed: dict[str, Path | None] = {"--charter": charter, "--policy": policy}
        own = {"AllianceCharter": "--charter", "BrandPolicy": "--policy"}.get(compared.kind)
        if own is not None and needed.pop(own) is not None:
            raise UsageError(
                f"{own}: expected no other beside two versions of {compared.kind}, got one; each "
                "version says itself which packs it pins"
            )
        rules = None if charter is None else hanse_policies.load_charter(charter).document
        held = None if policy is None else hanse_policies.load_policy(policy).document
        missing = tuple(option for option, path in needed.items() if path is None)
        return cls(rules, held, tuple(names), missing)

    def packs(self, before: Comparable, after: Comparable) -> PacksInPlay:
        """Gather the legal packs in play for two versions; what was not given pins none.

        Raises:
            DocumentError: A pack that is named is neither a file nor one that ships.
        """
        others = (*_pins(self.charter), *_pins(self.policy))
        pins = (*others, *_pins(before), *_pins(after))
        return hanse_policies.PacksInPlay(
            others,
            hanse_policies.unsigned_packs(self.names, pins),
            asks_advice=self.policy is None or self.policy.pack_rules.advice,
        )

    def assumed(self, comparison: Comparison) -> str:
        """Say what was taken for granted, where the step of the version hangs on it."""
        if not self.missing:
            return ""
        pin = hanse_policies.PackPin(id="unseen", version="0.0.0", digest=UNSEEN)
        unseen = hanse_policies.compare_versions(
            comparison.before, comparison.after, hanse_policies.PacksInPlay((pin,))
        )
        if unseen.direction.step is comparison.direction.step:
            return ""
        fields = ", ".join(change.name for change in unseen.changes if change.read_by)
        return (
            "that the documents not given pin no legal pack, though one could read "
            f"{fields} and make the change mixed; give {' and '.join(self.missing)}"
        )


def _pins(document: Comparable | None) -> Sequence[PackPin]:
    if isinstance(document, hanse_policies.AllianceCharter | hanse_policies.BrandPolicy):
        return document.packs
    return ()
