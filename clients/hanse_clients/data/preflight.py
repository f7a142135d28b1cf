"""What a study would run and send, told before any row is read.

Rules: a preflight follows from the signed documents alone; it opens no file and
no connection, so it can be asked of a study that nobody has approved, at no
cost. The SQL is the text that would run at `now`, with zeros where the brand's
secret row salt goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.queries import CellsQuery, PersonsQuery, RowsQuery, SqlQuery
from hanse_clients.data.view import MinimalView, view_for
from hanse_federation.contributions import Contributions
from hanse_federation.messages import Question
from hanse_federation.privacy.plan import PrivacyPlan, plan_study
from hanse_policies.documents import BrandPolicy, DataAsset, Purpose, Study, TrainModel

SHOWN_SALT = "0" * 64
"""Stands for the brand's row salt in the SQL shown."""

MOST_MEMBERS = 1000
"""Members that a charter may have."""

_LEAVES = (
    (Question.COHORT, "the noised number of consenting persons"),
    (Question.MEASURE, "noised numbers of persons, one a cell"),
    (Question.TRAIN, "the model's update after private training, and this brand's weight"),
    (Question.EVALUATE, "noised numbers of held-out persons by score and label"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one asking of a question sends, beside the protocol's keys, shares and signatures.

    Attributes:
        leaves: What it is, in words.
        values: How many numbers; all of them noised and masked.
        payload_bytes: At most so many bytes.
    """

    leaves: str
    values: int
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """One question of a study.

    Attributes:
        question: What is asked.
        times: How often.
        noise_multiplier: Standard deviation of the noise over the L2 sensitivity.
        sql: What runs in the brand's warehouse for it.
        answer: What one asking sends.
    """

    question: Question
    times: int
    noise_multiplier: float
    sql: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a study would read, spend and send at this brand.

    Attributes:
        study: Digest of the study.
        title: Its title.
        purpose: What for.
        purpose_word: The consent register's word for it.
        asset: Which table.
        columns: Every column read, each once.
        rows_per_person: At most so many rows of a person are used.
        recipients: Who receives the release.
        retention_days: How long they may keep it.
        epsilon: Privacy loss of the whole study, for one person at this brand.
        delta: Of that epsilon.
        questions: What is asked, in order.
        watch_scale: Scale of the noise, in persons, with which a training's floor of
            persons is watched before each question; None for a measurement.
    """

    study: str
    title: str
    purpose: Purpose
    purpose_word: str
    asset: str
    columns: tuple[str, ...]
    rows_per_person: int
    recipients: tuple[str, ...]
    retention_days: int
    epsilon: float
    delta: float
    questions: tuple[PlannedQuestion, ...]
    watch_scale: int | None = None

    @property
    def payload_bytes(self) -> int:
        """Bytes of all masked vectors of the study, before framing and encryption."""
        return sum(planned.times * planned.answer.payload_bytes for planned in self.questions)


def preflight(study: Study, asset: DataAsset, policy: BrandPolicy, now: datetime) -> Preflight:
    """Tell what a study would run and send; read nothing.

    Args:
        study: The study proposed.
        asset: The asset it names.
        policy: The brand's policy; its consent rules shape the query.
        now: When consent would be judged.

    Raises:
        StudyDataError: The study does not fit the asset.
        PrivacyPlanError: No noise keeps the study within its epsilon.
    """
    view = view_for(study, asset, policy, now, SHOWN_SALT)
    plan = plan_study(study)
    is_training = isinstance(study.computation, TrainModel)
    main = (Question.TRAIN, Question.EVALUATE) if is_training else (Question.MEASURE,)
    return Preflight(
        study=view.study,
        title=study.title,
        purpose=study.purpose,
        purpose_word=view.purpose_word,
        asset=asset.id,
        columns=study.columns(),
        rows_per_person=view.rows_per_person,
        recipients=study.recipients,
        retention_days=study.retention_days,
        epsilon=plan.spent.epsilon,
        delta=plan.spent.delta,
        questions=tuple(
            PlannedQuestion(
                question=question,
                times=plan.times_asked(question),
                noise_multiplier=plan.noise_multiplier(question),
                sql=InProcessCompiler().compile(_query(study, view, question)),
                answer=_answer(study, plan, question),
            )
            for question in (Question.COHORT, *main)
        ),
        watch_scale=None if plan.watch is None else plan.watch.noise_scale,
    )


def _query(study: Study, view: MinimalView, question: Question) -> SqlQuery:
    if question is Question.COHORT:
        return PersonsQuery(view=view)
    if isinstance(study.computation, TrainModel):
        return RowsQuery(view=view)
    return CellsQuery(view=view, computation=study.computation)


def _answer(study: Study, plan: PrivacyPlan, question: Question) -> Answer:
    """Describe the masked vector of one asking; in an alliance of any size it is no larger."""
    vector = Contributions(study, plan, MOST_MEMBERS).vector(question)
    words = dict(_LEAVES)
    if question is Question.TRAIN and plan.is_distributed:
        words[Question.TRAIN] = "the sum of clipped gradients, with this brand's share of the noise"
    size = vector.length * vector.ring.bytes
    return Answer(f"{words[question]}, masked", vector.length, size)
