"""Errors of what follows once consents have ended, or the brand left."""

from __future__ import annotations

from typing import ClassVar

from hanse_clients.errors.base import ClientError
from hanse_clients.errors.study import GateError, ScoringError
from hanse_policies.exit_codes import ExitCode


class BrandExitedError(GateError):
    """The brand left the alliance; it answers, approves and runs nothing any more."""

    code: ClassVar[str] = "brand-exited"


class ReleaseRetiredError(ScoringError):
    """The release may not be used any more: consents have ended that went into it."""

    code: ClassVar[str] = "release-retired"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class ReleaseRetrainDueError(ScoringError):
    """By now a release made without ended consents should have replaced this one."""

    code: ClassVar[str] = "release-retrain-due"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class EndedConsentsUnknownError(ClientError):
    """For some study it cannot be told whether consents have ended that it used."""

    code: ClassVar[str] = "ended-consents-unknown"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class ExitReasonError(ClientError):
    """The reason for leaving cannot be signed as it is; nothing was recorded or purged for it."""

    code: ClassVar[str] = "exit-reason-invalid"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class PurgeIncompleteError(ClientError):
    """Something of a study is still kept that was to be purged."""

    code: ClassVar[str] = "purge-incomplete"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE
