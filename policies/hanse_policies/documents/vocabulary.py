"""The closed word lists that documents may use.

A word that is not in a list does not exist, so a typing error can only ever deny.
What the words for purposes mean in the W3C Data Privacy Vocabulary is in
`hanse_policies.taxonomy`.
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


ARITHMETIC = (ColumnType.NUMBER, ColumnType.FLAG)
"""What can be reckoned with."""
WORDS = (ColumnType.CATEGORY,)
"""Whose words can be compared."""
LABEL = (ColumnType.FLAG,)
"""What a model can learn to tell."""


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


class ResultUse(StrEnum):
    """What the recipients of a study's result do with it, as far as single persons feel it."""

    REPORTING = "reporting"
    """Figures for people to read; nobody is treated otherwise for it."""
    AUDIENCE_SELECTION = "audience-selection"
    OFFER = "offer"
    PRICE = "price"
    """What a person pays depends on the result."""


class ThresholdChange(StrEnum):
    """What a threshold is compared with."""

    LEVEL = "level"
    """The figure itself."""
    POINTS = "points"
    """The difference of two figures: from 4% to 10% is 6 points."""
    RELATIVE = "relative"
    """The difference as a part of the earlier figure: from 4% to 10% is 150%."""


class SeparateConsent(StrEnum):
    """What a notice asks consent for apart from all else."""

    SENSITIVE_DATA = "sensitive-data"
    CROSS_BORDER = "cross-border"
    ANOTHER_HANDLER = "another-handler"
    """For others than the brand to receive the data."""


class OpinionSubject(StrEnum):
    """What counsel may conclude that stands in the place of a duty."""

    JOINT_USE = "joint-use"
    """What leaves a brand provides personal information to no other handler."""


class ExportMechanism(StrEnum):
    """On what ground persons' data may cross a border."""

    EXEMPT = "exempt"
    STANDARD_CONTRACT = "standard-contract"
    CERTIFICATION = "certification"
    SECURITY_ASSESSMENT = "security-assessment"
    ADEQUACY = "adequacy"


class ReleaseForm(StrEnum):
    """What comes out of a study."""

    MODEL = "model"
    TABLE = "table"


class ApprovalMode(StrEnum):
    """Whether a study that the brand's policy permits still waits for a person."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Verdict(StrEnum):
    """The outcome of a decision."""

    PERMIT = "permit"
    DENY = "deny"


class FlowLabel(StrEnum):
    """How far something that flows is from the persons it was made from.

    Labels are ordered: a later one is further from them. The last is a claim about the
    law and no property of the data, so it is never assigned by the product: a release
    bears it through evidence alone, with a signature and an expiry.
    """

    RAW = "F0"
    """Rows of persons, as a brand holds them; never leaves."""
    TOKEN = "F1"  # noqa: S105 - a label, no secret
    """A token or hash in place of an identifier; whoever can guess the identifier can link it."""
    PLAIN_UPDATE = "F2"
    """One brand's update or sums in the clear; an update can tell of the persons behind it."""
    MASKED_UPDATE = "F3"
    """One brand's update under a mask that goes away only in the sum over brands."""
    DP_AGGREGATE = "F4"
    """Differentially private for a person by itself: a release, or a contribution with all its
    noise."""
    CLAIMED_ANONYMOUS = "F5"
    """Claimed to be of no person any more; needs evidence, a signature and an expiry."""
