"""Run the `console` blocks of a page, in order, in one shell, and compare what they print.

Rules of a block: a line that begins with `$ ` is a command, a line after it that
begins with `> ` continues it; the other lines are what it prints, in order. `...`
stands for anything, within a line or as lines of its own; what the page leaves
out may be there. A command must end with 0 unless `$ echo $?` follows it; one that
does not is the last that is run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "::console-step::"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    command: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    step: Step
    output: str
    status: int

    def missing(self) -> tuple[str, ...]:
        """List the expected lines that did not come, each after the one before it."""
        lines = [" ".join(line.split()) for line in self.output.splitlines()]
        absent, place = [], 0
        for wanted in self.step.expected:
            found = next((i for i in range(place, len(lines)) if _matches(wanted, lines[i])), None)
            if found is None:
                absent.append(wanted)
            else:
                place = found + 1
        return tuple(absent)


def steps_of(page: str) -> tuple[Step, ...]:
    """Read the commands of a page and what each is said to print."""
    commands: list[tuple[str, list[str]]] = []
    for block in _BLOCK.findall(page):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif line.startswith("> ") and commands and not commands[-1][1]:
                commands[-1] = (f"{commands[-1][0]}\n{line[2:]}", [])
            elif line.strip() not in {"", "..."}:
                commands[-1][1].append(line)
    return tuple(Step(command, tuple(expected)) for command, expected in commands)


def run_steps(
    steps: tuple[Step, ...], folder: Path, variables: dict[str, str], timeout: float
) -> tuple[Outcome, ...]:
    """Run the commands in one shell in a folder; whatever they start is ended."""
    script = ["set -m", "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT", "status=0"]
    for number, step in enumerate(steps):
        script += [
            f"echo {shlex.quote(f'{MARK}{number}')}",
            f"(exit $status)\n{step.command}",
            "status=$?",
            f"echo {shlex.quote(f'{MARK}status ')}$status",
        ]
        if not _is_status_shown(steps, number):
            script.append("[ $status = 0 ] || exit $status")
    transcript = folder / "transcript"
    with transcript.open("w", encoding="utf-8") as output:
        shell = subprocess.Popen(
            ["bash", "-c", "\n".join(script)],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200", "TERM": "dumb", **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            shell.wait(timeout)
        except subprocess.TimeoutExpired:
            _end_all(shell)
    return _outcomes(steps, transcript.read_text(encoding="utf-8"))


def _end_all(shell: subprocess.Popen[bytes]) -> None:
    """End a shell that takes too long, with all that it started."""
    started = psutil.Process(shell.pid).children(recursive=True)
    shell.kill()
    for process in started:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    shell.wait()


def failures(outcomes: tuple[Outcome, ...], steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Say in words which commands did not do what the page says."""
    told = [f"not run: {step.command}" for step in steps[len(outcomes) :]]
    for number, outcome in enumerate(outcomes):
        if outcome.status != 0 and not _is_status_shown(steps, number):
            told.append(f"{outcome.step.command}\nended with {outcome.status}:\n{outcome.output}")
        told += [
            f"{outcome.step.command}\ndid not print `{line}` but:\n{outcome.output}"
            for line in outcome.missing()
        ]
    return tuple(told)


def _is_status_shown(steps: tuple[Step, ...], number: int) -> bool:
    """Tell whether the page shows what a command ends with."""
    return number + 1 < len(steps) and steps[number + 1].command == "echo $?"


def _outcomes(steps: tuple[Step, ...], transcript: str) -> tuple[Outcome, ...]:
    outcomes = []
    for number, step in enumerate(steps):
        start, end = f"{MARK}{number}\n", f"{MARK}status "
        if start not in transcript:
            break
        rest = transcript.split(start, 1)[1]
        output, _, after = rest.partition(end)
        status = int(after.split(maxsplit=1)[0]) if after.strip() else 1
        outcomes.append(Outcome(step, output, status))
    return tuple(outcomes)


def _matches(wanted: str, line: str) -> bool:
    words = " ".join(wanted.split())
    pieces = [re.escape(piece) for piece in re.split(r" ?\.\.\. ?", words)]
    return re.fullmatch(".*".join(pieces), line) is not None
