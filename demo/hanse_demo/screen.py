"""What a person sees while the demo runs: one line a step, then tables.

Rules: with `--json` all of it goes to standard error, so that standard output
holds one JSON value; where nobody watches (no terminal), bars are left out and
lines stay. True counts of a brand appear only under a heading that says whose
screen it is; nothing here is about one person.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from hanse_demo.answers import Plan, Scored, ToldDecision
from hanse_demo.report import numerals
from hanse_demo.summary import DemoSummary, Phase
from hanse_federation.desk import StudyStatus
from hanse_policies.documents import Verdict

BAR_WIDTH = 28
_INDENT = (0, 0, 0, 2)


@dataclass(slots=True)
class Step:
    """A step under way."""

    progress: Progress
    total: int

    def at(self, done: int, note: str = "") -> None:
        """Tell how far it is."""
        task = self.progress.task_ids[0]
        self.progress.update(task, completed=done, total=self.total, note=note)

    def advance(self) -> None:
        """Tell that one more part is done."""
        self.progress.advance(self.progress.task_ids[0])


@dataclass(slots=True)
class Screen:
    """The demo's side of a terminal.

    Attributes:
        console: Where it prints.
        phases: What was done so far, with its time.
    """

    console: Console
    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def step(self, doing: str, done: str, *, total: int = 1) -> Iterator[Step]:
        """Show a step while it runs, and a line once it went well.

        Args:
            doing: What happens, as `building the league`.
            done: What will have happened, as `league built`.
            total: How many parts it has.
        """
        started = time.monotonic()
        with self._progress() as progress:
            progress.add_task(doing, total=total, note="")
            yield Step(progress, total)
        seconds = time.monotonic() - started
        self.phases.append(Phase(done, seconds))
        line = Text.assemble(("✓ ", "green"), done, (f"  {numerals.duration(seconds)}", "dim"))
        self.console.print(line, soft_wrap=True)

    def say(self, line: str) -> None:
        """Print a line as it is."""
        self.console.print(Text(line), soft_wrap=True)

    def heading(self, text: str) -> None:
        """Begin a part."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def verdicts(self, studies: Sequence[StudyStatus]) -> None:
        """Show what the brands said of each study, with the rules that refused."""
        table = _table("study", "verdict", "brands", "rules that refused")
        for study in studies:
            words: dict[tuple[str, ...], list[str]] = {}
            for brand, codes in (*((b, ()) for b in study.approved), *study.refused):
                words.setdefault(codes, []).append(brand)
            for codes, brands in words.items():
                word = Text("refuse", "red") if codes else Text("permit", "green")
                table.add_row(study.study_id, word, ", ".join(brands), ", ".join(codes))
        self._print(table)

    def preflight(self, brand: str, plan: Plan) -> None:
        """Show in short what a study would run at a brand."""
        table = _table("preflight", f"at {brand}, before any row is read")
        table.add_row("columns", ", ".join(plan.columns))
        for question in plan.questions:
            told = f"{question.times} × {question.answer.leaves}"
            table.add_row(question.question, f"{told}, noise {question.noise_multiplier:g}")
        table.add_row("leaves", "masked; only sums over at least three brands can be read")
        epsilon, delta = numerals.epsilon(plan.epsilon), numerals.delta(plan.delta)
        table.add_row("costs", f"ε = {epsilon} at δ = {delta}, for one person at this brand")
        kept = f"{', '.join(plan.recipients)}; kept {plan.retention_days} days"
        table.add_row("recipients", kept)
        self._print(table)

    def refusal(self, decision: ToldDecision) -> None:
        """Show why one brand refused a study, as its own machine explains it, in two languages."""
        title = f"why {decision.brand} refuses, from its own machine (only codes crossed)"
        table = _table("rule", title)
        for english, chinese in zip(decision.findings, decision.findings_zh, strict=True):
            if english.verdict is Verdict.DENY:
                where = english.source or "no line permits it"
                table.add_row(f"{english.rule}\n{where}", f"{english.message}\n{chinese.message}")
        self._print(table)

    def scores(self, brand: str, scored: Scored, counts: Sequence[int]) -> None:
        """Show a brand its own scores, added up; this is the brand's own screen."""
        told = f"{numerals.whole(scored.scored)} customers scored"
        table = _table("score", f"at {brand}, its own screen: {told}, consenting to marketing")
        most = max((*counts, 1))
        for index, count in enumerate(counts):
            bar = "█" * round(BAR_WIDTH * count / most)
            low, high = index / len(counts), (index + 1) / len(counts)
            table.add_row(f"{low:.1f} to {high:.1f}", f"{bar} {numerals.whole(count)}")
        self._print(table)

    def end(self, summary: DemoSummary) -> None:
        """Show how everything ended, and where to read it."""
        self.heading("What came out")
        table = _table("study", "outcome", "AUC (95 % interval)", "ε", "seconds")
        for study in summary.studies:
            table.add_row(
                study.study,
                study.outcome.value,
                "" if study.auc is None else numerals.rate_interval(study.auc),
                "" if study.epsilon is None else numerals.epsilon(study.epsilon),
                f"{study.seconds:.1f}",
            )
        self._print(table)
        if summary.pooled_auc is not None and summary.exact_auc is not None:
            self.say(
                f"  demo only: scored without noise the model has AUC "
                f"{numerals.rate(summary.exact_auc)}; a non-private model on everybody's pooled "
                f"rows {numerals.rate(summary.pooled_auc)}"
            )
        memory = numerals.size(summary.peak_memory_bytes)
        self.say(f"  {numerals.duration(summary.seconds)} in all, at most {memory} of memory")
        self.say("")
        self.say(f"Report        {summary.report}")
        for page in summary.brand_pages:
            self.say(f"Brand's own   {page}")

    def _progress(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=BAR_WIDTH),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    def _print(self, table: Table) -> None:
        self.console.print(Padding(table, _INDENT))


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    return table
