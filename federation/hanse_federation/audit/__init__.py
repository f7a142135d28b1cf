"""Evidence of what a brand did: the egress journal. Needs neither numpy nor Flower."""

from hanse_federation.audit.journal import (
    EgressEntry,
    EgressJournal,
    EgressRecord,
    JournalHead,
)

__all__ = ["EgressEntry", "EgressJournal", "EgressRecord", "JournalHead"]
