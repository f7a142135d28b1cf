"""`hanse brand ledger`: what privacy was spent, on what, of which budget."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from hanse_clients.brand_views import BudgetStanding
from hanse_clients.cli.options import Home
from hanse_clients.cli.output import budget_facts, entry_facts
from hanse_clients.client import BrandClient
from hanse_federation.privacy import LedgerEntry
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import plain


def ledger_command(*, home: Home, as_json: AsJson = False) -> None:
    """Show each purpose's budget and every charge."""
    with BrandClient.open(home) as brand:
        budgets, entries = brand.budgets(), brand.ledger()
    if as_json:
        print_json(
            {
                "budgets": [budget_facts(standing) for standing in budgets],
                "entries": [entry_facts(entry) for entry in entries],
            }
        )
        return
    console = Console()
    console.print(_budgets(budgets))
    console.print(_entries(entries))


def _budgets(budgets: tuple[BudgetStanding, ...]) -> Table:
    table = Table(title="Budgets, for one person at this brand")
    for heading in ("purpose", "epsilon spent", "of", "delta", "period ends"):
        table.add_column(heading)
    for standing in budgets:
        spent = standing.spent.epsilon if standing.spent else 0.0
        end = f"{standing.period_end:%Y-%m-%d}" if standing.period_end else "not begun"
        budget = standing.budget
        table.add_row(
            budget.purpose.value, f"{spent:.3f}", f"{budget.epsilon:g}", f"{budget.delta:g}", end
        )
    return table


def _entries(entries: tuple[LedgerEntry, ...]) -> Table:
    table = Table(title="Charges")
    for heading in ("#", "when", "study", "round", "question", "answered"):
        table.add_column(heading)
    for entry in entries:
        table.add_row(
            str(entry.number),
            f"{entry.charged_at:%Y-%m-%d %H:%M:%S}",
            plain(entry.charge.study_id),
            str(entry.charge.round_number),
            entry.charge.question.value,
            "yes" if entry.answered else "no",
        )
    return table
