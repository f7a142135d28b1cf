"""Runs one `hanse` command of a brand with noise, samples and roundings from a seed.

    python -m tests.support.seeded_brand SEED brand run --home ...

UNSAFE, as `SeededRandomness` is: for runs that a test compares figure by figure.
"""

from __future__ import annotations

import sys

from hanse_clients.cli import run
from hanse_clients.client import BrandClient
from hanse_clients.home import BrandHome
from hanse_federation.randomness import SeededRandomness
from hanse_policies.command import main


def seed_brand(seed: int) -> None:
    class SeededBrandClient(BrandClient):
        def __init__(self, home: BrandHome) -> None:
            super().__init__(home, randomness=SeededRandomness(seed))

    run.BrandClient = SeededBrandClient  # type: ignore[attr-defined,assignment]


if __name__ == "__main__":
    seed_brand(int(sys.argv[1]))
    sys.argv = ["hanse", *sys.argv[2:]]
    sys.exit(main())
