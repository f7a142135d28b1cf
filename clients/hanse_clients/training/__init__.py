"""Private training at the brand; the only place that imports torch and Opacus.

Nothing but `Parameters` and shares of noised gradient sums comes out of here.
Scoring needs no torch: see `hanse_federation.model.predict`.
"""

from hanse_clients.training.gradient_sum import GradientSum
from hanse_clients.training.trainer import Trainer, warm_up
from hanse_federation.contributions_training import expected_batch_size

__all__ = ["GradientSum", "Trainer", "expected_batch_size", "warm_up"]
