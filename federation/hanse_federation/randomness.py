"""Where random bits come from. Whoever needs them is handed a `Randomness`.

Rules: production uses `SystemRandomness`, an AES-256-CTR stream keyed by the
operating system's generator, keyed anew about every 64 MiB and in every forked
child; no seed of fewer than 256 bits ever stands behind noise that protects a
person. `SeededRandomness` exists for tests and says so.
"""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Protocol

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from numpy.typing import NDArray

KEY_BYTES = 32
NONCE_BYTES = 16
REKEY_AFTER_BYTES = 1 << 26
"""At most twice this, 2^23 AES blocks, come from one key: they differ from uniform
bits by at most 2^46 / 2^129 = 2^-83 as far as blocks not repeating goes."""

_CHUNK_BYTES = 1 << 16
_ZEROS = bytes(_CHUNK_BYTES)


class Randomness(Protocol):
    """A source of independent, uniform bits."""

    def random_bytes(self, count: int) -> bytes:
        """Return `count` uniform bytes."""
        ...

    def words(self, count: int) -> NDArray[np.uint64]:
        """Return `count` uniform 64-bit words, shape (count,)."""
        ...


class _KeyStream:
    """AES-256-CTR over zeros: the bytes of one key."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self._encryptor: CipherContext = Cipher(
            algorithms.AES256(key), modes.CTR(nonce)
        ).encryptor()
        self.produced = 0

    def fill(self, out: memoryview) -> None:
        """Overwrite `out`, a writable view of bytes, with the next bytes of the stream."""
        for start in range(0, len(out), _CHUNK_BYTES):
            piece = out[start : start + _CHUNK_BYTES]
            self._encryptor.update_into(_ZEROS[: len(piece)], piece)
        self.produced += len(out)


_forks = 0


def _count_fork() -> None:
    global _forks  # noqa: PLW0603 - the count belongs to the process, not to an object
    _forks += 1


os.register_at_fork(after_in_child=_count_fork)


class SystemRandomness:
    """The generator for production.

    Each thread has a stream of its own, so no lock is held while a process
    forks; a child never continues its parent's stream.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def random_bytes(self, count: int) -> bytes:
        """Return `count` uniform bytes."""
        out = bytearray(count)
        self._fill(memoryview(out))
        return bytes(out)

    def words(self, count: int) -> NDArray[np.uint64]:
        """Return `count` uniform 64-bit words, shape (count,)."""
        out = np.empty(count, dtype=np.uint64)
        if count:
            self._fill(out.data.cast("B"))
        return out

    def _fill(self, out: memoryview) -> None:
        for start in range(0, len(out), REKEY_AFTER_BYTES):
            self._stream().fill(out[start : start + REKEY_AFTER_BYTES])

    def _stream(self) -> _KeyStream:
        stream: _KeyStream | None = getattr(self._local, "stream", None)
        stale = stream is None or self._local.forks != _forks
        if stream is None or stale or stream.produced >= REKEY_AFTER_BYTES:
            stream = _KeyStream(os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES))
            self._local.stream = stream
            self._local.forks = _forks
        return stream


class SeededRandomness:
    """UNSAFE FOR PRODUCTION: whoever knows or guesses the seed can take the noise away.

    For tests and rehearsals only. The same seed gives the same bits on every platform.
    """

    def __init__(self, seed: int) -> None:
        key = hashlib.sha256(b"hanse unsafe seeded randomness\0" + str(seed).encode()).digest()
        self._stream = _KeyStream(key, bytes(NONCE_BYTES))
        self._lock = threading.Lock()

    def random_bytes(self, count: int) -> bytes:
        """Return the next `count` bytes of the seeded stream."""
        out = bytearray(count)
        with self._lock:
            self._stream.fill(memoryview(out))
        return bytes(out)

    def words(self, count: int) -> NDArray[np.uint64]:
        """Return the next `count` 64-bit words of the seeded stream, shape (count,)."""
        return np.frombuffer(self.random_bytes(8 * count), dtype="<u8").astype(np.uint64)
