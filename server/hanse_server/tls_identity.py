"""A TLS identity from the operator's folder, as the link takes it."""

from __future__ import annotations

from hanse_federation.link.credentials import TlsCredentials
from hanse_policies.certificates import TlsIdentity


def credentials_of(identity: TlsIdentity) -> TlsCredentials:
    """Hand a TLS identity to the link."""
    return TlsCredentials(identity.key, identity.certificate, identity.authority)
