"""The operator's store: members, studies, runs, rounds and releases in one database.

The commands and the serving process each open it; what one writes the other
sees at its next question. It lies in an SQLite file, or in PostgreSQL.
"""

from hanse_server.store.aggregation_records import (
    AggregationStep,
    AttemptPhase,
    AttemptRecord,
    EnvelopeRecord,
    MaskedSum,
    QuestionKey,
    SumRecord,
)
from hanse_server.store.lease import Lease
from hanse_server.store.location import PostgresAddress, StoreLocation
from hanse_server.store.operator_store import OperatorStore
from hanse_server.store.records import (
    CallerRole,
    CertificateRecord,
    CertificateStatus,
    CharterRecord,
    ReleaseRecord,
    RoundRecord,
    RunRecord,
    StudyRecord,
    VerdictRecord,
)

__all__ = [
    "AggregationStep",
    "AttemptPhase",
    "AttemptRecord",
    "CallerRole",
    "CertificateRecord",
    "CertificateStatus",
    "CharterRecord",
    "EnvelopeRecord",
    "Lease",
    "MaskedSum",
    "OperatorStore",
    "PostgresAddress",
    "QuestionKey",
    "ReleaseRecord",
    "RoundRecord",
    "RunRecord",
    "StoreLocation",
    "StudyRecord",
    "SumRecord",
    "VerdictRecord",
]
