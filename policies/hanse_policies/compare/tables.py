"""How every field of every document that is compared compares; permits have a module of their own.

Rules: each table names all fields of its model, which a test holds it to. A field
that bounds what is allowed has an order; a field that the decision compares for
equality, or that says what something is, is opaque, so that its change never
counts as tightening.
"""

from __future__ import annotations

from hanse_policies.compare.direction import Direction
from hanse_policies.compare.fields import (
    FieldTable,
    all_of,
    any_of,
    any_of_if_asked,
    flag_is_stricter,
    higher_is_stricter,
    ignored,
    keyed,
    lower_is_stricter,
    nested,
    opaque,
    ordered,
    text,
)
from hanse_policies.compare.permits import compare_permits
from hanse_policies.compare.withdrawal import CONSENT_END_RULE
from hanse_policies.compare.words import compare_minors, compare_places, compare_words
from hanse_policies.documents.vocabulary import ApprovalMode, LocationPrecision, Sensitivity

APPROVER: FieldTable = {"id": opaque, "role": opaque, "key": opaque}

# More of either asks for more, and can be just what the charter asked of a policy.
APPROVAL_RULES: FieldTable = {"loosen": opaque}

BUDGET: FieldTable = {
    "purpose": opaque,
    "epsilon": lower_is_stricter,
    "delta": lower_is_stricter,
    # A period that begins elsewhere, or is shorter, may give a spent budget anew.
    "starts": opaque,
    "period_days": opaque,
}

CONSENT_RULES: FieldTable = {
    "max_age_hours": lower_is_stricter,
    "bases": any_of,
    "notices": any_of_if_asked,
    "minors": opaque,
    "jurisdictions": compare_places,
    "scope_required": flag_is_stricter,
}

PACK_RULES: FieldTable = {"counsel_signature": flag_is_stricter, "advice": flag_is_stricter}

JOINT_USE: FieldTable = {"counsel": opaque}
WITHDRAWAL_RULES: FieldTable = {
    "withdrawn": nested(CONSENT_END_RULE),
    "invalidated": nested(CONSENT_END_RULE),
}

BRAND_POLICY: FieldTable = {
    "kind": ignored,
    "id": opaque,
    "version": ignored,
    "supersedes": ignored,
    "active_from": higher_is_stricter,
    "alliance": opaque,
    "brand": opaque,
    "author": text,
    # Whoever is taken out can refuse no more.
    "approvers": keyed("id", APPROVER, gone=Direction.MIXED),
    "approvals": nested(APPROVAL_RULES),
    "permits": compare_permits,
    "budgets": keyed("purpose", BUDGET),
    "consent": nested(CONSENT_RULES),
    "approval": ordered(ApprovalMode.AUTOMATIC, ApprovalMode.MANUAL),
    "taxonomies": opaque,
    "notices": opaque,
    "assessment": opaque,
    "export": opaque,
    "joint_use": nested(JOINT_USE),
    "packs": all_of,
    "pack_rules": nested(PACK_RULES),
    "withdrawal": nested(WITHDRAWAL_RULES),
}

ASSET_COLUMN: FieldTable = {
    "name": opaque,
    "type": opaque,
    "description": text,
    "category": opaque,
    "sensitivity": ordered(Sensitivity.ORDINARY, Sensitivity.SENSITIVE),
    "retention_days": lower_is_stricter,
    # What is claimed of an identifier or a location loosens; a claim taken back tightens.
    "pseudonym": opaque,
    "precision": ordered(*reversed(LocationPrecision)),
}

CONSENT_MAPPING: FieldTable = {
    "source": opaque,
    "person": opaque,
    "purpose": opaque,
    "granted": opaque,
    "expires": opaque,
    "withdrawn": opaque,
    "synced": opaque,
    "purposes": compare_words,
    "invalidated": opaque,
    "fresh_until": opaque,
    "ttl_hours": opaque,
    "basis": opaque,
    "notice": opaque,
    "age_band": opaque,
    "guardian": opaque,
    "jurisdiction": opaque,
    "recipients": opaque,
    "origin": text,
}

DATA_ASSET: FieldTable = {
    "kind": ignored,
    "id": opaque,
    "version": ignored,
    "supersedes": ignored,
    "brand": opaque,
    "author": text,
    "approvers": keyed("id", APPROVER, gone=Direction.MIXED),
    "approvals": nested(APPROVAL_RULES),
    "taxonomy": opaque,
    "source": opaque,
    "person": opaque,
    "columns": keyed("name", ASSET_COLUMN),
    "max_rows_per_person": opaque,
    "consent": nested(CONSENT_MAPPING),
    "persons_at_most": opaque,
    "renewed_every_days": opaque,
}

MEMBER: FieldTable = {
    "brand": opaque,
    "legal_entity": opaque,
    "signing_key": opaque,
    "agreement_key": opaque,
    "jurisdiction": opaque,
}

RECIPIENT_PLACE: FieldTable = {"recipient": opaque, "jurisdiction": opaque}

OPERATOR: FieldTable = {"name": text, "signing_key": opaque, "jurisdiction": opaque}

FLOORS: FieldTable = {
    "minimum_brands": higher_is_stricter,
    "minimum_persons": higher_is_stricter,
    "tolerated_dropouts": higher_is_stricter,
    "assumed_colluders": higher_is_stricter,
    "approvals": higher_is_stricter,
}

LIMITS: FieldTable = {
    "epsilon": lower_is_stricter,
    "delta": lower_is_stricter,
    "retention_days": lower_is_stricter,
}

ALLIANCE_CHARTER: FieldTable = {
    "kind": ignored,
    "id": opaque,
    "version": ignored,
    "operator": nested(OPERATOR),
    # With a member abroad, what goes to all members crosses a border; without it, none.
    "members": keyed("brand", MEMBER, new=Direction.MIXED, gone=Direction.MIXED),
    "purposes": any_of,
    "computations": any_of,
    "recipients": any_of,
    "places": keyed("recipient", RECIPIENT_PLACE),
    "floors": nested(FLOORS),
    "limits": nested(LIMITS),
    "max_brands_per_person": opaque,
    "taxonomies": opaque,
    "packs": all_of,
    "minors": compare_minors,
    "uses": any_of_if_asked,
    "assessment_required": flag_is_stricter,
    "counsel_key": opaque,
}
