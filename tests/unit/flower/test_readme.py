from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import hanse_flower

ROOT = Path(hanse_flower.__file__).parents[2]


def test_example_of_the_readme_runs_and_prints_what_it_says() -> None:
    text = (ROOT / "flower" / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    parts = ("policies", "federation", "flower", "protos")
    prelude = f"import sys; sys.path[:0] = {[str(ROOT / part) for part in parts]!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True
    )
    expected = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert done.stdout.splitlines() == expected
    assert done.stderr == ""
