"""The operators' console of the scanner."""

from __future__ import annotations

from raksha.admin import findings, intel, scans

__all__ = ["findings", "intel", "scans"]
