"""The operators' console of the scanner."""

from __future__ import annotations

from raksha.admin import intel

__all__ = ["intel"]
