"""Which faults a view's rows have, as one ibis expression: a row of booleans.

Rules: only rows of persons who consent are looked at, and of the register only
rows of the view's purpose; what is told is whether a fault is there at all, with
no number and no person. The answer is for the brand's own people and logs.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from hanse_clients.data.consent_expression import consent_rows, consenting_persons
from hanse_clients.data.expression import (
    is_finite,
    is_label,
    matches,
    rows_table,
)
from hanse_clients.data.queries import PERSON, fault_name, unreadable_name
from hanse_clients.data.row_faults import (
    RowFault,
    most_rows,
    number_columns,
    possible_faults,
    several_rows,
)
from hanse_clients.data.view import MinimalView
from hanse_clients.errors import (
    InvalidLabelError,
    MissingFeatureValueError,
    NonFiniteFeatureError,
    UnreadableValueError,
)

_IN_POPULATION = "hanse_in_population"
_ROWS = "hanse_rows"


def faults_expression(view: MinimalView) -> ir.Table:
    """Tell which of `possible_faults` there are: one row, a boolean `fault_name(i)` for each.

    An unreadable value counts in or out of the study's population, for it may
    be what keeps its row out; all else counts in the population alone.
    """
    numbered = tuple(enumerate(possible_faults(view)))
    told = {fault_name(i): fault for i, fault in numbered}
    register = consent_rows(view)
    in_register = register.aggregate(
        **{n: _any(register[unreadable_name(f.column)]) for n, f in told.items() if f.is_register}
    )
    persons = _persons(view, {n: f for n, f in told.items() if not f.is_register})
    in_rows = persons.aggregate(
        **{n: _any(persons[n]) for n, fault in told.items() if not fault.is_register}
    )
    both = in_register.cross_join(in_rows)
    return both.select(*told)


def _persons(view: MinimalView, faults: dict[str, RowFault]) -> ir.Table:
    """Tell of each consenting person which faults its rows have."""
    table = rows_table(view.asset)
    names = dict.fromkeys((*(c.name for c in view.columns), *(f.column for f in view.population)))
    flags = [unreadable_name(name) for name in number_columns(view)]
    rows = table.select(
        **{PERSON: table[view.asset.person]}, **{n: table[n] for n in (*names, *flags)}
    )
    is_in = reduce(and_, (matches(rows, f) for f in view.population), ibis.literal(value=True))
    marked = rows.mutate(**{_IN_POPULATION: is_in.fill_null(ibis.literal(value=False))})
    kept = marked.semi_join(consenting_persons(view), PERSON)
    surplus = several_rows(view)
    found = {name: _any(_is_there(kept, f)) for name, f in faults.items() if f != surplus}
    counted = kept.group_by(PERSON).agg(**{_ROWS: kept[_IN_POPULATION].sum()}, **found)
    too_many = counted[_ROWS] > most_rows(view)
    return counted.mutate(**{name: too_many for name, fault in faults.items() if fault == surplus})


def _is_there(rows: ir.Table, fault: RowFault) -> ir.Value:
    value, is_in = rows[fault.column], rows[_IN_POPULATION]
    if fault.kind is UnreadableValueError:
        return rows[unreadable_name(fault.column)]
    readable = ~rows[unreadable_name(fault.column)]
    if fault.kind is MissingFeatureValueError:
        return is_in & readable & value.isnull()
    if fault.kind is NonFiniteFeatureError:
        return is_in & value.notnull() & ~is_finite(value)
    if fault.kind is InvalidLabelError:
        return is_in & readable & ~is_label(value)
    raise TypeError(f"expected a fault of rows, got {fault.kind.__name__}")


def _any(values: ir.Value) -> ir.Value:
    return values.any().fill_null(ibis.literal(value=False))
