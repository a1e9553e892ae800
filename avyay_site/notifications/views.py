"""Pages of notifications: channels, their tests, and what became of each message."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.notifications import services
from avyay_site.notifications.forms import ChannelForm
from avyay_site.notifications.models import Channel, Delivery
from avyay_site.shell import PageRequest

PER_PAGE = 30
HERE = "notifications:list"


@shell.page
def channel_list(request: PageRequest) -> HttpResponse:
    """List channels and the latest deliveries."""
    return render(request, "notifications/list.html", _listed(request))


@shell.page
def channel_list_live(request: PageRequest) -> HttpResponse:
    """Return the lists alone."""
    return render(request, "notifications/_lists.html", _listed(request))


def _listed(request: PageRequest) -> dict[str, Any]:
    access = request.access
    deliveries = Delivery.objects.visible_to(access).select_related("channel").order_by("-created_at", "-id")
    return {
        "channels": Channel.objects.visible_to(access),
        "page": Paginator(deliveries, PER_PAGE).get_page(request.GET.get("page", "1")),
        "may_write": access.has_role(Role.MEMBER),
    }


@shell.page
@sensitive_variables("created")
@require_http_methods(["GET", "POST"])
def add(request: PageRequest) -> HttpResponse:
    """Add a channel; a webhook's signing secret is shown once."""
    access = request.access
    access.require_role(Role.MEMBER)
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            created = services.create_channel(by=access, **form.cleaned_data)
        except services.UnableToChangeChannel as exc:
            form.add_error("target", str(exc))
        else:
            return _after_secret(request, created)
    return render(request, "notifications/edit.html", {"form": form, "section": HERE})


@sensitive_variables("created")
def _after_secret(request: HttpRequest, created: services.Created) -> HttpResponse:
    if created.signing_secret:
        context = {"channel": created.channel, "secret": created.signing_secret, "section": HERE}
        return render(request, "notifications/secret.html", context)
    messages.success(request, f"The channel {created.channel.name} was added; send a test to see it work.")
    return redirect(HERE)


@shell.page
@require_http_methods(["GET", "POST"])
def change(request: PageRequest, channel_id: str) -> HttpResponse:
    """Change a channel's name, target and switches."""
    access = request.access
    channel = _channel(access, channel_id)
    form = ChannelForm(request.POST or None, channel=channel)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_channel(by=access, channel=channel, **form.cleaned_data)
        except services.UnableToChangeChannel as exc:
            form.add_error("target", str(exc))
        else:
            messages.success(request, f"The channel {form.cleaned_data['name']} was changed.")
            return redirect(HERE)
    return render(request, "notifications/edit.html", {"form": form, "channel": channel, "section": HERE})


@shell.page
@require_POST
def switch(request: PageRequest, channel_id: str) -> HttpResponse:
    """Switch a channel on or off."""
    access = request.access
    channel = _channel(access, channel_id)
    services.change_channel(by=access, channel=channel, is_enabled=request.POST.get("on") == "1")
    return redirect(HERE)


@shell.page
@require_POST
def send_test(request: PageRequest, channel_id: str) -> HttpResponse:
    """Send a test message."""
    access = request.access
    channel = _channel(access, channel_id)
    try:
        services.send_test(by=access, channel=channel, now=timezone.now())
        messages.success(request, f"A test is on its way to {channel.name}; its fate is listed below.")
    except services.UnableToSend as exc:
        messages.error(request, str(exc))
    return redirect(HERE)


@shell.page
@require_http_methods(["GET", "POST"])
def remove(request: PageRequest, channel_id: str) -> HttpResponse:
    """Ask, then remove a channel."""
    access = request.access
    access.require_role(Role.MEMBER)
    channel = _channel(access, channel_id)
    if request.method == "GET":
        return render(request, "notifications/remove.html", {"channel": channel, "section": HERE})
    services.delete_channel(by=access, channel=channel)
    messages.success(request, f"The channel {channel.name} was removed.")
    return redirect(HERE)


@shell.page
@require_POST
def resend(request: PageRequest, delivery_id: str) -> HttpResponse:
    """Send a message once more."""
    access = request.access
    mine = Delivery.objects.visible_to(access).select_related("channel")
    delivery = get_object_or_404(mine, pk=delivery_id)
    try:
        services.resend(by=access, delivery=delivery, now=timezone.now())
        messages.success(request, "The message is on its way once more.")
    except services.UnableToSend as exc:
        messages.error(request, str(exc))
    return redirect(HERE)


def _channel(access: Access, channel_id: str) -> Channel:
    channel: Channel = get_object_or_404(Channel.objects.visible_to(access), pk=channel_id)
    return channel
