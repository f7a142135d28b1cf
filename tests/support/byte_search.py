"""Looks for values in files and in the memory of other processes, byte by byte.

A number is looked for as a program would hold it: as Python's own integer, as 64
bits of integer or floating point, and written out in decimal; in files also in
four bytes. Four bytes are met by chance once in four billion places, so in
memory, which has more than a hundred million, they would prove nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOW = 8
"""So many elements in a row are a vector's own."""
LEAST_DIGITS = 6
OBJECT_HEADER_BYTES = 16
"""Reference count and type, before a Python integer's own bytes."""

PART_BYTES = 2**20
KEY_BYTES = 8
HASH_BITS = 20


@dataclass(frozen=True, slots=True)
class Needle:
    """A value's bytes, and what they stand for."""

    name: str
    content: bytes


def number(name: str, value: int) -> list[Needle]:
    """Encode a number in every way of eight bytes or more, or in digits."""
    if len(str(abs(value))) < LEAST_DIGITS:
        raise ValueError(f"expected a number of at least {LEAST_DIGITS} digits for {name}")
    own = ctypes.string_at(
        id(value) + OBJECT_HEADER_BYTES, value.__sizeof__() - OBJECT_HEADER_BYTES
    )
    return [
        Needle(f"{name} as Python holds it", own),
        Needle(f"{name} as int64", struct.pack("<q", value)),
        Needle(f"{name} as big-endian int64", struct.pack(">q", value)),
        Needle(f"{name} as float64", struct.pack("<d", value)),
        Needle(f"{name} in digits", str(value).encode()),
    ]


def short_number(name: str, value: int) -> list[Needle]:
    """Encode a number in four bytes."""
    return [
        Needle(f"{name} as int32", struct.pack("<i", value)),
        Needle(f"{name} as big-endian int32", struct.pack(">i", value)),
        Needle(f"{name} as float32", struct.pack("<f", value)),
    ]


def vector(name: str, values: NDArray[np.generic]) -> list[Needle]:
    """Every run of `WINDOW` elements, as they lie in memory."""
    count = max(1, len(values) - WINDOW + 1)
    return [
        Needle(f"{name}[{start}:{start + WINDOW}]", values[start : start + WINDOW].tobytes())
        for start in range(count)
    ]


def distinct(needles: Iterable[Needle]) -> list[Needle]:
    """Drop what is met anywhere: runs of one and the same element."""
    return [each for each in needles if len(set(each.content)) > 3]


def found_in(hay: bytes, needles: Iterable[Needle], place: str = "memory") -> list[str]:
    """Name the needles whose bytes are anywhere in `hay`.

    Those of eight bytes or more are looked for all at once: by eight bytes of each, at
    every offset, and where these are met by the whole.
    """
    names = set()
    by_key: dict[int, list[tuple[int, Needle]]] = {}
    for needle in needles:
        if len(needle.content) < KEY_BYTES:
            if needle.content in hay:
                names.add(f"{needle.name} in {place}")
            continue
        offset = _rarest(needle.content)
        key = int.from_bytes(needle.content[offset : offset + KEY_BYTES], "little")
        by_key.setdefault(key, []).append((offset, needle))
    for position, key in _places(hay, np.array(sorted(by_key), dtype="<u8")):
        for offset, needle in by_key[key]:
            start = position - offset
            if start >= 0 and hay[start : start + len(needle.content)] == needle.content:
                names.add(f"{needle.name} in {place}")
    return sorted(names)


def _rarest(content: bytes) -> int:
    """Choose where in a needle its key is: the eight bytes with most values that say much."""
    starts = range(len(content) - KEY_BYTES + 1)
    return max(starts, key=lambda start: len(set(content[start : start + KEY_BYTES]) - {0, 255}))


def _places(hay: bytes, keys: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Tell each position in `hay` where one of the keys, sorted, begins."""
    if not len(keys) or len(hay) < KEY_BYTES:
        return
    is_hash = np.zeros(1 << HASH_BITS, dtype=np.bool_)
    is_hash[_hashes(keys)] = True
    for shift in range(KEY_BYTES):
        count = max(0, (len(hay) - shift) // KEY_BYTES)
        words = np.frombuffer(hay, dtype="<u8", count=count, offset=shift)
        for start in range(0, count, PART_BYTES):
            part = words[start : start + PART_BYTES]
            near = np.flatnonzero(is_hash[_hashes(part)])
            at = np.minimum(np.searchsorted(keys, part[near]), len(keys) - 1)
            for index in near[keys[at] == part[near]]:
                yield (start + int(index)) * KEY_BYTES + shift, int(part[index])


def _hashes(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - HASH_BITS)


def found_under(folder: Path, needles: Iterable[Needle]) -> list[str]:
    """Name the needles whose bytes are in any file of a folder."""
    held = list(needles)
    return [
        name
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for name in found_in(path.read_bytes(), held, str(path.relative_to(folder)))
    ]


def memory_of(pid: int) -> bytes:
    """Stop a process, read all memory that it may write to, and let it go on."""
    os.kill(pid, signal.SIGSTOP)
    try:
        return b"".join(_written_memory(pid))
    finally:
        os.kill(pid, signal.SIGCONT)


def _written_memory(pid: int) -> Iterator[bytes]:
    maps = Path(f"/proc/{pid}/maps").read_text()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps.splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if found is None:
                continue
            start, end = (int(each, 16) for each in found.groups())
            for place in range(start, end, PART_BYTES):
                # What is mapped but not there, as beyond a file's end, nobody can read.
                with contextlib.suppress(OSError):
                    memory.seek(place)
                    part = memory.read(min(PART_BYTES, end - place))
                    if part.count(0) < len(part):
                        yield part
