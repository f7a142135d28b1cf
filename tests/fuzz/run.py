"""Fuzz the loader of documents for a while: `make fuzz`.

Ends with 0 when nothing was found and with 1 on a finding, after printing the
input that did it; what was mended keeps its input in `test_loading_property.py`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.yaml_nastiness import NASTY_TOKENS, SEEDS
from tests.support.yaml_traps import SAMPLES, TRAPS

LONGEST_BYTES = 5000


def main() -> int:
    """Build the seeds, run the fuzzer in a process of its own, and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=0, help="0 takes another one each time")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus, dictionary = folder / "corpus", folder / "tokens.dict"
        write_corpus(corpus)
        dictionary.write_text("".join(f'"{escaped(token)}"\n' for token in NASTY_TOKENS))
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz.loading", str(corpus)),
                *(f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}"),
                *(f"-max_len={LONGEST_BYTES}", "-timeout=20", "-print_final_stats=1"),
                *(f"-dict={dictionary}", f"-artifact_prefix={folder}/finding-"),
            ],
            check=False,
            capture_output=True,
        )
        return report(ended.returncode, ended.stdout + ended.stderr, folder)


def write_corpus(corpus: Path) -> None:
    """Write the samples, the traps and the valid writing beside each as files to begin from."""
    corpus.mkdir()
    texts = list(SEEDS)
    for trap in TRAPS:
        sample = (SAMPLES / trap.sample).read_text()
        texts += [sample.replace(trap.old, new, 1) for new in (trap.bad, trap.good)]
    for number, text in enumerate(texts):
        (corpus / f"seed-{number}").write_bytes(text.encode()[:LONGEST_BYTES])


def escaped(token: str) -> str:
    """Write a token as libFuzzer's dictionaries do: every byte as two digits."""
    return "".join(f"\\x{byte:02x}" for byte in token.encode(errors="surrogatepass"))


def report(status: int, output: bytes, folder: Path) -> int:
    """Print what was run and what was found; return the exit status."""
    text = output.decode(errors="replace")
    executed = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", text)
    for path in sorted(folder.glob("finding-*")):
        sys.stdout.write(f"{text[-6000:]}\nfound by {path.name}: {path.read_bytes()!r}\n")
        return 1
    if status != 0 or not executed or not covered:
        sys.stdout.write(f"{text[-6000:]}\nthe fuzzer itself failed with status {status}\n")
        return 1
    edges, features = covered[-1]
    sys.stdout.write(
        f"nothing found: {executed[-1]} executions, {edges} edges and {features} features covered\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
