"""The runs that go on in this process, and what each has told so far.

Rules: a study has one run at a time, whoever asks for it; whoever follows a run
hears everything it told from its beginning in this process; a run goes on if nobody
listens. Each run has a thread of its own; what ends that thread is logged, because
perhaps nobody follows, and handed to whoever does.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hanse_federation.desk import RunEvent
from hanse_policies.errors import HanseError

_LOG = logging.getLogger(__name__)

Execute = Callable[[Callable[[RunEvent], None]], None]
"""Runs to the end, telling each step to the function it is handed."""


@dataclass(slots=True)
class _Told:
    """What one run told, and how it ended."""

    events: list[RunEvent] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    has_ended: bool = False
    failure: BaseException | None = None

    def tell(self, event: RunEvent) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def end(self, failure: BaseException | None) -> None:
        with self.changed:
            self.has_ended, self.failure = True, failure
            self.changed.notify_all()

    def follow(self) -> Iterator[RunEvent]:
        heard = 0
        while True:
            with self.changed:
                while not self.has_ended and len(self.events) == heard:
                    self.changed.wait()
                news = self.events[heard:]
            heard += len(news)
            yield from news
            if not news and self.has_ended:
                break
        if self.failure is not None:
            raise self.failure


class RunBoard:
    """Starts runs, and lets anybody follow them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going: dict[str, _Told] = {}

    def follow(self, study: str, execute: Execute) -> Iterator[RunEvent]:
        """Follow a study's run, which is started if it does not go on.

        Args:
            study: Digest of the study.
            execute: Starts it.

        Returns:
            Each step from the beginning; ends with the run, or raises what ended it.
        """
        return self.begin(study, execute).follow()

    def begin(self, study: str, execute: Execute) -> _Told:
        """Start a study's run, unless it goes on already."""
        with self._lock:
            told = self._going.get(study)
            if told is None:
                told = self._going[study] = _Told()
                threading.Thread(
                    target=self._work, args=(study, execute, told), name="study-run", daemon=True
                ).start()
        return told

    def _work(self, study: str, execute: Execute, told: _Told) -> None:
        failure: BaseException | None = None
        try:
            execute(told.tell)
        except HanseError as error:
            _LOG.warning("run not carried on: %s", error.code)
            failure = error
        except Exception as error:  # noqa: BLE001 - the outermost frame of a run's thread
            _LOG.exception("run ended by a defect")
            failure = error
        finally:
            with self._lock:
                del self._going[study]
            told.end(failure)
