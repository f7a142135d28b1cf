"""The brand's end of the link: its lasting connection, and the client of the operator's desk."""

import hanse_federation.link.tls  # noqa: F401 - before anything here loads gRPC
from hanse_clients.link.brand_connection import BrandConnection, SentMessage
from hanse_clients.link.brand_desk_client import BrandDeskClient

__all__ = ["BrandConnection", "BrandDeskClient", "SentMessage"]
