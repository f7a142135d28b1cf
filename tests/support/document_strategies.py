"""Random valid documents of any class, drawn from the fields that the class declares.

A class's own rules across fields are kept by drawing again, part by part, so a new
document class needs nothing here unless its rules are hard to meet by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import AwareDatetime, JsonValue, ValidationError

from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.opinion import LONGEST_OPINION_DAYS, CounselOpinion
from hanse_policies.documents.withdrawal import PersonsAtMost, ReleaseConsequence, Withdrawal
from hanse_policies.documents.withdrawal_rules import ModelConsequence
from hanse_policies.visible_text import line_fault

T = TypeVar("T", bound=StrictModel)

WORDS = (
    "NO", "yes", "~", "null", "12", "1e-8", "0x1F", "1:30", "2026-01-31", "2026-01-31T08:00:00Z",
    "a: b", "a #b", "- a", "[a]", "{a}", "'", '"', "\\", "<<", "=", "!", "&a", "*a", "%", "@", "`",
    "|", ">", "?", ":", ",", "\u5496\u5561\uff08\u96c6\u56e2\uff09", "\u041e\u041e\u041e",
    "Caf\u00e9", "\U00020bb7", "...", "---", ".inf", "true", "",
)  # fmt: skip
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)  # noqa: DTZ001


@cache
def documents(model: type[T]) -> st.SearchStrategy[T]:
    """Draw documents of a class, each field that has a default left out at times."""
    needed: dict[str, st.SearchStrategy[object]] = {}
    optional: dict[str, st.SearchStrategy[object]] = {}
    for name, field in model.model_fields.items():
        values = _values(field.annotation, tuple(field.metadata))
        (needed if field.is_required() else optional)[name] = values
    drawn = st.fixed_dictionaries(needed, optional=optional)
    if model is CounselOpinion:
        lives = st.timedeltas(timedelta(seconds=1), timedelta(days=LONGEST_OPINION_DAYS))
        drawn = st.tuples(drawn, lives).map(_limited)
    elif model in SHAPED:
        drawn = drawn.map(SHAPED[model])
    return drawn.map(lambda fields: _built(model, fields)).filter(bool).map(lambda m: cast(T, m))


def _limited(drawn: tuple[dict[str, object], timedelta]) -> dict[str, object]:
    """Let an opinion end within the time that one may hold."""
    fields, life = drawn
    return fields | {"expires": cast(datetime, fields["dated"]) + life}


def _rounded(fields: dict[str, object]) -> dict[str, object]:
    """Round a number of persons up as it says."""
    step, most = cast(int, fields["rounded_up_to"]), cast(int, fields["at_most"])
    return fields | {"at_most": max(most // step, 1) * step}


def _ended(fields: dict[str, object]) -> dict[str, object]:
    """Put the instants of a withdrawal in order, and name each purpose once."""
    names = ("after", "before", "purge_by")
    instants = sorted(cast(datetime, fields[name]) for name in names)
    purposes = tuple(dict.fromkeys(cast("tuple[object, ...]", fields["purposes"])))
    return fields | dict(zip(names, instants, strict=True)) | {"purposes": purposes}


def _consistent(fields: dict[str, object]) -> dict[str, object]:
    """Let a consequence state its evidence or its due date, as its kind asks."""
    is_kept = fields["consequence"] is ModelConsequence.KEEP_WITH_EVIDENCE
    return fields | ({"due": None} if is_kept else {"evidence": None})


SHAPED: Mapping[type[StrictModel], Callable[[dict[str, object]], dict[str, object]]] = {
    PersonsAtMost: _rounded,
    Withdrawal: _ended,
    ReleaseConsequence: _consistent,
}
"""Classes whose own rules chance alone would seldom meet."""


def _built(model: type[T], fields: dict[str, object]) -> T | None:
    try:
        return model.model_validate(fields)
    except ValidationError:
        return None


def _values(annotation: Any, metadata: tuple[object, ...]) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(inner[0], (*inner[1:], *metadata))
    if origin in {Union, UnionType}:
        return st.one_of(*(_values(each, ()) for each in inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return _lists(inner[0], metadata)
    if origin is dict:
        return st.dictionaries(_values(inner[0], ()), _values(inner[1], ()), min_size=1, max_size=3)
    return _plain_values(annotation, metadata)


def _plain_values(annotation: Any, metadata: tuple[object, ...]) -> st.SearchStrategy[Any]:
    known: dict[object, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        bool: st.booleans(),
        AwareDatetime: INSTANTS,
        datetime: INSTANTS,
        JsonValue: _json_values(),
    }
    if annotation in known:
        return known[annotation]
    if annotation is str:
        return _texts(metadata)
    if annotation in {int, float}:
        return _numbers(annotation, metadata)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    assert issubclass(annotation, StrictModel), f"no strategy for {annotation}"
    return st.deferred(lambda: documents(annotation))


def _json_values() -> st.SearchStrategy[Any]:
    plain = st.none() | st.booleans() | _numbers(int, (Ge(1 - 2**53), Le(2**53 - 1))) | _texts(())
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=3)
        ),
        max_leaves=5,
    )


def _lists(item: Any, metadata: tuple[object, ...]) -> st.SearchStrategy[tuple[object, ...]]:
    least = int(_bound(metadata, MinLen, "min_length") or 0)
    lists = st.lists(_values(item, ()), min_size=least, max_size=least + 3)
    numbers = item is float or (get_origin(item) is Annotated and get_args(item)[0] is float)
    return lists.map(lambda values: tuple(sorted(set(values)) if numbers else values))


def _texts(metadata: tuple[object, ...]) -> st.SearchStrategy[str]:
    longest = int(_bound(metadata, MaxLen, "max_length") or 100)
    pattern = _bound(metadata, (), "pattern")
    if pattern is not None:
        return st.from_regex(str(pattern), fullmatch=True).filter(
            lambda text: len(text) <= longest and text.isascii() and not text.endswith("\n")
        )
    words = st.sampled_from(WORDS) | st.text(max_size=min(longest, 12))
    lines = st.lists(words, min_size=1, max_size=4).map(" ".join)
    return lines.filter(lambda text: 0 < len(text) <= longest and line_fault(text) is None)


def _numbers(kind: type, metadata: tuple[object, ...]) -> st.SearchStrategy[float]:
    at_least, above = _bound(metadata, Ge, "ge"), _bound(metadata, Gt, "gt")
    at_most, below = _bound(metadata, Le, "le"), _bound(metadata, Lt, "lt")
    if kind is int:
        return st.integers(cast(int, at_least), cast(int, at_most))
    low, high = (at_least if above is None else above), (at_most if below is None else below)
    floats = st.floats(
        cast("float | None", low),
        cast("float | None", high),
        exclude_min=above is not None,
        exclude_max=below is not None,
        allow_nan=False,
        allow_infinity=False,
    )
    return floats.map(lambda value: value + 0.0)  # no signed zero, which has no canonical form


def _bound(metadata: Sequence[object], kind: Any, name: str) -> object:
    """Find a bound, whether pydantic keeps it as its own or as `annotated_types` do."""
    for part in metadata:
        nested = getattr(part, "metadata", None)
        if nested:
            found = _bound(nested, kind, name)
            if found is not None:
                return found
        if getattr(part, name, None) is not None:
            return cast(object, getattr(part, name))
    return None
