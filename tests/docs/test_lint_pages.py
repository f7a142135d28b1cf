"""Every lint has its page with its two samples, and there is no page without a lint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hanse_policies.language import Language
from hanse_policies.lint import LINTS, lint_texts
from hanse_policies.lint.catalogue import FIXES
from hanse_policies.reference.languages import BOTH
from hanse_policies.reference.lints import lint_page
from tests.support.linting import sample_texts

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "lints"
WITH_SAMPLES = [lint for lint in LINTS if lint != "L00"]


def test_every_lint_has_a_page_and_every_page_a_lint() -> None:
    assert {page.name for page in PAGES.iterdir()} == {f"{lint}.md" for lint in LINTS}


def test_the_page_of_all_lints_leads_to_each() -> None:
    listed = (PAGES.parent / "lints.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(lints/(L\d\d)\.md\)", listed) == list(LINTS)


@pytest.mark.parametrize("lint", WITH_SAMPLES)
@pytest.mark.parametrize("outcome", ["fails", "passes"])
def test_a_page_shows_both_samples_as_they_are(lint: str, outcome: str) -> None:
    page = (PAGES / f"{lint}.md").read_text(encoding="utf-8")
    texts = sample_texts(lint, outcome)
    assert texts
    for file, text in texts.items():
        assert f"`{file.name}`:\n\n```yaml\n{text.strip()}\n```" in page


@pytest.mark.parametrize("lint", WITH_SAMPLES)
@pytest.mark.parametrize("language", Language)
def test_a_page_says_what_is_found_in_its_failing_sample(lint: str, language: Language) -> None:
    page = (PAGES / f"{lint}.md").read_text(encoding="utf-8")
    texts = {Path(file.name): text for file, text in sample_texts(lint, "fails").items()}
    lines = list(lint_texts(texts).lines(language))
    assert lines
    assert "\n".join(lines) in page


@pytest.mark.parametrize("lint", LINTS)
def test_a_page_shows_a_fix_exactly_where_the_lint_has_a_mechanical_one(lint: str) -> None:
    page = (PAGES / f"{lint}.md").read_text(encoding="utf-8")
    assert ("```diff\n--- " in page) == any(code.startswith(f"{lint}.") for code in FIXES)
    assert ("`--fix` changes nothing here" in page) != ("```diff\n--- " in page)


@pytest.mark.parametrize("lint", LINTS)
@pytest.mark.parametrize("language", BOTH)
def test_a_page_in_one_language_leaves_the_other_out(lint: str, language: Language) -> None:
    text, page = LINTS[lint], lint_page(lint, (language,))
    own, other = (text.en, text.zh) if language is Language.EN else (text.zh, text.en)
    assert own.why in page
    assert other.why not in page
