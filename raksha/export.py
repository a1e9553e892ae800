"""Files that people take away: reports of scans, and the rows of a list as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.http import HttpResponse

from avyay_site.cells import cell
from raksha.models import Scan
from raksha.reports import FORMATS
from raksha.services import reports


def attached(scan: Scan, wanted: str) -> HttpResponse:
    """Answer with the report as a file: never shown by the browser in our own origin."""
    kind = FORMATS[wanted]
    return as_file(reports.write_report(scan, wanted), kind.media_type, f"{scan.pk}.{kind.ending}")


def as_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Answer with rows as a CSV file, in which no text of the scanned code becomes a formula."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([[cell(value) for value in row] for row in rows])
    return as_file(out.getvalue().encode(), "text/csv; charset=utf-8", name)


def as_file(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Answer with bytes that the browser stores."""
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
