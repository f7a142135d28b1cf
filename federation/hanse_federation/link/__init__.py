"""The link between the operator and the brands: interface, framing, carriers.

Importing it keeps gRPC at TLS 1.3, if nothing has loaded gRPC before; see `tls`.
"""

from hanse_federation.link import tls

__all__ = ["tls"]
