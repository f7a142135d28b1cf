"""Private training at the brand; the only place that imports torch and Opacus.

Nothing but `Parameters` comes out of here. Scoring needs no torch: see
`hanse_federation.model.predict`.
"""

from hanse_clients.training.trainer import Trainer, expected_batch_size, warm_up

__all__ = ["Trainer", "expected_batch_size", "warm_up"]
