"""Write the reference pages from the code, or check that what is committed is current.

Rules: a page holds what the code says and nothing that a person typed beside
it; the same code gives the same bytes; `--check` writes nothing and ends with 1
when a page differs.

    python docs/generate_reference.py
    python docs/generate_reference.py --check
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from reference_generator import wire
from reference_generator.plain_codes import PACKAGES, PLAIN_CODES

from hanse_policies.command import installed_groups
from hanse_policies.reference import (
    commands,
    documents,
    errors,
    examples,
    lints,
    packs,
    rules,
    vocabulary,
)

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"


def fresh_pages() -> Mapping[str, str]:
    """Write every page from the code, by its path within `docs/reference`."""
    return {
        "commands.md": commands.page(installed_groups()),
        "errors.md": errors.page(PACKAGES, PLAIN_CODES),
        "lints.md": lints.page(),
        "packs.md": packs.page(),
        "examples.md": examples.page(),
        "rules.md": rules.page(),
        "vocabulary.md": vocabulary.page(),
        "wire.md": wire.page(ROOT / "protos" / "hanse_wire" / "v1"),
        **lints.pages(),
        **documents.pages(),
    }


def committed_pages(folder: Path) -> Mapping[str, str]:
    """Read the pages that lie in a folder, by their path within it."""
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def find_differences(fresh: Mapping[str, str], committed: Mapping[str, str]) -> tuple[str, ...]:
    """List the pages that are missing, left over or different, sorted."""
    names = fresh.keys() | committed.keys()
    return tuple(sorted(name for name in names if fresh.get(name) != committed.get(name)))


def write_pages(fresh: Mapping[str, str], names: tuple[str, ...], folder: Path) -> None:
    """Bring the named pages of a folder up to date; remove those that no longer exist."""
    for name in names:
        path = folder / name
        if name in fresh:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fresh[name], encoding="utf-8")
        else:
            path.unlink()


def main() -> int:
    """Generate, or with `--check` compare; return the exit status."""
    parser = argparse.ArgumentParser(description="Write docs/reference from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    arguments = parser.parse_args()
    fresh = fresh_pages()
    differences = find_differences(fresh, committed_pages(REFERENCE))
    if arguments.check:
        for name in differences:
            sys.stderr.write(f"docs/reference/{name} is not what the code says; run: make docs\n")
        return 1 if differences else 0
    write_pages(fresh, differences, REFERENCE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
