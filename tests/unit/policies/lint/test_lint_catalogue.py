"""Every finding that a check can make has its words in both languages, and the reverse."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import hanse_policies.lint.checks
from hanse_policies.language import Language
from hanse_policies.lint import LINTS, lint_texts
from hanse_policies.lint.catalogue import FIXES, SEVERITIES
from hanse_policies.lint.findings_en import ENGLISH_FINDINGS
from hanse_policies.lint.findings_zh import CHINESE_FINDINGS
from hanse_policies.lint.refusals import ATTEMPTS, FIELDS
from tests.support.linting import sample_texts

CODE = re.compile(r"L\d\d\.[a-z]+")
CHECKS = Path(hanse_policies.lint.checks.__path__[0])


def made_codes() -> set[str]:
    """Read from the source which codes the checks make."""
    nodes = (n for file in CHECKS.glob("*.py") for n in ast.walk(ast.parse(file.read_text())))
    texts = {str(n.value) for n in nodes if isinstance(n, ast.Constant)}
    return {text for text in texts if CODE.fullmatch(text)}


def test_every_code_that_a_check_makes_has_words_and_the_reverse() -> None:
    assert made_codes() == set(ENGLISH_FINDINGS) - {"refused"}
    assert set(ENGLISH_FINDINGS) == set(CHINESE_FINDINGS)


def test_severities_and_fixes_are_of_codes_that_there_are() -> None:
    assert SEVERITIES.keys() | FIXES <= made_codes()


def test_every_lint_can_fire() -> None:
    made = {code.partition(".")[0] for code in made_codes()}
    assert made | FIELDS.keys() | ATTEMPTS.keys() | {"L00", "L01"} == set(LINTS)


@pytest.mark.parametrize("code", [code for code in ENGLISH_FINDINGS if code != "refused"])
def test_both_languages_fill_in_the_same_words(code: str) -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    english, chinese = ENGLISH_FINDINGS[code], CHINESE_FINDINGS[code]
    assert names(chinese.message) == names(english.message)
    assert names(chinese.fix) == names(english.fix)


@pytest.mark.parametrize("lint", [lint for lint in LINTS if lint != "L00"])
@pytest.mark.parametrize("language", Language)
def test_every_sample_is_told_in_both_languages(lint: str, language: Language) -> None:
    for record in lint_texts(sample_texts(lint, "fails")).records(language):
        assert "{" not in record.message + record.fix
        assert record.title == LINTS[lint].words(language).title
