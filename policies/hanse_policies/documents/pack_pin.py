"""Which legal packs a document asks for, and how strictly they are taken."""

from __future__ import annotations

from hanse_policies.documents.base import Digest, Identifier, SemanticVersion, StrictModel


class PackPin(StrictModel):
    """One version of one legal pack, by what it says and not by its name alone."""

    id: Identifier
    version: SemanticVersion
    digest: Digest

    @property
    def name(self) -> str:
        """The pack as people write it: `cn-pipl@1.0.0`."""
        return f"{self.id}@{self.version}"


class PackRules(StrictModel):
    """What a brand asks of legal packs beyond their checks of severity `deny`."""

    counsel_signature: bool = False
    """Whether a pack that counsel did not sign refuses."""
    advice: bool = False
    """Whether a check of severity `advise` that is not met refuses."""
