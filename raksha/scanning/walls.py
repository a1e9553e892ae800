"""The worker's sandbox: one warm process, shared by its scans."""

from __future__ import annotations

from django.conf import settings

from raksha import sandbox


def host() -> sandbox.Host:
    """Return it; it starts with the first job, with all engines imported."""
    return sandbox.shared(
        imports=("raksha.engines.warm",), require_network_wall=settings.RAKSHA_SANDBOX == "require"
    )
