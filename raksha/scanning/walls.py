"""The worker's sandbox: one warm process, shared by its scans."""

from __future__ import annotations

from django.conf import settings

from raksha import sandbox
from raksha.scanning.engines import available


def host() -> sandbox.Host:
    """Return it; it starts with the first job, with all engines imported."""
    modules = tuple(engine.function.partition(":")[0] for engine in available())
    return sandbox.shared(imports=modules, require_network_wall=settings.RAKSHA_SANDBOX == "require")
