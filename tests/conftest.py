"""What holds for the whole test run: gRPC is kept at TLS 1.3 before any test loads it."""

from __future__ import annotations

import hanse_federation.link.tls  # noqa: F401 - Flower loads gRPC, which reads the setting once
