"""The dialling side of gRPC: a channel to the operator's server, and what its failures mean.

The server is known by the alliance's CA and by the name in its certificate,
whatever its address is. Nothing it says in words is repeated: a failure carries
the code that the server gave, or one of our own.
"""

from __future__ import annotations

import grpc

from hanse_federation.codec.checks import check_code
from hanse_federation.errors import InvalidMessageError, LinkError
from hanse_federation.link.credentials import SERVER_NAME, TlsCredentials
from hanse_federation.link.errors import (
    CertificateRefusedError,
    DeskRefusedError,
    HandshakeRefusedError,
    ServerNotTrustedError,
    ServerUnreachableError,
)

MAX_FRAME_BYTES = 2 << 20
"""A chunk or an envelope of 1 MiB, and its frame."""
MAX_STATUS_BYTES = 64 << 20
"""What the operator's own commands take from their own server."""

TUNING = (
    ("grpc.http2.lookahead_bytes", 8 << 20),
    ("grpc.http2.max_frame_size", 1 << 20),
    ("grpc.http2.write_buffer_size", 4 << 20),
)
"""Room for a few chunks under way, and few HTTP/2 frames per chunk."""

_UNTRUSTED = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification", "TSI_PROTOCOL_FAILURE")
_HANDSHAKE_CLOSED = "Socket closed"


def open_channel(
    address: str, credentials: TlsCredentials, receive_cap_bytes: int = MAX_FRAME_BYTES
) -> grpc.Channel:
    """Make a channel to the operator's server; it dials when it is first used.

    Args:
        address: `host:port`.
        credentials: Checked by the caller for the time being, see `TlsCredentials.check`.
        receive_cap_bytes: Largest single gRPC message taken from the server.
    """
    options = (
        *TUNING,
        ("grpc.ssl_target_name_override", SERVER_NAME),
        ("grpc.max_receive_message_length", receive_cap_bytes),
        ("grpc.enable_http_proxy", 0),
        ("grpc.enable_retries", 0),
    )
    return grpc.secure_channel(
        address,
        grpc.ssl_channel_credentials(
            credentials.ca_pem, credentials.private_key_pem, credentials.certificate_pem
        ),
        options,
    )


def failure_of(error: grpc.RpcError, address: str) -> LinkError:
    """Turn the failure of a call into the error that says what to do about it."""
    status = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    details = (error.details() if isinstance(error, grpc.Call) else None) or ""
    try:
        code = check_code("code", details)
    except InvalidMessageError:
        code = status.name.lower().replace("_", "-")
    if status is grpc.StatusCode.UNAUTHENTICATED:
        return CertificateRefusedError(code)
    if status is not grpc.StatusCode.UNAVAILABLE:
        return DeskRefusedError(code)
    if any(sign in details for sign in _UNTRUSTED):
        return ServerNotTrustedError(
            f"whoever answers at {address} is not the operator's server: expected a certificate "
            f"for {SERVER_NAME} from this alliance's CA; check the address and the bundle"
        )
    if _HANDSHAKE_CLOSED in details:
        return HandshakeRefusedError(
            f"the server at {address} closes the connection during the handshake: expected it to "
            "know this certificate; ask the operator to enrol or renew it"
        )
    return ServerUnreachableError(
        f"the operator's server at {address} does not answer: expected it to run there; check "
        "the address, and that the server runs"
    )
