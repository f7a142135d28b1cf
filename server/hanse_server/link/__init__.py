"""The operator's end of the link: the gRPC server, and the client of its own commands."""

import hanse_federation.link.tls  # noqa: F401 - before anything here loads gRPC
from hanse_federation.link.settings import LinkSettings
from hanse_server.link.admission import Authorise
from hanse_server.link.operator_client import OperatorClient
from hanse_server.link.operator_link import GrpcOperatorLink
from hanse_server.link.server import GrpcOperatorServer, ServerAddress

__all__ = [
    "Authorise",
    "GrpcOperatorLink",
    "GrpcOperatorServer",
    "LinkSettings",
    "OperatorClient",
    "ServerAddress",
]
