"""The documents that the parties of an alliance write, sign and decide by."""

from hanse_policies.documents.alliance import (
    LEAST_LEGAL_ENTITIES,
    AllianceCharter,
    Floors,
    Limits,
    Member,
    Operator,
)
from hanse_policies.documents.asset import (
    AssetColumn,
    ConsentMapping,
    DataAsset,
    SourceFormat,
    TableSource,
)
from hanse_policies.documents.base import AllianceId, BrandId, StrictModel, StudyId
from hanse_policies.documents.brand import BrandPolicy, ConsentRules, Permit, PurposeBudget
from hanse_policies.documents.computation import (
    AudienceHistogram,
    Computation,
    Evaluation,
    LocalTraining,
    LogisticRegression,
    MultilayerPerceptron,
    ServerOptimiser,
    TrainModel,
)
from hanse_policies.documents.consent import ConsentRecord, ConsentState
from hanse_policies.documents.enrolment import EnrolmentBundle, EnrolmentRequest
from hanse_policies.documents.features import (
    Axis,
    Between,
    BinnedAxis,
    CategoricalFeature,
    Feature,
    NumericFeature,
    OneOf,
    PopulationFilter,
    Scale,
)
from hanse_policies.documents.study import DistributedNoise, PrivacyParameters, Study
from hanse_policies.documents.verdict import StudyVerdict
from hanse_policies.documents.vocabulary import (
    ApprovalMode,
    ColumnType,
    ComputationKind,
    NeighbouringRelation,
    PrivacyUnit,
    Purpose,
    TrustMode,
    Verdict,
)

__all__ = [
    "LEAST_LEGAL_ENTITIES",
    "AllianceCharter",
    "AllianceId",
    "ApprovalMode",
    "AssetColumn",
    "AudienceHistogram",
    "Axis",
    "Between",
    "BinnedAxis",
    "BrandId",
    "BrandPolicy",
    "CategoricalFeature",
    "ColumnType",
    "Computation",
    "ComputationKind",
    "ConsentMapping",
    "ConsentRecord",
    "ConsentRules",
    "ConsentState",
    "DataAsset",
    "DistributedNoise",
    "EnrolmentBundle",
    "EnrolmentRequest",
    "Evaluation",
    "Feature",
    "Floors",
    "Limits",
    "LocalTraining",
    "LogisticRegression",
    "Member",
    "MultilayerPerceptron",
    "NeighbouringRelation",
    "NumericFeature",
    "OneOf",
    "Operator",
    "Permit",
    "PopulationFilter",
    "PrivacyParameters",
    "PrivacyUnit",
    "Purpose",
    "PurposeBudget",
    "Scale",
    "ServerOptimiser",
    "SourceFormat",
    "StrictModel",
    "Study",
    "StudyId",
    "StudyVerdict",
    "TableSource",
    "TrainModel",
    "TrustMode",
    "Verdict",
]
