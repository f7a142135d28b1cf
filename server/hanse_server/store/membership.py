"""Members of the alliance as the operator records them: certificates and charters.

Rules: certificates and the charter that pins their holders change in one
transaction; a charter version is never replaced; each brand has at most one
current certificate, and so has the operator.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from hanse_policies.documents import BrandId
from hanse_server.errors import BrandUnknownError, CertificateUnknownError, CharterConflictError
from hanse_server.store.database import Database
from hanse_server.store.instants import from_text, to_text
from hanse_server.store.records import (
    CallerRole,
    CertificateRecord,
    CertificateStatus,
    CharterRecord,
)
from hanse_server.store.tables import certificates, charters


class MembershipStore:
    """Certificates and charters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def found(self, charter: CharterRecord, own: CertificateRecord) -> None:
        """Record the first charter and the operator's own certificate.

        Raises:
            CharterConflictError: The alliance has a charter already.
        """
        with self._database.writing() as connection:
            _add_charter(connection, charter)
            _add_certificate(connection, own)

    def admit(self, certificate: CertificateRecord, charter: CharterRecord) -> None:
        """Record a new member's certificate together with the charter that pins its keys.

        Raises:
            CharterConflictError: `charter` does not follow the newest version.
        """
        with self._database.writing() as connection:
            _add_charter(connection, charter)
            _add_certificate(connection, certificate)

    def renew(self, certificate: CertificateRecord) -> None:
        """Record a newer certificate of a holder; the one before is refused from now on.

        Raises:
            BrandUnknownError: The holder has no certificate that counts; it may have been
                revoked meanwhile.
        """
        before = (CertificateStatus.CURRENT,)
        with self._database.writing() as connection:
            if not _mark(connection, certificate.brand, before, CertificateStatus.SUPERSEDED):
                raise BrandUnknownError(
                    f"expected a holder with a certificate in force, got {certificate.brand}; "
                    "enrol it without --renew"
                )
            _add_certificate(connection, certificate)

    def expel(self, brand: BrandId, reason: str, charter: CharterRecord) -> None:
        """Revoke every certificate of a brand together with the charter that drops it.

        Raises:
            BrandUnknownError: The brand never had a certificate.
            CharterConflictError: `charter` does not follow the newest version.
        """
        with self._database.writing() as connection:
            _add_charter(connection, charter)
            marked = _mark(
                connection,
                brand,
                (CertificateStatus.CURRENT, CertificateStatus.SUPERSEDED),
                CertificateStatus.REVOKED,
                reason,
            )
            if not marked:
                raise BrandUnknownError(
                    f"expected an enrolled brand, got {brand}; hanse operator members lists them"
                )

    def certificate(self, serial: str) -> CertificateRecord:
        """Find a certificate by its serial number.

        Raises:
            CertificateUnknownError: This authority issued no such certificate.
        """
        query = select(certificates).where(certificates.c.serial == serial)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise CertificateUnknownError(
                "expected a certificate that this alliance issued, got a serial number it never "
                "gave out"
            )
        return _certificate(row)

    def certificates(self) -> tuple[CertificateRecord, ...]:
        """List every certificate, oldest first for each holder."""
        query = select(certificates).order_by(certificates.c.brand, certificates.c.not_before)
        with self._database.reading() as connection:
            return tuple(_certificate(row) for row in connection.execute(query).mappings())

    def charter(self) -> CharterRecord:
        """Return the charter in force, the newest version."""
        query = select(charters).order_by(charters.c.version.desc()).limit(1)
        with self._database.reading() as connection:
            return _charter(connection.execute(query).mappings().one())

    def charters(self) -> tuple[CharterRecord, ...]:
        """List every version of the charter, oldest first."""
        query = select(charters).order_by(charters.c.version)
        with self._database.reading() as connection:
            return tuple(_charter(row) for row in connection.execute(query).mappings())


def _add_charter(connection: Connection, charter: CharterRecord) -> None:
    newest = connection.execute(select(func.max(charters.c.version))).scalar_one() or 0
    if charter.version != newest + 1:
        raise CharterConflictError(
            f"expected charter version {newest + 1}, got {charter.version}; the membership "
            "changed meanwhile, so try again"
        )
    connection.execute(
        insert(charters).values(
            version=charter.version,
            digest=charter.digest,
            envelope=charter.envelope,
            signed_at=to_text(charter.signed_at),
        )
    )


def _add_certificate(connection: Connection, record: CertificateRecord) -> None:
    connection.execute(
        insert(certificates).values(
            serial=record.serial,
            role=record.role,
            brand=record.brand,
            fingerprint=record.fingerprint,
            not_before=to_text(record.not_before),
            not_after=to_text(record.not_after),
            status=record.status,
            reason=record.reason,
        )
    )


def _mark(
    connection: Connection,
    brand: BrandId,
    before: Sequence[CertificateStatus],
    after: CertificateStatus,
    reason: str = "",
) -> int:
    changed = connection.execute(
        update(certificates)
        .where(certificates.c.brand == brand, certificates.c.status.in_(before))
        .values(status=after, reason=reason)
    )
    return changed.rowcount


def _certificate(row: RowMapping) -> CertificateRecord:
    return CertificateRecord(
        serial=row["serial"],
        role=CallerRole(row["role"]),
        brand=BrandId(row["brand"]),
        fingerprint=row["fingerprint"],
        not_before=from_text(row["not_before"]),
        not_after=from_text(row["not_after"]),
        status=CertificateStatus(row["status"]),
        reason=row["reason"],
    )


def _charter(row: RowMapping) -> CharterRecord:
    return CharterRecord(
        row["version"], row["digest"], row["envelope"], from_text(row["signed_at"])
    )
