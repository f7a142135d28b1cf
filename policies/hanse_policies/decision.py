"""What a decision is: a verdict, every rule that led to it, and how to change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.documents import Permit, Verdict
from hanse_policies.documents.base import StrictModel
from hanse_policies.language import Language
from hanse_policies.source import path_text


class RuleFinding(NamedTuple):
    """What one rule said; a tuple, because a decision makes some forty of them.

    Attributes:
        rule: The rule's stable code, as `columns.permit`.
        verdict: What it said.
        source: Where the words that decided are written, as `policy.yaml:42`.
        details: What fills the rule's sentences, as pairs of name and text; `text@en` and
            `text@zh` fill `{text}` in one language each.
    """

    rule: str
    verdict: Verdict
    source: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def article(self) -> str:
        """The law articles whose duty the rule serves; of a legal pack's check, its own."""
        return dict(self.details).get("articles", RULE_TEXTS[self.rule].article)

    @property
    def message(self) -> str:
        """What the rule said, in English."""
        return self.message_in(Language.EN)

    @property
    def fix(self) -> str:
        """The smallest change that makes a refusal a permit, in English; empty on a permit."""
        return self.fix_in(Language.EN)

    def message_in(self, language: Language) -> str:
        """Write what the rule said."""
        return RULE_TEXTS[self.rule].message(self.verdict, language, self._details_in(language))

    def fix_in(self, language: Language) -> str:
        """Write the smallest change that makes a refusal a permit; empty on a permit."""
        if self.verdict is Verdict.PERMIT:
            return ""
        return RULE_TEXTS[self.rule].fix(language, self._details_in(language))

    def _details_in(self, language: Language) -> dict[str, str]:
        """Take of a text that is there in each language, as `text@en`, the one asked for."""
        return {name.removesuffix(f"@{language}"): text for name, text in self.details}


@dataclass(frozen=True, slots=True)
class EffectiveTerms:
    """The strictest of what charter, permit and study say; a permitted study runs on these.

    Attributes:
        minimum_persons: Fewest persons a brand may answer for.
        minimum_brands: Fewest brands whose answers may be combined.
        retention_days: Longest time a release may be kept.
        epsilon: Largest epsilon of the study at this brand.
        delta: Largest delta of the study at this brand.
    """

    minimum_persons: int
    minimum_brands: int
    retention_days: int
    epsilon: float
    delta: float


class FindingReport(StrictModel):
    """A finding as it is printed."""

    rule: str
    verdict: Verdict
    source: str
    article: str
    message: str
    fix: str


class DecisionReport(StrictModel):
    """A decision as it is printed."""

    study: str
    brand: str
    verdict: Verdict
    decided: datetime
    denied_by: tuple[str, ...]
    permit: str
    findings: tuple[FindingReport, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A brand's answer to a study.

    Attributes:
        verdict: Permit only where every finding permits.
        findings: Every rule that was asked, in order; those about permits are of
            the permit that the study fits within, or else of the nearest one.
        study: The study's id.
        brand: The brand that decided.
        decided: The instant it was decided for.
        permit_index: Place of that permit in the policy; None without permits.
        permit: The permit it runs under; None on a refusal.
        effective: The terms it runs on; None on a refusal.
    """

    verdict: Verdict
    findings: tuple[RuleFinding, ...]
    study: str
    brand: str
    decided: datetime
    permit_index: int | None = None
    permit: Permit | None = None
    effective: EffectiveTerms | None = None

    @property
    def is_permitted(self) -> bool:
        """Whether the study may run."""
        return self.verdict is Verdict.PERMIT

    @property
    def denied_by(self) -> tuple[str, ...]:
        """The codes of the rules that refused, each once, in order."""
        return tuple(dict.fromkeys(f.rule for f in self.refusals()))

    def refusals(self) -> Iterable[RuleFinding]:
        """List the findings that refused."""
        return tuple(f for f in self.findings if f.verdict is Verdict.DENY)

    def report(self, language: Language = Language.EN) -> DecisionReport:
        """Write the decision as a record for printing."""
        index = self.permit_index
        return DecisionReport(
            study=self.study,
            brand=self.brand,
            verdict=self.verdict,
            decided=self.decided,
            denied_by=self.denied_by,
            permit="" if index is None else path_text(("permits", index)),
            findings=tuple(
                FindingReport(
                    rule=f.rule,
                    verdict=f.verdict,
                    source=f.source,
                    article=f.article,
                    message=f.message_in(language),
                    fix=f.fix_in(language),
                )
                for f in self.findings
            ),
        )

    def explain(self, language: Language = Language.EN, *, refusals_only: bool = False) -> str:
        """Write the decision for people, refusals first, one rule a line.

        Args:
            language: Of the sentences.
            refusals_only: Leave out the rules that permit.
        """
        heading = {
            (Language.EN, True): "brand {brand} permits study {study}: no rule is violated",
            (Language.EN, False): "brand {brand} refuses study {study}",
            (Language.ZH, True): "品牌 {brand} 许可研究 {study}:未违反任何规则",
            (Language.ZH, False): "品牌 {brand} 拒绝研究 {study}",
        }[language, self.is_permitted]
        fix_label = {Language.EN: "to permit it", Language.ZH: "改正方法"}[language]
        lines = [heading.format(brand=self.brand, study=self.study)]
        findings = self.refusals() if refusals_only else self.findings
        for finding in sorted(findings, key=lambda f: f.verdict is Verdict.PERMIT):
            lines.append(
                f"  {finding.verdict:<6} {finding.rule}: {finding.message_in(language)} "
                f"[{finding.source}; {finding.article}]"
            )
            if finding.verdict is Verdict.DENY:
                lines.append(f"         {fix_label}: {finding.fix_in(language)}")
        return "\n".join(lines)


def judge(rule: str, allowed: bool, source: str, /, **details: str) -> RuleFinding:
    """Make a rule's finding.

    Args:
        rule: The rule's code.
        allowed: Whether the rule permits.
        source: Where the words that decide are written.
        details: What fills the rule's sentences.

    Returns:
        The finding.
    """
    verdict = Verdict.PERMIT if allowed else Verdict.DENY
    return RuleFinding(rule, verdict, source, tuple(details.items()))


def listed(words: Iterable[str]) -> str:
    """Write words as a list for a sentence; `none` for no words."""
    return ", ".join(words) or "none"
