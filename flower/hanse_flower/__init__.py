"""The bridge between Flower's programming model and the link of Hanse.

Importing it switches off Flower's telemetry and update check.
"""

import os

# Flower reads the first of these when it is imported; `switch_off_reporting`
# below serves processes that imported it earlier.
os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
os.environ["FLWR_DISABLE_UPDATE_CHECK"] = "1"

# gRPC reads its cipher list once, when it is imported, and Flower imports it.
import hanse_federation.link.tls  # noqa: F401
from hanse_federation.messages import AnswerPayload
from hanse_flower.admission import AnswerRules, admit
from hanse_flower.cohort_grid import COHORT_NODE_ID, CohortGrid
from hanse_flower.errors import (
    AggregateNotFiniteError,
    CohortTooSmallError,
    FlowerBridgeError,
    ForeignMessageError,
    GridMisuseError,
    InadmissibleReplyError,
    ReplyKindError,
    ReplyLayoutError,
    ReplyNotFiniteError,
    ReplyRangeError,
    StrategyNeedsSinglesError,
    UnknownNodeError,
    UnsupportedRecordError,
)
from hanse_flower.internals import switch_off_reporting
from hanse_flower.nodes import node_id_of
from hanse_flower.progress import (
    AnswersCollected,
    BrandRefusal,
    ForeignReplyDropped,
    Observer,
    QuestionAsked,
    RoundAggregated,
    RunStep,
    unobserved,
)
from hanse_flower.records import (
    MESSAGE_TYPE_OF,
    AskedQuestion,
    answer_from_content,
    answer_to_content,
    question_from_message,
    question_to_content,
)
from hanse_flower.refusals import ErrorNumber
from hanse_flower.responder import ClientAppResponder
from hanse_flower.strategy import cohort_floor, fed_avg_momentum, over_sums, sum_cells
from hanse_flower.tensors import (
    parameters_from_record,
    parameters_to_record,
    rounded_parameters_from_record,
)
from hanse_flower.unsafe_plaintext_grid import UnsafePlaintextGrid

switch_off_reporting()

__all__ = [
    "COHORT_NODE_ID",
    "MESSAGE_TYPE_OF",
    "AggregateNotFiniteError",
    "AnswerPayload",
    "AnswerRules",
    "AnswersCollected",
    "AskedQuestion",
    "BrandRefusal",
    "ClientAppResponder",
    "CohortGrid",
    "CohortTooSmallError",
    "ErrorNumber",
    "FlowerBridgeError",
    "ForeignMessageError",
    "ForeignReplyDropped",
    "GridMisuseError",
    "InadmissibleReplyError",
    "Observer",
    "QuestionAsked",
    "ReplyKindError",
    "ReplyLayoutError",
    "ReplyNotFiniteError",
    "ReplyRangeError",
    "RoundAggregated",
    "RunStep",
    "StrategyNeedsSinglesError",
    "UnknownNodeError",
    "UnsafePlaintextGrid",
    "UnsupportedRecordError",
    "admit",
    "answer_from_content",
    "answer_to_content",
    "cohort_floor",
    "fed_avg_momentum",
    "node_id_of",
    "over_sums",
    "parameters_from_record",
    "parameters_to_record",
    "question_from_message",
    "question_to_content",
    "rounded_parameters_from_record",
    "sum_cells",
    "switch_off_reporting",
    "unobserved",
]
