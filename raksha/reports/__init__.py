"""Reports in every format: from plain facts to bytes, the same bytes for the same facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from raksha.reports.facts import Report


@dataclass(frozen=True, slots=True)
class Format:
    """module: the room with `write`; it is loaded when first asked for, since the PDF one is heavy."""

    title: str
    module: str
    media_type: str
    ending: str

    def write(self, report: Report) -> bytes:
        """Return the report in this format."""
        return cast("Callable[[Report], bytes]", import_module(f"raksha.reports.{self.module}").write)(report)


FORMATS = {
    "sarif": Format("SARIF 2.1.0", "sarif", "application/sarif+json", "sarif"),
    "cyclonedx": Format("CycloneDX 1.6 with VEX", "cyclonedx", "application/vnd.cyclonedx+json", "cdx.json"),
    "csv": Format("CSV", "tables", "text/csv", "csv"),
    "json": Format("JSON", "plain", "application/json", "json"),
    "html": Format("HTML", "page", "text/html", "html"),
    "pdf": Format("PDF", "pdf", "application/pdf", "pdf"),
}
