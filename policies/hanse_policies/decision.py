"""What a decision is: a verdict, every rule that led to it, and how to change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.documents import Permit, Verdict
from hanse_policies.documents.base import StrictModel
from hanse_policies.language import Language
from hanse_policies.source import path_text

PERMIT, DENY = Verdict.PERMIT, Verdict.DENY
T = TypeVar("T")


class Words(NamedTuple):
    """What a rule's sentences are made of.

    Attributes:
        source: Where the words that decided are written, as `policy.yaml:42`.
        details: What fills the sentences, by name; `text@en` and `text@zh` fill `{text}` in
            one language each.
    """

    source: str
    details: Mapping[str, str]


class RuleFinding(NamedTuple):
    """What one rule said; a tuple, because a decision makes some forty of them.

    A decision is made before every round and read far more rarely, so a finding holds its
    verdict and only knows how to say the rest. Documents are frozen: it says the same
    whenever it is asked.

    Attributes:
        rule: The rule's stable code, as `columns.permit`.
        verdict: What it said.
        say: Returns what its sentences are made of.
    """

    rule: str
    verdict: Verdict
    say: Callable[[], Words]

    def __eq__(self, other: object) -> bool:
        """Tell whether another finding says the same."""
        if not isinstance(other, RuleFinding):
            return NotImplemented
        same = (self.rule, self.verdict) == (other.rule, other.verdict)
        return same and self.say() == other.say()

    def __hash__(self) -> int:
        """Hash what is compared, as far as it is at hand."""
        return hash((self.rule, self.verdict))

    @property
    def source(self) -> str:
        """Where the words that decided are written, as `policy.yaml:42`."""
        return self.say().source

    @property
    def details(self) -> Mapping[str, str]:
        """What fills the rule's sentences, by name."""
        return self.say().details

    @property
    def article(self) -> str:
        """The law articles whose duty the rule serves; of a legal pack's check, its own."""
        return self.details.get("articles", RULE_TEXTS[self.rule].article)

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
        return {name.removesuffix(f"@{language}"): text for name, text in self.details.items()}


Findings = tuple[RuleFinding, ...]


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

    def refusals(self) -> Sequence[RuleFinding]:
        """List the findings that refused."""
        return refusals(self.findings)

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


def ask_all(families: Iterable[Callable[[T], Iterable[RuleFinding]]], about: T) -> Findings:
    """Ask every family of rules, in order.

    Args:
        families: Functions that each ask the rules of one family.
        about: What they are asked about.
    """
    found: list[RuleFinding] = []
    for family in families:
        found += family(about)
    return tuple(found)


def refusals(findings: Findings) -> Findings:
    """List the findings that refused."""
    return tuple([finding for finding in findings if finding.verdict is DENY])


_new = tuple.__new__


def words(source: str, /, **details: str) -> Words:
    """Gather what a rule's sentences are made of.

    Args:
        source: Where the words that decide are written.
        details: What fills the sentences.
    """
    return Words(source, details)


def judge(rule: str, allowed: bool, say: Callable[[], Words]) -> RuleFinding:
    """Make a rule's finding.

    Args:
        rule: The rule's code.
        allowed: Whether the rule permits.
        say: Returns what its sentences are made of; called when somebody reads them.
    """
    # A named tuple's own constructor takes twice as long, and this is called fifty times.
    return _new(RuleFinding, (rule, PERMIT if allowed else DENY, say))


def listed(words: Iterable[str]) -> str:
    """Write words as a list for a sentence; `none` for no words."""
    return ", ".join(words) or "none"
