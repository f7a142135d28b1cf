"""What is asked of consent, and canonical consent tables of every field, for tests."""

from __future__ import annotations

from hanse_policies.documents import ConsentNeed, Purpose
from tests.support.brand_tables import MAX_AGE_HOURS


def a_need(**changes: object) -> ConsentNeed:
    """Ask for the purpose of training and nothing more, unless told otherwise."""
    fields: dict[str, object] = {
        "purpose": Purpose.MODEL_TRAINING,
        "max_age_hours": MAX_AGE_HOURS,
        "bases": None,
        "notices": None,
        "minors": None,
        "jurisdictions": None,
        "recipients": (),
        "is_scope_needed": False,
    }
    return ConsentNeed.model_validate(fields | changes)
