"""What a column holds, as far as its asset says, and whether it may be read at all.

Rules: what is permitted or studied is looked at, for a brand may describe columns that
nobody reads; how an identifier was replaced is looked at in the asset itself. What an
asset leaves out counts as the worst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hanse_policies.documents import (
    AssetColumn,
    ColumnType,
    LocationPrecision,
    Pseudonym,
)
from hanse_policies.lint.document_set import DocumentSet
from hanse_policies.lint.finding import Finding, Place
from hanse_policies.rules.columns import uses

BROAD = frozenset({"user", "system"})
IDENTIFIERS = (
    "user.account.username",
    "user.authorization",
    "user.biometric",
    "user.contact.address.street",
    "user.contact.email",
    "user.contact.fax_number",
    "user.contact.phone_number",
    "user.contact.url",
    "user.device.cookie_id",
    "user.device.device_id",
    "user.device.ip_address",
    "user.financial.bank_account",
    "user.financial.credit_card",
    "user.government_id",
    "user.health_and_medical.insurance_beneficiary_id",
    "user.health_and_medical.record_id",
    "user.name",
    "user.unique_id",
)
IDENTIFIER_NAME = re.compile(
    r"(?:^|_)(?:e?mail|phone|mobile|tel|msisdn|id_?card|passport|imei|idfa|oaid|open_?id|"
    r"union_?id|mac_address|ip_address|full_name|first_name|last_name|surname)(?:_|$)"
)
HASH_NAME = re.compile(r"(?:^|_)(?:hash|hashed|md5|sha1|sha256|sm3)(?:_|$)")
LOCATIONS = ("user.location", "user.contact.address")
FINE_LOCATIONS = (
    "user.location.precise",
    "user.contact.address.street",
    "user.contact.address.postal_code",
)
COARSE_LOCATIONS = (
    "user.contact.address.city",
    "user.contact.address.state",
    "user.contact.address.country",
)
FINER_THAN_CITY = frozenset(
    {LocationPrecision.COORDINATES, LocationPrecision.STREET, LocationPrecision.DISTRICT}
)
REPLACED = frozenset({Pseudonym.KEYED_HASH, Pseudonym.RANDOM})
EMPTY_REASONS = frozenset(
    {"see above", "needed for the study", "required for the study", "需要的特征", "如上所述"}
)
"""Longer ones than a word, which is none anyway."""
LEAST_WORDS = 2
LEAST_CHARACTERS = 4
"""Of a reason in a script that puts no spaces between words."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A place that permits or reads a column, and what the asset says of the column."""

    place: Place
    column: AssetColumn


def check(documents: DocumentSet) -> Iterator[Finding]:
    """Look at every column that is described, permitted or studied."""
    for asset in documents.assets:
        for index, column in enumerate(asset.document.columns):
            place = asset.place("columns", index, "name")
            if column.category in BROAD:
                yield _finding("L02.broad", asset.place("columns", index, "category"), column)
            yield from _check_pseudonym(column, place)
    for use in _column_uses(documents):
        yield from _check_identifier(use)
        yield from _check_location(use)
        if column_is_text(use.column):
            yield _finding("L11.text", use.place, use.column)
    yield from _check_reasons(documents)


def column_is_text(column: AssetColumn) -> bool:
    """Tell whether a column holds what a person wrote."""
    return column.type is ColumnType.TEXT or _is_within(column.category, ("user.content",))


def _column_uses(documents: DocumentSet) -> Iterator[ColumnUse]:
    for policy, index, permit in documents.permits():
        columns = documents.columns_of(policy.document, permit)
        for at, permitted in enumerate(permit.columns):
            column = columns.get(permitted.name)
            if column is not None:
                yield ColumnUse(policy.place("permits", index, "columns", at), column)
    for study in documents.studies:
        assets = [a for a in documents.assets if a.document.id == study.document.asset]
        for name, _, path in uses(study.document):
            found = (asset.document.column(name) for asset in assets)
            for column in (column for column in found if column is not None):
                yield ColumnUse(study.place(*path), column)


def _check_identifier(use: ColumnUse) -> Iterator[Finding]:
    column = use.column
    if column.pseudonym in REPLACED:
        return
    if _is_within(column.category, IDENTIFIERS):
        yield _finding("L07.category", use.place, column)
    elif IDENTIFIER_NAME.search(column.name.casefold()):
        yield _finding("L07.name", use.place, column)


def _check_pseudonym(column: AssetColumn, place: Place) -> Iterator[Finding]:
    if column.pseudonym is Pseudonym.UNKEYED_HASH:
        yield _finding("L08.unkeyed", place, column)
    elif column.pseudonym is None and HASH_NAME.search(column.name.casefold()):
        yield _finding("L08.unstated", place, column)


def _check_location(use: ColumnUse) -> Iterator[Finding]:
    column = use.column
    if not _is_within(column.category, LOCATIONS):
        return
    if column.precision in FINER_THAN_CITY or _is_within(column.category, FINE_LOCATIONS):
        yield _finding("L12.finer", use.place, column)
    elif column.precision is None and not _is_within(column.category, COARSE_LOCATIONS):
        yield _finding("L12.unstated", use.place, column)


def _check_reasons(documents: DocumentSet) -> Iterator[Finding]:
    for policy, index, permit in documents.permits():
        for at, column in enumerate(permit.columns):
            if _is_no_reason(column.necessity, column.name):
                yield Finding(
                    "L10.placeholder",
                    policy.place("permits", index, "columns", at, "necessity"),
                    {"column": column.name, "reason": column.necessity},
                )


def _is_no_reason(text: str, column: str) -> bool:
    plain = text.strip(" .!。！").casefold()
    if plain in EMPTY_REASONS or plain.replace(" ", "_") == column.casefold():
        return True
    if plain.isascii():
        return len(plain.split()) < LEAST_WORDS
    return len(plain) < LEAST_CHARACTERS


def _is_within(category: str, categories: tuple[str, ...]) -> bool:
    return any(category == outer or category.startswith(f"{outer}.") for outer in categories)


def _finding(code: str, place: Place, column: AssetColumn) -> Finding:
    precision = "unstated" if column.precision is None else column.precision.value
    details = {"column": column.name, "category": column.category, "precision": precision}
    return Finding(code, place, details)
