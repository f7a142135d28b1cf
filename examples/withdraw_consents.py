"""Have some of a shop's invented customers withdraw their consents now, for a how-to page.

    python withdraw_consents.py lantern 12

It rewrites `consent.csv` as a consent tool would: the rows stay, with the instant of the
withdrawal in them. So a brand can tell later whose consent it had used.
"""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path


def withdraw(register: Path, customers: int, now: datetime) -> int:
    """Withdraw every consent of the first customers who have one; return how many they are."""
    with register.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames or (), list(reader)
    consenting = (row["customer_id"] for row in rows if not row["withdrawn_at"])
    leaving = set(list(dict.fromkeys(consenting))[:customers])
    for row in rows:
        if row["customer_id"] in leaving and not row["withdrawn_at"]:
            row["withdrawn_at"] = now.isoformat(timespec="seconds")
    whole = register.with_suffix(".partial")
    with whole.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    whole.replace(register)
    return len(leaving)


if __name__ == "__main__":
    folder, wanted = Path(sys.argv[1]), int(sys.argv[2])
    found = withdraw(folder / "consent.csv", wanted, datetime.now(UTC))
    print(f"{folder}: {found} invented customers withdrew their consents")
