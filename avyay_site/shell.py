"""What every page of the dashboard needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates the asker's access."""
    return {"access": getattr(request, "access", None)}
