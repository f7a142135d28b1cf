"""The closed word lists that documents may use.

Purposes follow the sense of the W3C Data Privacy Vocabulary (DPV 2); a word
that is not in a list does not exist, so a typing error can only ever deny.
"""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Why persons' data is used; consent is given per purpose."""

    AUDIENCE_ANALYTICS = "audience-analytics"
    MODEL_TRAINING = "model-training"
    CROSS_BRAND_MEASUREMENT = "cross-brand-measurement"
    PERSONALISED_MARKETING = "personalised-marketing"


class ComputationKind(StrEnum):
    """What a study computes; a brand permits each kind by name."""

    TRAIN_MODEL = "train-model"
    AUDIENCE_HISTOGRAM = "audience-histogram"


class PrivacyUnit(StrEnum):
    """Whose presence differential privacy hides."""

    PERSON_AT_BRAND = "person-at-brand"


class NeighbouringRelation(StrEnum):
    """How two data sets that must be indistinguishable differ."""

    ADD_OR_REMOVE_ONE_PERSON = "add-or-remove-one-person"


class TrustMode(StrEnum):
    """Where noise is added.

    `local`: each brand's contribution is private by itself when it leaves.
    `distributed`: each brand adds a share of the noise, and the sum over brands is private.
    """

    LOCAL = "local"
    DISTRIBUTED = "distributed"


class ColumnType(StrEnum):
    """The logical type of a column, whatever the warehouse calls it."""

    NUMBER = "number"
    CATEGORY = "category"
    FLAG = "flag"
    TEXT = "text"
    """Whatever a person wrote; no computation reads it."""


class Sensitivity(StrEnum):
    """How much harm the disclosure of a column's values does to a person.

    The brand states it; a legal pack may say that a category is always sensitive.
    """

    ORDINARY = "ordinary"
    SENSITIVE = "sensitive"


class Pseudonym(StrEnum):
    """How an identifier was replaced in a column."""

    UNKEYED_HASH = "unkeyed-hash"
    """Whoever guesses the identifier finds the person: no better than the identifier."""
    KEYED_HASH = "keyed-hash"
    RANDOM = "random"


class LocationPrecision(StrEnum):
    """How narrowly a column says where a person is or was, narrowest first."""

    COORDINATES = "coordinates"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"


class ReleaseForm(StrEnum):
    """What comes out of a study."""

    MODEL = "model"
    TABLE = "table"


class FlowLabel(StrEnum):
    """How well what leaves a brand is protected, least first.

    Nothing below `F3` is anonymous in the eye of any law, and neither is `F3`:
    it is personal data of whoever could unmask it.
    """

    F0 = "F0"
    """Raw: rows or values of persons. Never leaves."""
    F1 = "F1"
    """A token or hash in the place of an identifier."""
    F2 = "F2"
    """A plain update of a model."""
    F3 = "F3"
    """A masked update, private in the sum alone: trust mode `distributed`."""
    F4 = "F4"
    """Differentially private by itself: trust mode `local`, and every release."""
    F5 = "F5"
    """Claimed anonymous, by evidence and a signature that expire."""


class ApprovalMode(StrEnum):
    """Whether a study that the brand's policy permits still waits for a person."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Verdict(StrEnum):
    """The outcome of a decision."""

    PERMIT = "permit"
    DENY = "deny"
