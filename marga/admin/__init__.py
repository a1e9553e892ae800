"""The operators' console of the gateway."""

from __future__ import annotations

from marga.admin import calls, models, policies, providers

__all__ = ["calls", "models", "policies", "providers"]
