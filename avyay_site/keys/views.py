"""Pages of keys: list, issue, shown once, change, roll, revoke; and the first request of a new member."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.keys import once, services, snippets
from avyay_site.keys.forms import IssueForm, LimitsForm, RollForm
from avyay_site.keys.models import ApiKey, Scope
from avyay_site.shell import PageRequest
from avyay_site.usage.queries import get_month_spend

FIRST_KEY_NAME = "first key"
FIRST_KEY_SCOPES = (Scope.MARGA_CALL, Scope.MARGA_READ, Scope.PLATFORM_READ)
MOST_LISTED = 200


@shell.page
def key_list(request: PageRequest) -> HttpResponse:
    """List the workspace's keys."""
    access = request.access
    return render(request, "keys/list.html", _listed(request, access))


@shell.page
def key_list_live(request: PageRequest) -> HttpResponse:
    """Return the list alone."""
    access = request.access
    return render(request, "keys/_list.html", _listed(request, access))


def _listed(request: HttpRequest, access: Access) -> dict[str, Any]:
    now = timezone.now()
    shown = request.GET.get("show", "active")
    search = request.GET.get("q", "").strip()
    keys = ApiKey.objects.visible_to(access).select_related("created_by", "successor")
    if shown != "all":
        keys = keys.active(now)
    if search:
        keys = keys.filter(name__icontains=search)
    listed = list(keys[:MOST_LISTED])
    spend = get_month_spend([key.pk for key in listed], today=now.date())
    rows = [{"key": key, "state": key.state(now), "spent": spend[key.pk]} for key in listed]
    is_cut = len(rows) == MOST_LISTED
    has_any = bool(rows) or ApiKey.objects.visible_to(access).exists()
    return {
        "rows": rows,
        "shown": shown,
        "search": search,
        "has_any": has_any,
        "is_cut": is_cut,
        "may_write": access.has_role(Role.MEMBER),
    }


@shell.page
@sensitive_variables("issued")
@require_http_methods(["GET", "POST"])
def issue(request: PageRequest) -> HttpResponse:
    """Issue a key and show it, once."""
    access = request.access
    access.require_role(Role.MEMBER)
    form = IssueForm(request.POST or None, initial={"once": once.mark()})
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        if not once.is_first_use(request, form.cleaned_data["once"]):
            return _already_sent(request)
        try:
            issued = services.issue_key(
                by=access,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                limits=form.limits(),
                bucket=form.cleaned_data["bucket"],
                expires_at=form.expires_at(now),
                now=now,
            )
            return _show_once(request, issued)
        except services.UnableToChangeKey as exc:
            form.add_error(None, str(exc))
    chosen = form["scopes"].value() or []
    scopes = [
        {"value": value, "label": label, "is_chosen": value in chosen} for value, label in Scope.choices
    ]
    return render(request, "keys/issue.html", {"form": form, "scopes": scopes, "section": "keys:list"})


@shell.page
@require_http_methods(["GET", "POST"])
def change(request: PageRequest, key_id: str) -> HttpResponse:
    """Rename a key or give it other limits."""
    access = request.access
    key = get_object_or_404(ApiKey.objects.visible_to(access), pk=key_id)
    form = LimitsForm.of(key, request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.change_key(
            by=access,
            key=key,
            name=form.cleaned_data["name"],
            bucket=form.cleaned_data["bucket"],
            limits=form.limits(),
        )
        messages.success(request, f"The key {key.name} was changed; the gateway follows within two seconds.")
        return redirect("keys:list")
    return render(request, "keys/change.html", {"form": form, "key": key, "section": "keys:list"})


@shell.page
@sensitive_variables("issued")
@require_http_methods(["GET", "POST"])
def roll(request: PageRequest, key_id: str) -> HttpResponse:
    """Ask for the overlap, then issue a successor and show it, once."""
    access = request.access
    access.require_role(Role.MEMBER)
    key = get_object_or_404(ApiKey.objects.visible_to(access), pk=key_id)
    form = RollForm(request.POST or None, initial={"once": once.mark()})
    if request.method == "POST" and form.is_valid():
        if not once.is_first_use(request, form.cleaned_data["once"]):
            return _already_sent(request)
        try:
            issued = services.roll_key(by=access, key=key, overlap=form.overlap(), now=timezone.now())
            return _show_once(request, issued)
        except services.UnableToChangeKey as exc:
            form.add_error(None, str(exc))
    return render(request, "keys/roll.html", {"form": form, "key": key, "section": "keys:list"})


@shell.page
@require_http_methods(["GET", "POST"])
def revoke(request: PageRequest, key_id: str) -> HttpResponse:
    """Ask, then revoke a key for good."""
    access = request.access
    access.require_role(Role.MEMBER)
    key = get_object_or_404(ApiKey.objects.visible_to(access), pk=key_id)
    if request.method == "GET":
        return render(request, "keys/revoke.html", {"key": key, "section": "keys:list"})
    if services.revoke_key(by=access, key=key, now=timezone.now()):
        messages.success(
            request, f"The key {key.name} was revoked; the gateway refuses it within two seconds."
        )
    return redirect("keys:list")


@shell.page
def start(request: PageRequest) -> HttpResponse:
    """Offer the first key of a new member."""
    access = request.access
    context = {"once": once.mark(), "may_write": access.has_role(Role.MEMBER)}
    return render(request, "keys/start.html", context)


@shell.page
@sensitive_variables("issued")
@require_POST
def start_key(request: PageRequest) -> HttpResponse:
    """Issue the first key, show it once with a filled-in command, and wait for the first request."""
    access = request.access
    if not once.is_first_use(request, request.POST.get("once", "")[:40]):
        return _already_sent(request)
    issued = services.issue_key(by=access, name=FIRST_KEY_NAME, scopes=FIRST_KEY_SCOPES, now=timezone.now())
    return _show_once(request, issued)


@shell.page
def arrival(request: PageRequest, key_id: str) -> HttpResponse:
    """Say whether the key was used yet; once it was, the answer stops asking."""
    access = request.access
    key = get_object_or_404(ApiKey.objects.visible_to(access), pk=key_id)
    return render(request, "keys/_arrival.html", {"key": key})


@sensitive_variables("issued", "shown")
def _show_once(request: HttpRequest, issued: services.Issued) -> HttpResponse:
    shown = snippets.first_request(secret=issued.secret, gateway_url=settings.GATEWAY_URL)
    can_call = Scope.MARGA_CALL in issued.key.scopes
    context = {
        "key": issued.key,
        "secret": issued.secret,
        "snippets": shown if can_call else [],
        "section": "keys:list",
    }
    return render(request, "keys/shown.html", context)


def _already_sent(request: HttpRequest) -> HttpResponse:
    messages.warning(
        request, "That form was sent already, and its key was shown once. If it is lost, roll the key."
    )
    return redirect("keys:list")
