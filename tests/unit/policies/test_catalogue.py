from __future__ import annotations

import re
import string

import pytest

from hanse_policies.catalogue import ARTICLES, RULE_TEXTS
from hanse_policies.documents.verdict import StudyVerdict
from hanse_policies.language import Language
from hanse_policies.wording_en import ENGLISH
from hanse_policies.wording_zh import CHINESE


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_each_rule_has_articles_and_both_languages() -> None:
    assert set(ARTICLES) == set(ENGLISH) == set(CHINESE) == set(RULE_TEXTS)


@pytest.mark.parametrize("rule", RULE_TEXTS)
def test_both_languages_say_the_same_facts(rule: str) -> None:
    english, chinese = ENGLISH[rule], CHINESE[rule]
    assert placeholders(english.deny) == placeholders(chinese.deny)
    assert placeholders(english.permit) == placeholders(chinese.permit)
    assert placeholders(english.fix) == placeholders(chinese.fix)


@pytest.mark.parametrize("rule", RULE_TEXTS)
def test_a_rule_names_its_law_and_promises_nothing_lawful(rule: str) -> None:
    assert re.fullmatch(r"GDPR (Art\.|Recital) .*; PIPL Art\. .*", ARTICLES[rule])
    texts = [*vars_of(rule, Language.EN), *vars_of(rule, Language.ZH)]
    assert not any("lawful" in text or "合法" in text for text in texts)
    assert any("\u4e00" <= character <= "\u9fff" for character in texts[-1])


@pytest.mark.parametrize("rule", RULE_TEXTS)
def test_a_rule_code_may_stand_in_a_verdict(rule: str) -> None:
    StudyVerdict.model_validate(
        {
            "study": "0" * 64,
            "brand": "alder",
            "verdict": "deny",
            "codes": (rule,),
            "policy": "0" * 64,
            "decided": "2026-01-01T00:00:00Z",
        }
    )


def vars_of(rule: str, language: Language) -> tuple[str, str, str]:
    wording = (ENGLISH if language is Language.EN else CHINESE)[rule]
    return wording.permit, wording.deny, wording.fix
