"""`rules.md`: every rule of the decision with its sentences in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.language import Language
from hanse_policies.reference.languages import BOTH, Languages, columns, leading, told
from hanse_policies.reference.markdown import document, table

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
A brand lets a study run if and only if every rule permits it. What is not known denies. Each
rule that was asked is in the decision, with the line that decided (`file:line`), and on a refusal
the smallest change that would turn it into a permit. Words in braces are filled in.

The articles name the duty that a rule serves. They are no legal advice: no rule violated does not
mean lawful. A finding of a [legal pack](packs.md)'s check names the articles of that check.
""",
    Language.ZH: """
只有每一条规则都许可，品牌才让研究运行；未知即拒绝。被问到的每条规则都写入决定，
并注明作出判断的那一行（`file:line`）；
拒绝时还写明使其变为许可的最小修改。花括号中的内容由具体结果填入。

条款指出规则所服务的义务，不构成法律意见；未违反任何规则不代表合法。
[法律规则包](packs.md)的检查结果注明该项检查自身的条款。
""",
}
TITLE = ("Rules", "规则")


def page(languages: Languages = BOTH) -> str:
    """Write the page."""
    parts = [INTRODUCTION[languages[0]]]
    for family, codes in groupby(RULE_TEXTS, key=lambda rule: rule.split(".")[0]):
        parts.append(f"## {family}")
        parts += [part for code in codes for part in _rule(code, languages)]
    return document(leading(*TITLE, languages), parts)


def _rule(code: str, languages: Languages) -> Iterator[str]:
    text = RULE_TEXTS[code]
    yield f"### {code}"
    yield f"{leading('Serves', '所服务的义务', languages)}: {text.article}."
    rows = [
        (name, *told(getattr(text.en, name), getattr(text.zh, name), languages))
        for name in ("permit", "deny", "fix")
    ]
    yield table(("", *columns(languages)), rows)
