"""A request that shows what a change does: decided one way before, the other way after.

Rules: requests are made from what either version says at its limits, with all other
documents as wide as they can be, so that the version alone decides; the engine itself
gives both verdicts, so a witness is never wrong. That none is found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, product

from hanse_policies.compare.comparison import Comparison
from hanse_policies.compare.wide import (
    careless,
    histogram_of,
    study_of,
    training_of,
    wide_asset,
    wide_charter,
    wide_permit,
    wide_policy,
)
from hanse_policies.decision import Decision
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    Computation,
    ComputationKind,
    ConsentField,
    ConsentState,
    DataAsset,
    FlowLabel,
    Permit,
    Purpose,
    Sensitivity,
    Study,
    TrustMode,
)
from hanse_policies.engine import decide
from hanse_policies.facts import ApprovalState, BudgetState, SignatureState
from hanse_policies.instants import earlier

MOST_REQUESTS = 4000
"""So many requests are tried; each takes two decisions."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole but for the document that is compared.

    Attributes:
        study: What is asked.
        charter: The charter, if it is not what is compared.
        policy: The brand's policy, if it is not what is compared.
        asset: The asset, if it is not what is compared.
        consent_age: How long ago the consent register was synced.
        now: When it is asked.
    """

    study: Study
    charter: AllianceCharter
    policy: BrandPolicy
    asset: DataAsset
    consent_age: timedelta
    now: datetime

    def decided(self) -> Decision:
        """Decide on it, as far as documents go: all is signed, and nothing is spent."""
        study = self.study
        budget = self.policy.budget_for(study.purpose)
        delta = study.privacy.delta if budget is None else budget.delta
        return decide(
            study,
            charter=self.charter,
            policy=self.policy,
            asset=self.asset,
            consent=ConsentState(
                earlier(self.now, self.consent_age), frozenset(Purpose), frozenset(ConsentField)
            ),
            budget=BudgetState(0.0, study.privacy.epsilon, delta),
            now=self.now,
            signature=SignatureState.unsafe_assumed(self.charter, self.policy),
            approvals=ApprovalState(0, ()),
            asset_approvals=ApprovalState(0, ()),
        )


@dataclass(frozen=True, slots=True)
class Witness:
    """A request and both verdicts on it.

    Attributes:
        request: As it was decided after the change.
        before: The verdict under the older version.
        after: The verdict under the newer one.
    """

    request: Request
    before: Decision
    after: Decision

    @property
    def is_newly_allowed(self) -> bool:
        """Whether the change lets the request through; otherwise it stops it."""
        return self.after.is_permitted

    def describe(self) -> str:
        """Write the request in one line."""
        study = self.request.study
        refusing = self.before if self.is_newly_allowed else self.after
        return (
            f"{study.computation.kind} for {study.purpose} over {', '.join(study.columns())} to "
            f"{', '.join(study.recipients)}, {study.minimum_persons} persons or more, kept "
            f"{study.retention_days} days, epsilon {study.privacy.epsilon:g}, mode "
            f"{study.privacy.mode} ({'before' if self.is_newly_allowed else 'now'} refused by "
            f"{', '.join(refusing.denied_by)})"
        )


def find_witnesses(comparison: Comparison) -> tuple[Witness, ...]:
    """Find a request that is newly allowed and one that is newly refused, if there are such."""
    found: dict[bool, Witness] = {}
    for request in islice(_requests(comparison), MOST_REQUESTS):
        before = _under(comparison.before, request)
        after = _under(comparison.after, request)
        decisions = before.decided(), after.decided()
        if decisions[0].is_permitted != decisions[1].is_permitted:
            witness = Witness(after, *decisions)
            found.setdefault(witness.is_newly_allowed, witness)
        if len(found) == 2:
            break
    return tuple(found[key] for key in sorted(found, reverse=True))


def _under(document: AllianceCharter | BrandPolicy | DataAsset, request: Request) -> Request:
    match document:
        case AllianceCharter():
            return replace(request, charter=document)
        case BrandPolicy():
            return replace(request, policy=document)
        case DataAsset():
            return replace(request, asset=document)


def _requests(comparison: Comparison) -> Iterator[Request]:
    match comparison.before, comparison.after:
        case BrandPolicy() as before, BrandPolicy() as after:
            yield from _of_policies(before, after)
        case DataAsset() as before, DataAsset() as after:
            yield from _of_assets(before, after)
        case AllianceCharter() as before, AllianceCharter() as after:
            yield from _of_charters(before, after)


def _of_policies(before: BrandPolicy, after: BrandPolicy) -> Iterator[Request]:
    changed = [p for p in before.permits if p not in after.permits]
    changed += [p for p in after.permits if p not in before.permits]
    permits = changed or [*after.permits, *before.permits]
    budgets = (*before.budgets, *after.budgets)
    ages = {timedelta(hours=policy.consent.max_age_hours) for policy in (before, after)}
    starts = {budget.starts for budget in budgets} | {before.active_from, after.active_from}
    for permit in permits:
        fitting = [b for b in budgets if b.purpose == permit.purpose]
        privacy = {(b.epsilon, b.delta) for b in fitting} or {(1.0, 1e-6)}
        for study, asset in _at_limits(permit, privacy, after):
            charter = wide_charter(before.alliance, before.brand, study.recipients)
            for age, now in product(sorted(ages), sorted(starts)):
                yield Request(study, charter, after, asset, age, now)


def _at_limits(
    permit: Permit, privacy: Iterable[tuple[float, float]], policy: BrandPolicy
) -> Iterator[tuple[Study, DataAsset]]:
    """List studies that ask for all that a permit allows, one column and recipient at a time."""
    local_only = permit.least_protection > FlowLabel.MASKED_UPDATE
    modes = (TrustMode.LOCAL,) if local_only else (TrustMode.LOCAL, TrustMode.DISTRIBUTED)
    for column, recipient, kind in product(permit.columns, permit.recipients, permit.computations):
        for (epsilon, delta), mode in product(sorted(privacy), modes):
            computation = _computation(kind, column.name, permit.column_names)
            study = study_of(
                permit, computation, (recipient,), epsilon, delta, mode, alliance=policy.alliance
            )
            for sensitivity in Sensitivity:
                yield (
                    study,
                    wide_asset(permit.asset, study, {column.name: sensitivity}, policy.brand),
                )


def _computation(kind: ComputationKind, column: str, others: tuple[str, ...]) -> Computation:
    if kind is ComputationKind.AUDIENCE_HISTOGRAM:
        return histogram_of(column)
    label = next((name for name in others if name != column), column)
    return training_of(column, label) if label != column else histogram_of(column)


def _of_assets(before: DataAsset, after: DataAsset) -> Iterator[Request]:
    names = dict.fromkeys(c.name for c in (*after.columns, *before.columns))
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    for name, purpose, sensitive in product(names, Purpose, (True, False)):
        permit = wide_permit(
            purpose, before.id, (name,), sensitive=sensitive, recipients=(before.brand,)
        )
        column = after.column(name) or before.column(name)
        study = study_of(
            permit,
            histogram_of(name, column.type if column else None),
            permit.recipients,
            1.0,
            1e-6,
            TrustMode.LOCAL,
        )
        charter = wide_charter("alliance", before.brand, permit.recipients)
        policy = careless(wide_policy("alliance", before.brand, (permit,), now))
        yield Request(study, charter, policy, after, timedelta(), now)


def _of_charters(before: AllianceCharter, after: AllianceCharter) -> Iterator[Request]:
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    brand = next((member.brand for member in (*before.members, *after.members)), "brand")
    versions = (after, before)
    recipients = dict.fromkeys(name for charter in versions for name in charter.recipients)
    for charter, recipient, mode in product(versions, recipients, TrustMode):
        for purpose, kind in product(Purpose, ComputationKind):
            permit = wide_permit(
                purpose,
                "asset",
                ("one", "other"),
                recipients=(recipient,),
                minimum_persons=charter.floors.minimum_persons,
                retention_days=charter.limits.retention_days,
                uses=charter.uses,
            )
            computation = _computation(kind, "one", permit.column_names)
            study = study_of(
                permit,
                computation,
                (recipient,),
                charter.limits.epsilon,
                charter.limits.delta,
                mode,
                floors=charter.floors,
                alliance=charter.id,
            )
            policy = wide_policy(charter.id, brand, (permit,), now, is_told=True)
            asset = wide_asset("asset", study, {}, brand)
            for careful in (policy, careless(policy)):
                yield Request(study, after, careful, asset, timedelta(), now)
