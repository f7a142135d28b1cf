"""Seconds of the compiled consent filter beside hand-written SQL for the same persons.

    python bench/consent_filter.py [--rows 10000000] [--persons 1000000] [--check]

The compiled filter runs as the warehouse worker runs it, with the engine's unsafe
optimizer passes off; the other on the engine as it comes, with all of them on. They
take turns over one Parquet register, with two threads each. The need asks what real
policies ask: legal basis, notice, age with a guardian's word, and jurisdiction. Prints
one JSON line. `--check` ends with 1 if they differ, or if the median
of the compiled filter is above 1.5 times that of the hand-written semi and anti join.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "clients"), str(ROOT / "federation"), str(ROOT / "policies")]

import duckdb  # noqa: E402

from hanse_clients.data.consent_expression import consenting_persons  # noqa: E402
from hanse_clients.data.expression import compile_sql  # noqa: E402
from hanse_clients.data.source import WarehouseLimits  # noqa: E402
from hanse_clients.data.tables import open_tables  # noqa: E402
from hanse_clients.data.view import MinimalView, ViewUse  # noqa: E402
from hanse_policies.documents import (  # noqa: E402
    ConsentBasis,
    ConsentNeed,
    DataAsset,
    MinorsRule,
    Purpose,
)

LIMIT = 1.5
REPEATS = 5
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORDS = ("training", "audience", "measurement", "marketing")
BASES = (*("explicit-consent",) * 6, *("separate-consent",) * 2, "legitimate-interest", None)
NOTICES = (*("2026-05",) * 5, *("2026-01",) * 3, "2024-02", None)
AGE_BANDS = (*("adult",) * 15, "16-17", "14-15", "under-14", "unknown", None)
JURISDICTIONS = (*("DE", "FR", "NL") * 3, "US", None)

HAND_WRITTEN = """
WITH asked AS (SELECT * FROM brand_consent WHERE purpose = 'training'),
latest AS (
    SELECT person, max(granted) AS granted FROM asked WHERE granted <= $now GROUP BY person
)
SELECT count(*) FROM latest
WHERE NOT EXISTS (
    SELECT 1 FROM asked WHERE asked.person = latest.person AND (
        (asked.granted = latest.granted AND NOT (
            coalesce(asked.expires > $now, true) AND coalesce(asked.withdrawn > $now, true)
            AND coalesce(asked.synced BETWEEN $oldest AND $now, false)
            AND coalesce(asked.basis IN ('explicit-consent', 'separate-consent'), false)
            AND coalesce(asked.notice IN ('2026-01', '2026-05'), false)
            AND coalesce(asked.jurisdiction IN ('DE', 'FR', 'NL'), false)
            AND coalesce(
                asked.age_band IN ('16-17', 'adult')
                OR (asked.age_band IN ('under-14', '14-15') AND asked.guardian),
                false
            )
        ))
        OR asked.withdrawn BETWEEN latest.granted AND $now
    )
)
"""
"""What a careful analyst would write for the same rule."""


def write_register(folder: Path, rows: int, persons: int) -> None:
    """Write persons and a register in which each person has grants, some of them no good.

    Some are taken back, run out or old, some rest on a basis or a notice that the
    need does not accept, and of some the basis, notice, place or age is not known.
    Age and place are a person's, the rest is the row's.
    """
    people = "SELECT 'p' || i AS person, i * 1.0 AS spend FROM range(?) t(i)"
    register = f"""
        SELECT 'p' || n AS person, {picked(WORDS, "i")} AS purpose,
            g AS granted, CASE WHEN hash(i, 2) % 10 < 3 THEN g + INTERVAL 300 DAY END AS expires,
            CASE WHEN hash(i, 3) % 10 = 0 THEN g + INTERVAL 5 DAY END AS withdrawn,
            TIMESTAMP '2026-06-01 11:00:00' - to_hours((hash(i, 4) % 24)::INT) AS synced,
            {picked(BASES, "i, 5")} AS basis, {picked(NOTICES, "i, 6")} AS notice,
            {picked(AGE_BANDS, "n, 7")} AS age_band, hash(n, 8) % 2 = 0 AS guardian,
            {picked(JURISDICTIONS, "n, 9")} AS jurisdiction
        FROM (
            SELECT i, i % ? AS n,
                TIMESTAMP '2026-06-02' - to_minutes((hash(i, 1) % 1000000)::INT) AS g
            FROM range(?) t(i)
        )"""  # noqa: S608
    with duckdb.connect() as connection:
        people_file, register_file = folder / "people.parquet", folder / "register.parquet"
        connection.execute(f"COPY ({people}) TO '{people_file}'", [persons])
        connection.execute(f"COPY ({register}) TO '{register_file}'", [persons, rows])


def picked(words: Sequence[str | None], seed: str) -> str:
    """Write SQL that takes one of the words by a hash; None stands for what is not known."""
    listed = ", ".join("NULL" if word is None else f"'{word}'" for word in words)
    return f"list_value({listed})[1 + (hash({seed}) % {len(words)})::INT]"


def the_view() -> MinimalView:
    """Describe a view over the register, and a need that asks what real policies ask."""
    named = ("person", "purpose", "granted", "expires", "withdrawn", "synced")
    told = ("basis", "notice", "age_band", "guardian", "jurisdiction")
    asset = DataAsset.model_validate(
        {
            "kind": "DataAsset", "id": "people", "version": "1.0.0", "brand": "alder",
            "taxonomy": "fideslang-3.1.4",
            "source": {"format": "parquet", "path": "people.parquet"}, "person": "person",
            "columns": [{
                "name": "spend", "type": "number", "description": "Spend",
                "category": "user.behavior.purchase_history", "sensitivity": "ordinary",
                "retention_days": 365,
            }],
            "max_rows_per_person": 1,
            "consent": {name: name for name in (*named, *told)} | {
                "purposes": {"model-training": WORDS[0]},
                "source": {"format": "parquet", "path": "register.parquet"},
            },
        }
    )  # fmt: skip
    need = ConsentNeed(
        purpose=Purpose.MODEL_TRAINING,
        max_age_hours=24,
        bases=(ConsentBasis.EXPLICIT_CONSENT, ConsentBasis.SEPARATE_CONSENT),
        notices=("2026-01", "2026-05"),
        minors=MinorsRule(from_age=16, is_guardian_enough=True),
        jurisdictions=("DE", "FR", "NL"),
        recipients=("alder",),
        is_scope_needed=False,
    )
    return MinimalView(
        study="0" * 64, asset=asset, use=ViewUse.MEASUREMENT, columns=(), population=(),
        purpose_word=WORDS[0], now=NOW, need=need, row_salt="0" * 64,
    )  # fmt: skip


def timed(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[float, int]:
    """Run a count once; return seconds and the count."""
    start = time.perf_counter()
    ((count,),) = connection.execute(sql).fetchall()
    return time.perf_counter() - start, count


def measure(folder: Path) -> dict[str, object]:
    """Run both in turns and compare them."""
    view = the_view()
    persons = consenting_persons(view)
    ours = compile_sql(persons.aggregate(persons=persons.count()))
    hand = HAND_WRITTEN.replace("$now", "TIMESTAMP '2026-06-01 12:00:00'").replace(
        "$oldest", "TIMESTAMP '2026-05-31 12:00:00'"
    )
    seconds: dict[str, list[float]] = {"compiled": [], "hand_written": []}
    counts = set()
    limits = WarehouseLimits(threads=2, memory_mb=8192)
    with open_tables(view.asset, folder, limits) as locked, duckdb.connect() as plain:
        plain.execute("SET threads = 2")
        plain.read_parquet(str(folder / "register.parquet")).create_view("brand_consent")
        runs = (("compiled", locked, ours), ("hand_written", plain, hand))
        for turn in range(REPEATS + 1):
            for name, connection, sql in runs:
                took, count = timed(connection, sql)
                counts.add(count)
                if turn:
                    seconds[name].append(took)
    medians = {name: round(statistics.median(took), 3) for name, took in seconds.items()}
    return {
        **{f"{name}_seconds": took for name, took in medians.items()},
        "ratio": round(medians["compiled"] / medians["hand_written"], 3),
        "limit": LIMIT,
        "persons_found": sorted(counts),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_register(Path(folder), asked.rows, asked.persons)
        found = measure(Path(folder))
    print(json.dumps({"rows": asked.rows, "persons": asked.persons} | found))
    is_same = len(found["persons_found"]) == 1  # type: ignore[arg-type]
    is_fast = float(found["ratio"]) <= LIMIT  # type: ignore[arg-type]
    return 0 if not asked.check or (is_same and is_fast) else 1


if __name__ == "__main__":
    sys.exit(main())
