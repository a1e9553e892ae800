"""The audit page: who did what."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from avyay_site import shell
from avyay_site.audit.models import AuditEntry
from avyay_site.shell import PageRequest

PER_PAGE = 50


@shell.page
def entry_list(request: PageRequest) -> HttpResponse:
    """List acts, newest first."""
    access = request.access
    entries = AuditEntry.objects.visible_to(access)
    actions = list(entries.order_by("action").values_list("action", flat=True).distinct())
    action, search = request.GET.get("action", ""), request.GET.get("q", "").strip()[:80]
    if action in actions:
        entries = entries.filter(action=action)
    if search:
        entries = entries.filter(
            Q(actor__icontains=search) | Q(target_name__icontains=search) | Q(target_id=search)
        )
    page = Paginator(entries.order_by("-happened_at", "-id"), PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {"page": page, "actions": actions, "action": action, "search": search}
    return render(request, "audit/list.html", context)
