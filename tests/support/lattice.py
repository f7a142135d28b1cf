"""The decision stated a second time, as plain conditions that share no code with the rules.

A study is permitted if and only if every party allows it. A missing, stale or future
consent register denies, and so does one that does not tell what the policy asks.
"""

from __future__ import annotations

from datetime import timedelta

from hanse_policies.documents import (
    Axis,
    CategoricalFeature,
    ColumnType,
    ConsentField,
    Feature,
    FlowLabel,
    OneOf,
    PopulationFilter,
    ReleaseForm,
    Study,
    TrainModel,
)
from hanse_policies.facts import ApprovalState
from tests.support.decisions import Case
from tests.support.known_packs import the_packs_allow
from tests.support.lattice_duties import (
    figures_are_yielded,
    joint_use_is_right,
    the_charter_is_kept,
    the_export_is_right,
    uses_are_within,
)

CATEGORIES = frozenset(
    {
        "user.behavior",
        "user.behavior.purchase_history",
        "user.location.imprecise",
        "user.demographic.age_range",
    }
)
"""Those of fideslang that the random world uses."""


def the_parties_are_right(case: Case) -> bool:
    members = {m.brand: m.signing_key for m in case.charter.members}
    operator = case.charter.operator.signing_key
    return (
        case.study.alliance == case.policy.alliance == case.charter.id
        and case.asset.brand == case.policy.brand
        and members.get(case.policy.brand) is not None
        and case.signature.policy == members[case.policy.brand]
        and case.signature.asset == members[case.policy.brand]
        and case.signature.study == operator
        and case.signature.charter == operator
        and case.signature.is_charter_newest
    )


def the_charter_allows(case: Case) -> bool:
    study, charter = case.study, case.charter
    return (
        study.purpose in charter.purposes
        and study.computation.kind in charter.computations
        and set(study.recipients) <= set(charter.recipients)
        and study.minimum_persons >= charter.floors.minimum_persons
        and study.minimum_brands >= charter.floors.minimum_brands
        and study.retention_days <= charter.limits.retention_days
        and study.privacy.epsilon <= charter.limits.epsilon
        and study.privacy.delta <= charter.limits.delta
    )


def shared_noise_suffices(case: Case) -> bool:
    noise, charter = case.study.privacy.distributed, case.charter
    if noise is None:
        return True
    least = max(case.study.minimum_brands, 3)
    return (
        noise.tolerated_dropouts >= charter.floors.tolerated_dropouts
        and noise.assumed_colluders >= charter.floors.assumed_colluders
        and noise.assumed_colluders < least
        and len(charter.members) >= least + noise.tolerated_dropouts
        and 2 * (len(charter.members) - noise.tolerated_dropouts)
        > len(charter.members) + noise.assumed_colluders
        and len({member.legal_entity for member in charter.members}) >= 3
    )


def a_permit_covers_it(case: Case) -> bool:
    study = case.study
    return any(
        study.purpose == permit.purpose
        and study.computation.kind in permit.computations
        and study.asset == permit.asset
        and set(study.columns()) <= set(permit.column_names)
        and set(study.recipients) <= set(permit.recipients)
        and study.minimum_persons >= permit.minimum_persons
        and study.retention_days <= permit.retention_days
        and release_form(case) in permit.releases
        and (permit.uses is None or uses_are_within(case, permit.uses))
        and permit.least_protection in protection_at_most(study)
        and {c.name for c in permit.columns if c.sensitive} >= sensitive_columns(case)
        for permit in case.policy.permits
    )


def release_form(case: Case) -> ReleaseForm:
    trains = isinstance(case.study.computation, TrainModel)
    return ReleaseForm.MODEL if trains else ReleaseForm.TABLE


def protection_at_most(study: Study) -> set[FlowLabel]:
    shared = {FlowLabel.RAW, FlowLabel.TOKEN, FlowLabel.PLAIN_UPDATE, FlowLabel.MASKED_UPDATE}
    return shared if study.privacy.distributed else {*shared, FlowLabel.DP_AGGREGATE}


def sensitive_columns(case: Case) -> set[str]:
    read = set(case.study.columns())
    return {c.name for c in case.asset.columns if c.name in read and c.sensitivity != "ordinary"}


def the_columns_fit(case: Case) -> bool:
    study = case.study
    types = {column.name: column.type for column in case.asset.columns}
    numbers: set[str] = set()
    words: set[str] = set()
    flags: set[str] = set()
    computation = study.computation
    parts: list[Feature | Axis | PopulationFilter] = [*study.population]
    if isinstance(computation, TrainModel):
        flags.add(computation.label)
        parts += computation.features
    else:
        parts += computation.axes
    for part in parts:
        (words if isinstance(part, CategoricalFeature | OneOf) else numbers).add(part.column)
    return (
        study.asset == case.asset.id
        and all(c.category in CATEGORIES for c in case.asset.columns if c.name in study.columns())
        and case.asset.person not in study.columns()
        and set(study.columns()) <= set(types)
        and all(types[c] in {ColumnType.NUMBER, ColumnType.FLAG} for c in numbers)
        and all(types[c] is ColumnType.CATEGORY for c in words)
        and all(types[c] is ColumnType.FLAG for c in flags)
    )


def consent_allows(case: Case) -> bool:
    synced = case.consent.synced
    return (
        synced is not None
        and synced <= case.now
        and case.now - synced <= timedelta(hours=case.policy.consent.max_age_hours)
        and case.study.purpose in case.consent.purposes
        and case.study.purpose in case.asset.consent.purposes
        and the_register_tells_what_is_asked(case)
    )


def the_register_tells_what_is_asked(case: Case) -> bool:
    rules, mapping, told = case.policy.consent, case.asset.consent, case.consent.fields
    basis = mapping.basis is not None and ConsentField.BASIS in told
    scope = mapping.recipients is not None and ConsentField.RECIPIENTS in told
    notice = mapping.notice is not None and ConsentField.NOTICE in told
    place = mapping.jurisdiction is not None and ConsentField.JURISDICTION in told
    age = mapping.age_band is not None and ConsentField.AGE_BAND in told
    return (
        basis
        and (scope or not rules.scope_required)
        and (notice or rules.notices is None)
        and (place or rules.jurisdictions is None)
        and (age or rules.minors is None)
    )


def the_budget_suffices(case: Case) -> bool:
    budgets = {b.purpose: b for b in case.policy.budgets}
    budget, state = budgets.get(case.study.purpose), case.budget
    return (
        budget is not None
        and state is not None
        and budget.starts <= case.now
        and case.study.privacy.delta <= budget.delta
        and state.delta <= budget.delta
        and state.epsilon_if_run <= budget.epsilon
    )


def is_allowed_by_all(case: Case) -> bool:
    """Tell whether every party allows the study."""
    return (
        the_parties_are_right(case)
        and the_charter_allows(case)
        and shared_noise_suffices(case)
        and joint_use_is_right(case)
        and the_export_is_right(case)
        and the_charter_is_kept(case)
        and figures_are_yielded(case)
        and a_permit_covers_it(case)
        and the_columns_fit(case)
        and consent_allows(case)
        and the_budget_suffices(case)
        and the_packs_allow(case)
        and case.now < case.study.expires
        and case.policy.active_from <= case.now
        and it_is_approved(case.approvals)
        and it_is_approved(case.asset_approvals)
        and case.asset.approvals.loosen >= case.policy.approvals.loosen
    )


def it_is_approved(state: ApprovalState | None) -> bool:
    if state is None or not state.needed:
        return state is not None
    return len(state.roles) >= state.needed and not state.refused_by
