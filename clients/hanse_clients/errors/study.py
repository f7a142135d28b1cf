"""Errors of studies: the gate, training, scoring."""

from __future__ import annotations

from typing import ClassVar

from hanse_clients.errors.base import ClientError
from hanse_policies.exit_codes import ExitCode


class TrainingError(ClientError):
    """A round of training cannot be done."""

    code: ClassVar[str] = "training-error"


class GradientShapeError(TrainingError):
    """The training engine did not give one gradient a person, so nothing can be clipped."""

    code: ClassVar[str] = "gradient-shape-invalid"


class TrainingDivergedError(TrainingError):
    """The noised parameters grew beyond what the model accepts."""

    code: ClassVar[str] = "training-diverged"


class GateError(ClientError):
    """A request is not let in, or the brand does not answer it."""

    code: ClassVar[str] = "gate-error"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class StudyNotApprovedError(GateError):
    """The brand did not approve the study, or took its approval back."""

    code: ClassVar[str] = "study-not-approved"


class PolicyDeniedError(GateError):
    """Charter, policy, consent or budget refuse the study now."""

    code: ClassVar[str] = "policy-denied"


class CharterNotAcceptedError(PolicyDeniedError):
    """A newer charter that may allow more waits until a person at the brand accepts it."""

    code: ClassVar[str] = "charter-not-accepted"


class QuestionForeignError(GateError):
    """The study does not ask this question in this round."""

    code: ClassVar[str] = "question-foreign"


class RequestNotAdmittedError(GateError):
    """A handler was reached past the gate."""

    code: ClassVar[str] = "request-not-admitted"


class CohortNotAskedError(GateError):
    """A run starts with the cohort, which opens the watch over its floor; this one did not."""

    code: ClassVar[str] = "cohort-not-asked"


class NoisedCohortTooSmallError(GateError):
    """The noised cohort is below the floor, at the start or, for good, in a later round.

    Noised already, so its code may cross.
    """

    code: ClassVar[str] = "cohort-too-small"


class WorkRefusedError(GateError):
    """The work on an admitted question failed.

    Attributes:
        refusal: The code that may cross, taken from the class of what went wrong.
    """

    code: ClassVar[str] = "work-refused"

    def __init__(self, refusal: str) -> None:
        super().__init__(f"expected an answer to an admitted question, got refusal {refusal}")
        self.refusal = refusal


class StudyNameError(ClientError):
    """No study goes by that name here."""

    code: ClassVar[str] = "study-name-unknown"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class StudyNameAmbiguousError(StudyNameError):
    """Several studies go by that name here; one of them is named by its digest.

    Attributes:
        candidates: Digests of the studies that the name fits, oldest first.
    """

    code: ClassVar[str] = "study-name-ambiguous"

    def __init__(self, message: str, *, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


class ScoringError(ClientError):
    """Scores cannot be made or written."""

    code: ClassVar[str] = "scoring-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class ReleaseNotModelError(ScoringError):
    """The release holds no model to score with."""

    code: ClassVar[str] = "release-not-model"


class ScoresFileError(ScoringError):
    """The scores could not be written; no file is left behind."""

    code: ClassVar[str] = "scores-file-failed"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE
