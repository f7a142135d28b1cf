"""Write the taxonomies that `hanse_policies` ships from the standards' own files, or compare.

Rules: names and trees are taken as the standard publishes them, and none is
made up; descriptions are not copied; the same sources give the same bytes;
`--check` writes nothing and ends with 1 when a file differs.

    git clone --branch dpv-2.3 https://github.com/w3c/dpv
    pip download --no-deps fideslang==3.1.4
    python policies/vocabulary/write_taxonomies.py --dpv dpv \
        --fideslang fideslang-3.1.4-py3-none-any.whl --check
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import dpv_source
import fideslang_source
from taxonomy_file import file_text

DATA = Path(__file__).resolve().parents[1] / "hanse_policies" / "taxonomy" / "data"


def fresh_files(dpv: Path, fideslang: Path) -> Mapping[str, str]:
    """Write every taxonomy as text, by the name of its file.

    Args:
        dpv: Working tree of w3c/dpv, which holds a folder for each version.
        fideslang: The wheel that PyPI serves.

    Returns:
        Text by file name.
    """
    taxonomies = (*dpv_source.read(dpv), fideslang_source.read(fideslang))
    return {f"{taxonomy.pin}.json": file_text(taxonomy) for taxonomy in taxonomies}


def differing(fresh: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """List the files of a folder that are missing, left over or different, sorted."""
    stored = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    names = fresh.keys() | stored.keys()
    return tuple(sorted(name for name in names if fresh.get(name) != stored.get(name)))


def main() -> int:
    """Write, or with `--check` compare; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the taxonomies from their sources.")
    parser.add_argument("--dpv", type=Path, required=True, help="working tree of w3c/dpv")
    parser.add_argument("--fideslang", type=Path, required=True, help="wheel of fideslang")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    arguments = parser.parse_args()
    fresh = fresh_files(arguments.dpv, arguments.fideslang)
    names = differing(fresh, DATA)
    if arguments.check:
        for name in names:
            sys.stderr.write(f"{name} is not what the sources say\n")
        return 1 if names else 0
    for name in names:
        if name in fresh:
            (DATA / name).write_text(fresh[name], encoding="utf-8")
        else:
            (DATA / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
