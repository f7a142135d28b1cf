"""`rules.md`: every rule of the decision with its sentences in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.wording import Wording
from reference_generator.markdown import document, table

INTRODUCTION = """
A brand lets a study run if and only if every rule permits it. What is not known denies. Each
rule that was asked is in the decision, with the line that decided (`file:line`), and on a refusal
the smallest change that would turn it into a permit. Words in braces are filled in.

The articles name the duty that a rule serves. They are no legal advice: no rule violated does not
mean lawful. A finding of a [legal pack](packs.md)'s check names the articles of that check.
"""


def page() -> str:
    """Write the page."""
    parts = [INTRODUCTION]
    for family, codes in groupby(RULE_TEXTS, key=lambda rule: rule.split(".")[0]):
        parts.append(f"## {family}")
        parts += [part for code in codes for part in _rule(code)]
    return document("Rules", parts)


def _rule(code: str) -> Iterator[str]:
    text = RULE_TEXTS[code]
    yield f"### {code}"
    yield f"Serves: {text.article}."
    rows = [_row(name, text.en, text.zh) for name in ("permit", "deny", "fix")]
    yield table(("", "English", "中文"), rows)


def _row(name: str, english: Wording, chinese: Wording) -> tuple[str, str, str]:
    return name, getattr(english, name), getattr(chinese, name)
