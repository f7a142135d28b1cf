"""The two documents a brand writes itself: what it permits, and what its data are.

Rules: both lie in the brand's folder as YAML for people and count only as signed (see
`signed_documents`); both must speak of this brand; a version that may allow more
than the one before takes effect only once that one's approvers approved it, and nobody
approves by a key by which a party signs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hanse_clients.enrolment import BrandName
from hanse_clients.errors import (
    ApproverKeyError,
    DocumentNotApprovedError,
    HomeDocumentError,
)
from hanse_clients.signed_documents import (
    VerifiedDocument,
    check_succession,
    document_in_effect,
    document_to_follow,
    kept_versions,
    sign_document,
    superseded_document,
    verified_document,
)
from hanse_clients.version_classes import VersionClasses
from hanse_policies.approvals import (
    Approved,
    approval_state,
    approvers_of,
    open_approval,
)
from hanse_policies.canonical import digest
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import BrandPolicy, DataAsset
from hanse_policies.durable_files import read_bounded
from hanse_policies.errors import HanseError
from hanse_policies.facts import ApprovalState
from hanse_policies.loading import Loaded, load_asset, load_policy
from hanse_policies.signing import MAXIMUM_ENVELOPE_BYTES, Envelope, SigningKey


@dataclass(frozen=True, slots=True)
class BrandDocuments:
    """A brand's policy and asset.

    Attributes:
        folder: The brand's folder.
        name: The brand and its alliance.
        key: Reads the brand's signing key.
        classes: Tells what lies between two versions.
    """

    folder: Path
    name: BrandName
    key: Callable[[], SigningKey]
    classes: VersionClasses

    @property
    def asset_file(self) -> Path:
        """Where the brand describes its data and consent register."""
        return self.folder / "asset.yaml"

    @property
    def policy_file(self) -> Path:
        """Where the brand writes what it permits."""
        return self.folder / "policy.yaml"

    @property
    def signed_asset_file(self) -> Path:
        """The asset in effect."""
        return self.folder / "asset.dsse.json"

    @property
    def approvals_folder(self) -> Path:
        """Where approvals of policies and assets lie, each a signed file."""
        return self.folder / "approvals"

    @property
    def signed_policy_file(self) -> Path:
        """The policy in effect."""
        return self.folder / "policy.dsse.json"

    def asset(self) -> Loaded[DataAsset]:
        """Read the description of the brand's data as it is written, signed or not.

        Raises:
            DocumentError: `asset.yaml` is missing or not valid.
            HomeDocumentError: It speaks of another brand.
        """
        loaded = load_asset(self.asset_file)
        if loaded.document.brand != self.name.brand:
            raise HomeDocumentError(
                f"expected an asset of brand {self.name.brand}, got one of "
                f"{loaded.document.brand} ({loaded.source.line_of('brand')})"
            )
        return loaded

    def sign_asset(self) -> str:
        """Put `asset.yaml` into effect; returns its digest.

        Raises:
            DocumentError, HomeDocumentError: As `asset` raises.
            SignedDocumentError: It cannot follow the signed one, is not approved, or names an
                approver with a key by which a party signs.
        """
        return self._sign(self.asset().document, self.signed_asset_file)

    def signed_asset(self) -> VerifiedDocument[DataAsset]:
        """Return the asset in effect.

        Raises:
            DocumentError, HomeDocumentError: As `asset` raises.
            SignedDocumentError: It was never signed, edited after, or put back.
            BrandStateError: The records that tell which versions are superseded are not read.
        """
        return self._verified(self.asset(), self.signed_asset_file)

    def sign_policy(self) -> str:
        """Put `policy.yaml` into effect; returns its digest.

        Raises:
            DocumentError: The YAML is not a valid policy.
            HomeDocumentError: It is for another brand or alliance.
            SignedDocumentError: It cannot follow the signed one, is not approved, or names an
                approver with a key by which a party signs.
        """
        return self._sign(self._written_policy().document, self.signed_policy_file)

    def _sign(self, after: Approved, signed: Path) -> str:
        """Put a version into effect if it follows the one in effect and is approved."""
        key = self.key()
        before = document_to_follow(signed, type(after), key.public_hex)
        if before == after:
            return digest(after)
        self._check_approvers(after, key)
        policy = self._policy_beside(after)
        comparison = None if before is None else self.classes.now(before, after, policy)
        direction = Direction.TEXT if comparison is None else comparison.direction
        check_succession(before, after, direction)
        state = self._approvals(before, after, direction)
        if not state.is_enough:
            raise DocumentNotApprovedError(
                f"expected {state.needed} role(s) to approve version {after.version} of "
                f"{after.id}, got "
                f"{', '.join(state.roles) or 'none'}; put their approvals into "
                f"{self.approvals_folder.name}/, see hanse policy approve"
            )
        if comparison is not None:
            self.classes.record(comparison)
        return sign_document(before, after, signed, key)

    def _check_approvers(self, after: BrandPolicy | DataAsset, key: SigningKey) -> None:
        """Refuse an approver who carries a key by which the brand or another party signs."""
        for approver in after.approvers:
            own = self.name.brand if approver.key == key.public_hex else None
            party = own or self.classes.party_of(approver.key)
            if party is not None:
                raise ApproverKeyError(
                    f"expected a key of their own for approver {approver.id}, got the key by which "
                    f"{party} signs (rule approvals.keys); make another with hanse policy keygen "
                    f"and name it in {after.kind} version {after.version}"
                )

    def policy(self) -> VerifiedDocument[BrandPolicy]:
        """Return the policy in effect.

        Raises:
            DocumentError, HomeDocumentError: As `sign_policy` raises.
            SignedDocumentError: It was never signed, edited after, or put back.
            BrandStateError: As `signed_asset` raises it.
        """
        return self._verified(self._written_policy(), self.signed_policy_file)

    def policy_in_force(self, now: datetime) -> BrandPolicy:
        """Return the policy that counts at `now`.

        Raises:
            DocumentError, HomeDocumentError, SignedDocumentError: As `policy` raises.
            DocumentNotApprovedError: It is not approved, or not active yet.
        """
        policy = self.policy().document
        state = self.approvals_of(policy)
        if state is None or not state.is_enough or policy.active_from > now:
            raise DocumentNotApprovedError(
                f"expected a policy that is approved and active, got version {policy.version}, "
                f"active from {policy.active_from.isoformat(timespec='seconds')}; see hanse policy "
                "approve"
            )
        return policy

    def approvals_of(self, document: BrandPolicy | DataAsset) -> ApprovalState | None:
        """Tell how far a document in effect is approved; None where that cannot be told.

        Every version that led to it must have followed the one before, and been approved.
        """
        try:
            if isinstance(document, BrandPolicy):
                return self._approvals_of_chain(document, self.signed_policy_file)
            return self._approvals_of_chain(document, self.signed_asset_file)
        except HanseError:
            return None

    def _approvals_of_chain(self, document: Approved, signed: Path) -> ApprovalState | None:
        key, newest = self.key().public_hex, None
        kept = {digest(one) for one in kept_versions(signed, type(document), key)}
        policy = self._policy_beside(document)
        after: Approved | None = document
        while after is not None:
            before = superseded_document(signed, after, key)
            if before is None and (after.supersedes is not None or kept):
                return None  # a version is lost, or one that was signed before is left out
            direction = Direction.TEXT if before is None else self.classes.of(before, after, policy)
            check_succession(before, after, direction)
            state = self._approvals(before, after, direction)
            newest = newest or state
            if not state.is_enough:
                return state
            kept.discard("" if before is None else digest(before))
            after = before
        return newest

    def _policy_beside(self, document: BrandPolicy | DataAsset) -> BrandPolicy | None:
        """Return the policy whose legal packs judge an asset, too; None beside a policy."""
        if isinstance(document, BrandPolicy):
            return None
        return document_in_effect(self.signed_policy_file, BrandPolicy, self.key().public_hex)

    def _approvals(
        self, before: Approved | None, after: Approved, direction: Direction
    ) -> ApprovalState:
        """Count the approvals in the folder.

        Raises:
            HanseError: A file cannot be read, or speaks of this version and cannot be verified:
                it may be a refusal.
        """
        opened, meant = [], digest(after).encode()
        for file in sorted(self.approvals_folder.glob("*.json")):
            envelope = Envelope.from_json(read_bounded(file, MAXIMUM_ENVELOPE_BYTES))
            # What only names the version as the one that it replaces is about another.
            if meant in envelope.payload.replace(b'"supersedes":"' + meant + b'"', b""):
                opened.append(open_approval(envelope, approvers_of(before, after)))
        return approval_state(before, after, opened, direction)

    def _verified(self, written: Loaded[Approved], signed: Path) -> VerifiedDocument[Approved]:
        recorded = self.classes.superseded()
        return verified_document(written, signed, self.key().public_hex, recorded)

    def _written_policy(self) -> Loaded[BrandPolicy]:
        loaded, name = load_policy(self.policy_file), self.name
        policy = loaded.document
        if (policy.alliance, policy.brand) != (name.alliance, name.brand):
            field = "brand" if policy.alliance == name.alliance else "alliance"
            raise HomeDocumentError(
                f"expected a policy of brand {name.brand} for alliance {name.alliance}, got one of "
                f"{policy.brand} for {policy.alliance} ({loaded.source.line_of(field)})"
            )
        return loaded
