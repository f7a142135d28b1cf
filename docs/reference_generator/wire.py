"""`wire.md`: every message, enum and service of the .proto files, with its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hanse_policies.reference.markdown import document, table

INTRODUCTION = """
All that crosses between a brand and the operator, package `hanse_wire.v1`, over mutual TLS 1.3.
Nothing else is sent, and nothing else is accepted. Brands dial out and listen on no port.
"""

_COMMENT = re.compile(r"^\s*//\s?(.*)$")
_BLOCK = re.compile(r"^(message|enum|service) (\w+) \{(\})?$")
_FIELD = re.compile(r"^\s+((?:repeated )?[\w.]+) (\w+) = (\d+);$")
_VALUE = re.compile(r"^\s+([A-Z][A-Z0-9_]*) = (\d+);$")
_RPC = re.compile(r"^\s+rpc (\w+)\((.+?)\) returns \((.+?)\);$")

FILES = {
    "messages": "Messages of a run",
    "aggregation": "Steps of secure aggregation",
    "link": "The link",
    "brand_desk": "A brand's desk",
    "operator_desk": "The operator's desk",
}


def page(folder: Path) -> str:
    """Write the page from the .proto files of a folder."""
    parts = [INTRODUCTION]
    for stem, title in FILES.items():
        parts += [f"## {title}", f"`protos/hanse_wire/v1/{stem}.proto`"]
        parts += _file((folder / f"{stem}.proto").read_text(encoding="utf-8"))
    return document("The wire", parts)


def _file(text: str) -> Iterator[str]:
    comment: list[str] = []
    rows: list[tuple[str, ...]] = []
    for line in text.splitlines():
        if found := _COMMENT.match(line):
            comment.append(found[1])
            continue
        if line.startswith("package"):
            yield _prose(comment)
        elif block := _BLOCK.match(line):
            yield f"### {block[2]}"
            yield " ".join([*comment, *(["Empty."] if block[3] else [])])
            rows = []
        elif row := _row(line, " ".join(comment)):
            rows.append(row)
        elif line == "}" and rows:
            yield table(_headings(rows), rows)
            rows = []
        comment = []


def _row(line: str, told: str) -> tuple[str, ...] | None:
    if field := _FIELD.match(line):
        return field[3], f"`{field[2]}`", field[1], told
    if value := _VALUE.match(line):
        return value[2], f"`{value[1]}`", told
    if rpc := _RPC.match(line):
        return f"`{rpc[1]}`", rpc[2], rpc[3], told
    return None


def _headings(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    if len(rows[0]) == 3:
        return "number", "value", "meaning"
    if rows[0][0].startswith("`"):
        return "call", "request", "response", "meaning"
    return "number", "field", "type", "meaning"


def _prose(lines: list[str]) -> str:
    """Keep paragraphs, and lines that are indented as a block of fixed width."""
    text: list[str] = []
    for line in lines:
        fixed = line.startswith("  ")
        before = text[-1] if text else ""
        if fixed and before and not before.startswith("    "):
            text.append("")
        text.append(f"  {line}" if fixed else line)
    return "\n".join(text)
