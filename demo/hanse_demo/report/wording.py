"""The report's words: closed vocabularies in two languages, and sentences made from facts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hanse_demo.report import numerals
from hanse_demo.report.model import AudienceResult, LeagueReport, ModelResult, StudySection
from hanse_federation.desk import StudyState
from hanse_policies.documents import (
    Between,
    CategoricalFeature,
    LogisticRegression,
    MultilayerPerceptron,
    NumericFeature,
    OneOf,
    PopulationFilter,
    Purpose,
    Scale,
    Study,
    TrainModel,
    TrustMode,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """The same short text in English and Chinese."""

    en: str
    zh: str


PURPOSES: dict[Purpose, Phrase] = {
    Purpose.AUDIENCE_ANALYTICS: Phrase("audience analytics", "受众分析"),
    Purpose.MODEL_TRAINING: Phrase("model training", "模型训练"),
    Purpose.CROSS_BRAND_MEASUREMENT: Phrase("cross-brand measurement", "跨品牌衡量"),
    Purpose.PERSONALISED_MARKETING: Phrase("personalised marketing", "个性化营销"),
}

STATES: dict[StudyState, Phrase] = {
    StudyState.PROPOSED: Phrase("proposed, not run", "已提议，未运行"),
    StudyState.RUNNING: Phrase("not finished", "未完成"),
    StudyState.RELEASED: Phrase("released", "已发布"),
    StudyState.REFUSED: Phrase("refused by the brands", "被品牌拒绝"),
    StudyState.FAILED: Phrase("failed", "失败"),
}

MODES: dict[TrustMode, Phrase] = {
    TrustMode.LOCAL: Phrase(
        "each brand adds all the noise before its answer leaves", "各品牌自行加足噪声"
    ),
    TrustMode.DISTRIBUTED: Phrase(
        "each brand adds a share of the noise, the sum has all of it", "各品牌分担噪声"
    ),
}
"""Where noise is added, in each trust mode."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one party gets to see of the brands' answers."""

    party: Phrase
    sees: str


def sights(mode: TrustMode) -> tuple[Sight, ...]:
    """Say what secure aggregation shows to whom, and how much noise that holds."""
    part = {
        TrustMode.LOCAL: "its part with all of its own noise: (ε, δ)-private before it is masked",
        TrustMode.DISTRIBUTED: "its part with a share of the noise, which is why it leaves masked "
        "only",
    }[mode]
    total = {
        TrustMode.LOCAL: "with the noise of every brand in it",
        TrustMode.DISTRIBUTED: "with noise enough for (ε, δ) even without the shares of the brands "
        "assumed to collude",
    }[mode]
    return (
        Sight(Phrase("the brand itself", "品牌自身"), f"its rows, its true figures, and {part}"),
        Sight(
            Phrase("the other brands", "其他品牌"),
            "of its answer nothing; sums where they are used (the model between rounds, releases), "
            "who takes part, keys, signatures, and parts of secrets that give nothing away singly",
        ),
        Sight(
            Phrase("the operator's server", "运营方服务器"),
            "of one brand evenly random numbers alone; of at least three brands the sum, " + total,
        ),
        Sight(
            Phrase("whoever reads a release", "发布结果的读者"),
            "figures decoded from these sums, with their intervals",
        ),
    )


MARKS: dict[StudyState, str] = {
    StudyState.RELEASED: "✓",
    StudyState.REFUSED: "✕",
    StudyState.FAILED: "!",
}
"""A sign beside each colour, so that colour never speaks alone."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value, as a study's parameters are listed."""

    name: str
    value: str


class StepOutcome(StrEnum):
    """Whether a study passed a step."""

    DONE = "done"
    STOPPED = "stopped"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class TrackStep:
    """One step of a study's way, and how it went."""

    name: Phrase
    outcome: StepOutcome
    note: str


def verdict_counts(section: StudySection) -> tuple[int, int, int]:
    """Count the brands that permitted, refused, and did not answer."""
    verdicts = [verdict.verdict for verdict in section.verdicts]
    return verdicts.count(Verdict.PERMIT), verdicts.count(Verdict.DENY), verdicts.count(None)


def headline(report: LeagueReport) -> str:
    """Say in one sentence what ran and how it ended."""
    brands, studies = len(report.brands), len(report.studies)
    took = numerals.duration(max((report.finished - report.started).total_seconds(), 0.0))
    counts = [
        (state, sum(section.state is state for section in report.studies)) for state in StudyState
    ]
    endings = [f"{numerals.count_in_words(n)} {STATES[s].en}" for s, n in counts if n]
    league = f"{numerals.count_in_words(brands)} {_plural('brand', brands)} and an operator"
    work = f"{numerals.count_in_words(studies)} {_plural('study', studies)} in {took}"
    text = f"{league} went through {work}"
    return text[0].upper() + text[1:] + (f": {', '.join(endings)}." if endings else ".")


def ending(section: StudySection) -> str:
    """Say how one study ended, with who decided."""
    permitted, refused, silent = verdict_counts(section)
    decided = len(section.verdicts)
    if section.state is StudyState.REFUSED:
        text = f"{refused} of {decided} brands refused"
        return text + (f", {permitted} permitted" if permitted else "")
    parts = [f"{permitted} of {decided} brands permitted"]
    parts += [f"{refused} refused"] if refused else []
    parts += [f"{silent} silent"] if silent else []
    return ", ".join(parts)


def refusing_codes(section: StudySection) -> tuple[str, ...]:
    """List the rules that refused a study at any brand, each once."""
    return tuple(dict.fromkeys(code for entry in section.verdicts for code in entry.codes))


def key_figure(section: StudySection) -> str:
    """Return a study's most telling figure, or nothing."""
    result = section.result
    if isinstance(result, ModelResult) and result.final_auc is not None:
        return f"AUC {numerals.rate_interval(result.final_auc)}"
    if isinstance(result, AudienceResult) and result.total is not None:
        return f"{numerals.persons(result.total)} persons in {len(result.cells)} cells"
    return ""


def track(section: StudySection) -> tuple[TrackStep, ...]:
    """Tell how far a study came: proposed, decided, ran, released."""
    passed = {
        StudyState.PROPOSED: 1,
        StudyState.REFUSED: 1,
        StudyState.RUNNING: 2,
        StudyState.FAILED: 2,
        StudyState.RELEASED: 4,
    }[section.state]
    stops = section.state in (StudyState.REFUSED, StudyState.FAILED)
    steps = (
        (Phrase("proposed", "提议"), "signed by the operator"),
        (Phrase("decided by each brand", "各方裁决"), ending(section)),
        (Phrase("ran", "运行"), _ran(section)),
        (Phrase("released", "发布"), f"digest {section.release[:12]}" if section.release else ""),
    )
    told = []
    for index, (name, note) in enumerate(steps):
        outcome = StepOutcome.DONE if index < passed else StepOutcome.NOT_REACHED
        if stops and index == passed:
            outcome = StepOutcome.STOPPED
        shown = "" if outcome is StepOutcome.NOT_REACHED else note
        told.append(TrackStep(name, outcome, shown))
    return tuple(told)


def columns(study: Study) -> tuple[Fact, ...]:
    """List every column a study reads and what for, with its public bounds."""
    computation = study.computation
    declared = computation.features if isinstance(computation, TrainModel) else computation.axes
    facts = []
    for column in declared:
        if isinstance(column, NumericFeature):
            scale = ", log scale" if column.scale is Scale.LOG else ""
            bounds = f"{numerals.plain(column.lower)} to {numerals.plain(column.upper)}{scale}"
            facts.append(Fact(column.column, bounds))
        elif isinstance(column, CategoricalFeature):
            facts.append(Fact(column.column, f"{len(column.categories)} named categories"))
        else:
            edges = ", ".join(map(numerals.plain, column.edges))
            facts.append(Fact(column.column, f"bins cut at {edges}"))
    if isinstance(computation, TrainModel):
        facts.append(Fact(computation.label, "label"))
    facts += [Fact(entry.column, "population filter") for entry in study.population]
    return tuple(facts)


def parameters(study: Study) -> tuple[Fact, ...]:
    """List what a study computes and its limits."""
    facts = [Fact("computation", study.computation.kind.value)]
    if isinstance(study.computation, TrainModel):
        facts += _training(study.computation)
    else:
        facts.append(Fact("axes", " × ".join(study.computation.columns())))
    facts.append(
        Fact("population", "; ".join(map(_filter, study.population)) or "all in the asset")
    )
    facts += [
        Fact("least persons", numerals.whole(study.minimum_persons)),
        Fact("least brands in a sum", numerals.whole(study.minimum_brands)),
        *_shared_noise(study),
        Fact("recipients", ", ".join(study.recipients)),
        Fact("retention", f"{study.retention_days} days"),
    ]
    return tuple(facts)


def gap_sentence(result: ModelResult) -> str:
    """Compare the model's AUC with the pooled, non-private one; empty if one is missing.

    The exact AUC is compared where the demo knows it, else the noised one.
    """
    if result.pooled is None or (result.exact is None and result.final_auc is None):
        return ""
    if result.exact is not None:
        auc, opening = result.exact.auc, "Scored without noise (demo only) it is "
    elif result.final_auc is not None:
        auc, opening = result.final_auc.value, "It is "
    gap = result.pooled.auc - auc
    figure = f"{numerals.rate(auc)}, " if result.exact is not None else ""
    side = "below" if gap >= 0 else "above"
    pooled = numerals.rate(result.pooled.auc)
    text = f"{opening}{figure}{abs(gap):.3f} {side} the pooled, non-private model ({pooled})"
    if result.allowed_gap is None:
        return f"{text}."
    held = "within" if gap <= result.allowed_gap else "beyond"
    return f"{text}; {held} the {numerals.plain(result.allowed_gap)} that was allowed."


def _training(computation: TrainModel) -> list[Fact]:
    local, server, evaluation = computation.local, computation.server, computation.evaluation
    return [
        Fact("model", _model(computation.model)),
        Fact("rounds", f"{computation.rounds} × {local.steps_per_round} steps"),
        Fact("sampling", f"Poisson, rate {numerals.plain(local.sampling_rate)}"),
        Fact("clipping norm", numerals.plain(local.clipping_norm)),
        Fact("learning rate", f"{numerals.plain(local.learning_rate)} at the brand"),
        Fact(
            "server",
            f"FedAvg, rate {numerals.plain(server.learning_rate)}, "
            f"momentum {numerals.plain(server.momentum)}",
        ),
        Fact(
            "evaluation",
            f"{100 * evaluation.holdout_share:g} % held out, {evaluation.score_bins} score bins, "
            f"{100 * evaluation.budget_share:g} % of the privacy loss",
        ),
    ]


def _shared_noise(study: Study) -> list[Fact]:
    noise = study.privacy.distributed
    if noise is None:
        return []
    return [
        Fact("brands that may drop out of a round", numerals.whole(noise.tolerated_dropouts)),
        Fact("brands assumed to tell their noise", numerals.whole(noise.assumed_colluders)),
    ]


def _model(model: LogisticRegression | MultilayerPerceptron) -> str:
    if isinstance(model, LogisticRegression):
        return "logistic regression"
    return f"MLP, hidden layers {', '.join(map(str, model.hidden))}"


def _filter(entry: PopulationFilter) -> str:
    if isinstance(entry, OneOf):
        return f"{entry.column} in {{{', '.join(entry.values)}}}"
    if isinstance(entry, Between):
        return f"{numerals.plain(entry.lower)} ≤ {entry.column} ≤ {numerals.plain(entry.upper)}"
    raise TypeError(f"expected a population filter, got {entry!r}")


def _ran(section: StudySection) -> str:
    took = "" if section.duration_seconds is None else numerals.duration(section.duration_seconds)
    if isinstance(section.result, ModelResult) and section.result.rounds:
        return f"{len(section.result.rounds)} rounds" + (f" in {took}" if took else "")
    return took


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
