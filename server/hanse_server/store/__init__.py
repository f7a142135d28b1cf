"""The operator's store: members, studies, runs, releases and traffic in one SQLite file.

The commands and the serving process each open it; what one writes the other
sees at its next question.
"""

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
    "CallerRole",
    "CertificateRecord",
    "CertificateStatus",
    "CharterRecord",
    "OperatorStore",
    "ReleaseRecord",
    "RoundRecord",
    "RunRecord",
    "StudyRecord",
    "VerdictRecord",
]
