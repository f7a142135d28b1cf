"""The product's commands as the demo calls them, and their JSON answers as types.

Rules: every command runs as its own process with `--json`; an exit code or an
answer that the demo does not expect ends the demo with that command's own last
line; of an answer only what the demo shows is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from hanse_demo.errors import DemoStepError
from hanse_demo.stage import Finished, Stage
from hanse_federation.desk import RunEvent
from hanse_policies.decision import FindingReport
from hanse_policies.documents import Verdict
from hanse_policies.exit_codes import ExitCode


class Answer(BaseModel):
    """What a command printed; fields that the demo does not show are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Founded(Answer):
    """Of `hanse operator init`."""

    fingerprint: str


class Done(Answer):
    """Of a command of which only its end matters."""


class Proposed(Answer):
    """Of `hanse operator propose`."""

    study: str


class PlannedAnswer(Answer):
    """What one asking of a question sends."""

    leaves: str
    values: int


class PlannedQuestion(Answer):
    """One question of a preflight."""

    question: str
    times: int
    noise_multiplier: float
    answer: PlannedAnswer


class Plan(Answer):
    """What a study would run and send."""

    title: str
    columns: tuple[str, ...]
    recipients: tuple[str, ...]
    retention_days: int
    epsilon: float
    delta: float
    questions: tuple[PlannedQuestion, ...]


class ToldDecision(Answer):
    """A brand's decision in both languages."""

    brand: str
    verdict: Verdict
    findings: tuple[FindingReport, ...]
    findings_zh: tuple[FindingReport, ...]


class Preflighted(Answer):
    """Of `hanse brand preflight`."""

    plan: Plan | None
    decision: ToldDecision


class Fetched(Answer):
    """Of `hanse brand fetch`."""

    release: str


class Scored(Answer):
    """Of `hanse brand score`; true counts, for the brand's own screen."""

    scored: int
    left_out: int


AnswerT = TypeVar("AnswerT", bound=Answer)
_RUN_EVENT = TypeAdapter(RunEvent)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How `hanse operator run` ended: its last event, and its exit code."""

    event: RunEvent
    exit_code: int


def ask(
    stage: Stage,
    answer: type[AnswerT],
    *arguments: str,
    allowed: tuple[int, ...] = (ExitCode.OK,),
) -> AnswerT:
    """Run a command and read its answer.

    Args:
        stage: Where it runs.
        answer: What it prints with `--json`.
        arguments: What stands after `hanse`, without `--json`.
        allowed: Exit codes that are no failure here.

    Raises:
        DemoStepError: It ended otherwise, or printed something else.
    """
    finished = stage.run(*arguments, "--json")
    if finished.exit_code not in allowed:
        raise _failed(finished)
    try:
        return answer.model_validate_json(finished.output)
    except ValidationError as error:
        raise _failed(finished) from error


def run_study(stage: Stage, *arguments: str, watch: Callable[[RunEvent], None]) -> RunEnd:
    """Run a study and tell each of its steps.

    Args:
        stage: Where the command runs.
        arguments: What stands after `hanse`, without `--json`.
        watch: Takes each step as it comes.

    Raises:
        DemoStepError: The command told no step, or something else.
    """
    events: list[RunEvent] = []

    def take(line: str) -> None:
        events.append(_RUN_EVENT.validate_json(line))
        watch(events[-1])

    try:
        finished = stage.follow(*arguments, "--json", take=take)
    except ValidationError as error:
        raise DemoStepError(" ".join(("hanse", *arguments[:3])), 0, "not an event") from error
    if not events:
        raise _failed(finished)
    return RunEnd(events[-1], finished.exit_code)


def _failed(finished: Finished) -> DemoStepError:
    command = " ".join(("hanse", *finished.arguments[:3]))
    return DemoStepError(command, finished.exit_code, finished.told)
