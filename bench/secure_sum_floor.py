"""The least that a secure sum with drop-outs can cost, and no protocol to use.

The work of the textbook protocol without anything that makes it safe against a
server that lies: X25519 agreements, AES-128-CTR masks modulo 2^32 made and added
block by block, one Shamir-shared seed and one Shamir-shared key a brand over the
prime 2^521 - 1 with threshold 60 %, shares in AES-GCM. No identities, no signatures,
no commitment, no checks, no transport. UNSAFE: a yardstick for processor time.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from bench.secure_sum_costs import Clocks, Costs

PRIME = 2**521 - 1
SHARE_BYTES = 66
BLOCK = 1 << 16
RANGE = 8.0
STEPS = 2.0**18
"""Steps in one unit: a range of 16 in 2^22 steps."""

_ZEROS = bytes(4 * BLOCK)


def _derive(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 16, None, info).derive(secret)


class _Stream:
    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        self._buffer = np.empty(4 * BLOCK + 16, np.uint8)

    def block(self, length: int) -> NDArray[np.uint32]:
        self._encryptor.update_into(memoryview(_ZEROS)[: 4 * length], self._buffer.data)
        return self._buffer[: 4 * length].view(np.uint32)


def _apply(vector: NDArray[np.uint32], signed_keys: Iterable[tuple[int, bytes]]) -> None:
    streams = [(sign, _Stream(key)) for sign, key in signed_keys]
    for start in range(0, len(vector), BLOCK):
        block = vector[start : start + BLOCK]
        for sign, stream in streams:
            (np.add if sign > 0 else np.subtract)(block, stream.block(len(block)), out=block)


def _split(secret: bytes, threshold: int, points: Sequence[int]) -> dict[int, int]:
    coefficients = [int.from_bytes(secret, "big")]
    coefficients += [secrets.randbelow(PRIME) for _ in range(threshold - 1)]
    shares = {}
    for x in points:
        value = 0
        for coefficient in reversed(coefficients):
            value = (value * x + coefficient) % PRIME
        shares[x] = value
    return shares


def _join(shares: dict[int, int], threshold: int) -> bytes:
    used = list(shares.items())[:threshold]
    total = 0
    for i, (x, value) in enumerate(used):
        above = below = 1
        for j, (other, _) in enumerate(used):
            if i != j:
                above = above * -other % PRIME
                below = below * (x - other) % PRIME
        total = (total + value * above * pow(below, -1, PRIME)) % PRIME
    return total.to_bytes(32, "big")


def _encode(values: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.uint32]:
    steps = np.clip(values, -RANGE, RANGE).astype(np.float32)
    steps *= STEPS
    steps += generator.random(len(steps), dtype=np.float32)
    return np.floor(steps, out=steps).astype(np.int32).view(np.uint32)


@dataclass(slots=True)
class _Brand:
    place: int
    threshold: int
    mask_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    seal_key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    seed: bytes = field(default_factory=lambda: os.urandom(32))
    peers: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    boxes: dict[int, AESGCM] = field(default_factory=dict)
    shares: dict[int, tuple[int, int]] = field(default_factory=dict)

    def public(self) -> tuple[bytes, bytes]:
        keys = (self.mask_key, self.seal_key)
        mask, seal = (key.public_key().public_bytes_raw() for key in keys)
        return mask, seal

    def share(self, peers: dict[int, tuple[bytes, bytes]]) -> dict[int, bytes]:
        self.peers = peers
        points = [*(peer + 1 for peer in peers), self.place + 1]
        seeds = _split(self.seed, self.threshold, points)
        keys = _split(self.mask_key.private_bytes_raw(), self.threshold, points)
        self.shares[self.place] = seeds[self.place + 1], keys[self.place + 1]
        sealed = {}
        for peer, (_, public) in peers.items():
            secret = self.seal_key.exchange(X25519PublicKey.from_public_bytes(public))
            self.boxes[peer] = AESGCM(_derive(secret, b"box"))
            both = (seeds[peer + 1], keys[peer + 1])
            text = b"".join(value.to_bytes(SHARE_BYTES, "big") for value in both)
            nonce = os.urandom(12)
            sealed[peer] = nonce + self.boxes[peer].encrypt(nonce, text, None)
        return sealed

    def mask(self, values: NDArray[np.float32], inbox: dict[int, bytes]) -> NDArray[np.uint32]:
        for peer, sealed in inbox.items():
            text = self.boxes[peer].decrypt(sealed[:12], sealed[12:], None)
            seed, key = text[:SHARE_BYTES], text[SHARE_BYTES:]
            self.shares[peer] = int.from_bytes(seed, "big"), int.from_bytes(key, "big")
        vector = _encode(values, np.random.default_rng())
        keys = [(1, _derive(self.seed, b"self"))]
        for peer in inbox:
            secret = self.mask_key.exchange(X25519PublicKey.from_public_bytes(self.peers[peer][0]))
            keys.append((1 if self.place > peer else -1, _derive(secret, b"pair")))
        _apply(vector, keys)
        return vector

    def reveal(self, gone: frozenset[int]) -> dict[int, int]:
        return {owner: both[owner in gone] for owner, both in self.shares.items()}


def run_floor(
    vectors: Sequence[NDArray[np.float32]], dropped: int, degree: int | None = None
) -> Costs:
    """Sum the vectors of all but the first `dropped` brands, who vanish after sharing.

    Args:
        vectors: One a brand, shape (length,), within plus or minus 8.
        dropped: How many vanish.
        degree: Neighbours of each brand on a shuffled ring; None: everybody.
    """
    count = len(vectors)
    clocks = Clocks()
    with clocks.server():
        around = _neighbours(count, degree)
    threshold = max(2, int(0.6 * (len(around[0]) + 1)))
    brands = [clocks.client(i, partial(_Brand, i, threshold)) for i in range(count)]
    public = [clocks.client(i, brands[i].public) for i in range(count)]
    with clocks.server():
        peers = [{j: public[j] for j in around[i]} for i in range(count)]
    sealed = [clocks.client(i, partial(brands[i].share, peers[i])) for i in range(count)]
    gone, alive = frozenset(range(dropped)), range(dropped, count)
    with clocks.server():
        total = np.zeros(len(vectors[0]), np.uint32)
    for i in alive:
        with clocks.server():
            inbox = {j: sealed[j][i] for j in around[i]}
        vector = clocks.client(i, partial(brands[i].mask, vectors[i], inbox))
        with clocks.server():
            np.add(total, vector, out=total)
    revealed = {i: clocks.client(i, partial(brands[i].reveal, gone)) for i in alive}
    with clocks.server():
        keys = _remaining_keys(revealed, public, around, gone, threshold)
        _apply(total, keys)
        mean = total.view(np.int32).astype(np.float64) / STEPS / len(alive)
    expected = np.mean(np.array(vectors[dropped:], dtype=np.float64), axis=0)
    if np.abs(mean - expected).max() > 2 / STEPS:
        raise SystemExit("secure-sum: the floor's sum is wrong, so its times mean nothing")
    return clocks.costs(alive)


def _remaining_keys(
    revealed: dict[int, dict[int, int]],
    public: list[tuple[bytes, bytes]],
    around: list[list[int]],
    gone: frozenset[int],
    threshold: int,
) -> list[tuple[int, bytes]]:
    shares: dict[int, dict[int, int]] = {}
    for holder, each in revealed.items():
        for owner, value in each.items():
            shares.setdefault(owner, {})[holder + 1] = value
    keys = [(-1, _derive(_join(shares[i], threshold), b"self")) for i in revealed]
    for i in gone:
        private = X25519PrivateKey.from_private_bytes(_join(shares[i], threshold))
        for j in (j for j in around[i] if j not in gone):
            secret = private.exchange(X25519PublicKey.from_public_bytes(public[j][0]))
            keys.append((-1 if j > i else 1, _derive(secret, b"pair")))
    return keys


def _neighbours(count: int, degree: int | None) -> list[list[int]]:
    if degree is None:
        return [[j for j in range(count) if j != i] for i in range(count)]
    ring = [int(place) for place in np.random.default_rng(5).permutation(count)]
    where = {brand: place for place, brand in enumerate(ring)}
    steps = [step for step in range(-(degree // 2), degree // 2 + 1) if step]
    return [[ring[(where[i] + step) % count] for step in steps] for i in range(count)]
