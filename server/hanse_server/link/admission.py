"""Who may call: the client certificate, judged again at every call.

The TLS handshake has shown that the alliance's CA issued the certificate and
that the caller holds its key. Whether it still counts is for the application's
`Authorise`, which may read a store and therefore runs on a thread of its own.
A refusal leaves as a gRPC status with a code and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from hanse_federation.errors import InvalidMessageError
from hanse_policies.errors import HanseError
from hanse_server.authority import Caller
from hanse_server.errors import CertificateRefusedError
from hanse_server.store.records import CallerRole

Authorise = Callable[[bytes], Caller]
"""Tells who holds a certificate (DER), or raises an error of Hanse; called from several threads."""

ServicerContext = grpc.aio.ServicerContext[Any, Any]

NO_CERTIFICATE = "certificate-missing"
WRONG_ROLE = "role-refused"
INTERNAL = "internal-error"

ResultT = TypeVar("ResultT")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """Asks the application about certificates, on threads of its own."""

    authorise: Authorise
    threads: ThreadPoolExecutor

    async def judge(self, certificate: bytes) -> Caller:
        """Tell who holds a certificate.

        Raises:
            HanseError: The certificate does not let its holder in.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self.authorise, certificate)

    async def admit(self, context: ServicerContext, role: CallerRole) -> Caller:
        """Let the caller of this rpc in, or end the rpc."""
        certificate = certificate_of(context)
        if certificate is None:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, NO_CERTIFICATE)
        try:
            caller = await self.judge(certificate)
        except HanseError as error:
            _logger.warning("caller refused: %s", error.code)
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, error.code)
        if caller.role is not role:
            _logger.warning("caller refused: %s", WRONG_ROLE)
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, WRONG_ROLE)
        return caller


def certificate_of(context: ServicerContext) -> bytes | None:
    """Read the client certificate of an rpc, in DER."""
    shown = context.auth_context().get("x509_pem_cert", ())
    for pem in shown:
        return ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))
    return None


@asynccontextmanager
async def code_only(context: ServicerContext) -> AsyncIterator[None]:
    """End the rpc with a code when its work raises; no text of an error crosses.

    This is the outermost frame of an rpc. gRPC would send the text of an
    exception that reaches it, so a defect is logged and ends the rpc here.
    """
    try:
        yield
    except grpc.aio.AbortError:
        raise
    except DecodeError:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, InvalidMessageError.code)
    except (grpc.aio.BaseError, grpc.aio.UsageError):
        _logger.info("caller left before the end of its call")
    except CertificateRefusedError as error:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, error.code)
    except HanseError as error:
        _logger.info("call refused: %s: %s", error.code, error)
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, error.code)
    except Exception:
        _logger.exception("call failed")
        await context.abort(grpc.StatusCode.INTERNAL, INTERNAL)
