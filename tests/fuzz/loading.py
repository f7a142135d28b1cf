"""The loader under a fuzzer that follows coverage; `tests.fuzz.run` starts it.

Atheris sees the branches of the loader and of the YAML parser below it. Whatever
it makes up must hold what `yaml_oracle` states; anything else ends the process.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["hanse_policies", "ruamel.yaml"]):
    import hanse_policies.kinds
    import hanse_policies.loading  # noqa: F401 - imported here to be instrumented
    from tests.support.yaml_oracle import check_bytes


def main() -> None:
    """Fuzz until the time on the command line is over, or a promise is broken."""
    with tempfile.TemporaryDirectory() as folder:
        atheris.Setup(sys.argv, lambda data: check_bytes(data, Path(folder)) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
