"""Pages of the product."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from avyay_site import shell


@shell.page
def overview(request: HttpRequest) -> HttpResponse:
    """Say what will be here while there is nothing to show."""
    return render(request, "raksha/overview.html")
