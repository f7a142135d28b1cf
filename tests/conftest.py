"""What holds for the whole test run.

gRPC is kept at TLS 1.3 before any test loads it. Property tests are judged by
what they find, not by how busy the machine is.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

import hanse_federation.link.tls  # noqa: F401 - Flower loads gRPC, which reads the setting once

settings.register_profile("hanse", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hanse")
