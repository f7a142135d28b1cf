"""Logs for machines: one object a line, and of an exception no word that it says."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from hanse_federation.structured_logs import OWN_LOGGERS, start_logging
from hanse_policies.errors import KeyPermissionError

SECRET = "canary7f3a"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = [
        (logger, logger.handlers, logger.level, logger.propagate)
        for logger in map(logging.getLogger, OWN_LOGGERS)
    ]
    lines = io.StringIO()
    start_logging("brand-1", stream=lines)
    yield lines
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def logged(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


def test_a_line_is_one_object_that_names_party_and_source(stream: io.StringIO) -> None:
    logging.getLogger("hanse_clients.agent").info("study %s: %s", "ab12", "permit")
    (line,) = logged(stream)
    assert line["party"] == "brand-1"
    assert line["level"] == "info"
    assert line["source"] == "hanse_clients.agent"
    assert line["event"] == "study ab12: permit"
    assert set(line) == {"time", "level", "party", "source", "event"}


def test_of_an_exception_only_type_code_and_place_are_kept(stream: io.StringIO) -> None:
    logger = logging.getLogger("hanse_server.link")
    for error in (RuntimeError(f"row of {SECRET}"), KeyPermissionError(f"path {SECRET}")):
        try:
            raise error
        except (RuntimeError, KeyPermissionError):
            logger.exception("call failed")
    first, second = logged(stream)
    assert SECRET not in stream.getvalue()
    assert (first["error"], first["code"]) == ("RuntimeError", "")
    assert (second["error"], second["code"]) == ("KeyPermissionError", "key-permission")
    assert first["at"].startswith("test_structured_logs.py:")


def test_the_cause_of_an_exception_is_not_told_either(stream: io.StringIO) -> None:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        logging.getLogger("hanse_flower").exception("round failed")
    assert SECRET not in stream.getvalue()
    assert len(logged(stream)) == 1


def test_a_line_break_in_an_event_stays_within_its_line(stream: io.StringIO) -> None:
    logging.getLogger("hanse_clients").warning("one\ntwo\u2028three")
    assert stream.getvalue().count("\n") == 1
    (line,) = logged(stream)
    assert line["event"] == "one\ntwo\u2028three"


def test_debug_lines_and_other_packages_are_left_out(stream: io.StringIO) -> None:
    logging.getLogger("hanse_clients").debug("too much")
    logging.getLogger("somebody_else").error(SECRET)
    assert stream.getvalue() == ""


def test_starting_twice_does_not_log_twice(stream: io.StringIO) -> None:
    start_logging("brand-1", stream=stream)
    logging.getLogger("hanse_clients").info("once")
    assert len(logged(stream)) == 1
