"""Requests and versions that nearly fit, so that a small edit of one decides."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypeVar

from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset, Sensitivity
from tests.support.decisions import Case
from tests.support.random_cases import (
    a_random_asset,
    a_random_charter,
    a_random_policy,
    wide_case,
)

DocumentT = TypeVar("DocumentT", BrandPolicy, DataAsset, AllianceCharter)


def a_permitted_request(draw: random.Random) -> Case:
    """Draw a request that is permitted, of wide documents and some columns that are sensitive."""
    while True:
        case = wide_case(draw)
        if draw.random() < 0.5:
            case = _with_duties(draw, case)
        if case.decide().is_permitted:
            return case


def _with_duties(draw: random.Random, case: Case) -> Case:
    """State columns as sensitive, excuse some of them, and leave out what exports ask for."""
    policy = case.policy
    permits = []
    for permit in policy.permits:
        columns = tuple(
            column.model_copy(update={"sensitive": draw.random() < 0.8})
            for column in permit.columns
        )
        permits.append(permit.model_copy(update={"columns": columns}))
    export = None if draw.random() < 0.3 else policy.export
    changes = {"permits": tuple(permits), "export": export}
    stated = tuple(
        column.model_copy(update={"sensitivity": draw.choice(tuple(Sensitivity))})
        for column in case.asset.columns
    )
    asset = case.asset.model_copy(update={"columns": stated})
    return replace(case, policy=policy.model_copy(update=changes), asset=asset)


def a_policy_near(draw: random.Random) -> BrandPolicy:
    """Draw a policy that is wide but for a few fields."""
    return _near(draw, wide_case(draw).policy, a_random_policy(draw))


def an_asset_near(draw: random.Random) -> DataAsset:
    """Draw an asset that is wide but for a few fields."""
    return _near(draw, wide_case(draw).asset, a_random_asset(draw))


def a_charter_near(draw: random.Random) -> AllianceCharter:
    """Draw a charter that is wide but for a few fields."""
    return _near(draw, wide_case(draw).charter, a_random_charter(draw))


def _near(draw: random.Random, wide: DocumentT, drawn: DocumentT) -> DocumentT:
    names = [
        name for name in type(wide).model_fields if getattr(wide, name) != getattr(drawn, name)
    ]
    chosen = draw.sample(names, min(len(names), draw.randint(0, 5)))
    return wide.model_copy(update={name: getattr(drawn, name) for name in chosen})
