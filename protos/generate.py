"""Generate the Python code of the wire format, or check that what is committed is current.

Rules: the code comes from the pinned grpcio-tools in an environment of its own,
because newer ones emit code that the protobuf allowed by Flower rejects at
import; `--check` writes nothing and exits with 1 when a file differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PACKAGE = Path("hanse_wire/v1")
TOOLS = "grpcio-tools==1.78.0"
PINS = ("grpcio==1.78.0", "protobuf==6.33.6", "setuptools==80.9.0")
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py")


def prepare_tools(folder: Path) -> Path:
    """Install the pinned compiler into `folder` and return its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run([*install, TOOLS, *PINS], check=True)
    return python


def generate(python: Path, target: Path) -> None:
    """Compile every .proto file into `target`, laid out as the sources are."""
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / PACKAGE).glob("*.proto"))
    target.mkdir(parents=True, exist_ok=True)
    outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
    compiler = [str(python), "-m", "grpc_tools.protoc", "--proto_path=.", *outputs]
    subprocess.run([*compiler, *sources], check=True, cwd=ROOT)


def read_generated(folder: Path) -> dict[str, bytes]:
    """Read the generated files of `folder`, by name."""
    files = (path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    return {path.name: path.read_bytes() for path in files}


def find_differences(fresh: dict[str, bytes], committed: dict[str, bytes]) -> tuple[str, ...]:
    """List the files that are missing, left over or different, sorted."""
    names = fresh.keys() | committed.keys()
    return tuple(sorted(n for n in names if fresh.get(n) != committed.get(n)))


def main() -> int:
    """Generate, or with `--check` compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    parser.add_argument("--python", type=Path, help="interpreter that has the pinned grpcio-tools")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        python = arguments.python or prepare_tools(folder / "tools")
        generate(python.absolute(), folder / "generated")
        fresh = read_generated(folder / "generated" / PACKAGE)
        committed = read_generated(ROOT / PACKAGE)
        differences = find_differences(fresh, committed)
        if arguments.check:
            for difference in differences:
                sys.stderr.write(f"protos/{PACKAGE}/{difference} is not what the sources give\n")
            return 1 if differences else 0
        for name in differences:
            path = ROOT / PACKAGE / name
            if name in fresh:
                path.write_bytes(fresh[name])
            else:
                path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
