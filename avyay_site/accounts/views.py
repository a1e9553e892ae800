"""Pages of accounts: joining, members, settings, workspaces."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from avyay_site import shell
from avyay_site.accounts import services
from avyay_site.accounts.access import SESSION_WORKSPACE, Access
from avyay_site.accounts.forms import InviteForm, JoinForm, ProfileForm, WorkspaceForm
from avyay_site.accounts.models import Invitation, Membership, Role, User
from avyay_site.shell import PageRequest


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person make an account, or the signed-in one accept; then lead to the first request."""
    try:
        invitation = services.get_open_invitation(token=token, now=timezone.now())
        form = JoinForm(request.POST or None)
        has_account = User.objects.filter(email=invitation.email).exists()
        if request.method == "POST" and (request.user.is_authenticated or form.is_valid()):
            return _accept(request, token, form)
    except services.UnableToJoin as exc:
        return _refuse(request, str(exc))
    context = {"invitation": invitation, "form": form, "has_account": has_account}
    response = render(request, "accounts/join.html", context)
    add_never_cache_headers(response)
    return response


def _accept(request: HttpRequest, token: str, form: JoinForm) -> HttpResponse:
    now = timezone.now()
    if request.user.is_authenticated:
        membership = services.accept_invitation(token=token, user=request.user, now=now)
    else:
        try:
            membership = services.accept_invitation(token=token, now=now, **form.cleaned_data)
        except services.UnableToJoin as exc:
            invitation = services.get_open_invitation(token=token, now=now)
            form.add_error("password", str(exc))
            context = {"invitation": invitation, "form": form, "has_account": False}
            return render(request, "accounts/join.html", context, status=400)
        login(request, membership.user)
    request.session[SESSION_WORKSPACE] = membership.workspace_id
    return redirect("start")


def _refuse(request: HttpRequest, reason: str) -> HttpResponse:
    return render(
        request, "error.html", {"title": "This invitation cannot be used", "advice": reason}, status=410
    )


@shell.page
@require_http_methods(["GET", "POST"])
def members(request: PageRequest) -> HttpResponse:
    """List members and open invitations; invite somebody."""
    access = request.access
    form = InviteForm(request.POST or None)
    invited = None
    if request.method == "POST" and form.is_valid():
        try:
            invited = services.invite_member(by=access, now=timezone.now(), **form.cleaned_data)
            form = InviteForm()
        except services.UnableToInvite as exc:
            form.add_error("email", str(exc))
    return render(request, "members/list.html", _members(access) | {"form": form, "invited": invited})


@shell.page
def members_live(request: PageRequest) -> HttpResponse:
    """Return the lists alone."""
    access = request.access
    return render(request, "members/_lists.html", _members(access))


def _members(access: Access) -> dict[str, object]:
    now = timezone.now()
    open_invitations = Invitation.objects.visible_to(access).filter(accepted_at=None, expires_at__gt=now)
    return {
        "people": Membership.objects.visible_to(access).select_related("user").order_by("user__email", "id"),
        "invitations": open_invitations.select_related("invited_by"),
        "roles": Role.choices,
        "is_owner": access.has_role(Role.OWNER),
    }


@shell.page
@require_POST
def change_role(request: PageRequest, membership_id: str) -> HttpResponse:
    """Give a member another role."""
    access = request.access
    membership = get_object_or_404(Membership.objects.visible_to(access), pk=membership_id)
    try:
        services.change_role(by=access, membership=membership, role=request.POST.get("role", ""))
        messages.success(request, f"{membership.user} has the role {request.POST['role']} now.")
    except services.UnableToChangeMember as exc:
        messages.error(request, str(exc))
    return redirect("members")


@shell.page
@require_http_methods(["GET", "POST"])
def remove_member(request: PageRequest, membership_id: str) -> HttpResponse:
    """Ask, then take a member out, or leave."""
    access = request.access
    people = Membership.objects.visible_to(access).select_related("user")
    membership = get_object_or_404(people, pk=membership_id)
    is_me = membership.user_id == request.user.pk
    if request.method == "GET":
        return render(request, "members/remove.html", {"membership": membership, "is_me": is_me})
    try:
        services.remove_member(by=access, membership=membership)
        gone = "You left" if is_me else f"{membership.user} is no longer in"
        messages.success(request, f"{gone} {access.workspace.name}.")
    except services.UnableToChangeMember as exc:
        messages.error(request, str(exc))
    return redirect("home" if is_me else "members")


@shell.page
@require_POST
def cancel_invitation(request: PageRequest, invitation_id: str) -> HttpResponse:
    """Make an invitation's link stop working."""
    access = request.access
    waiting = Invitation.objects.visible_to(access).filter(accepted_at=None)
    invitation = get_object_or_404(waiting, pk=invitation_id)
    services.cancel_invitation(by=access, invitation=invitation)
    messages.success(
        request, f"The invitation of {invitation.email} was cancelled; its link no longer works."
    )
    return redirect("members")


@shell.page
@require_http_methods(["GET", "POST"])
def settings_page(request: PageRequest) -> HttpResponse:
    """Show and change the profile and the workspace's name."""
    access = request.access
    user = access.user
    if user is None:  # a page is always a person's
        return redirect("sign_in")
    wants = request.POST.get("form")
    profile = ProfileForm(request.POST if wants == "profile" else None, initial={"name": user.name})
    initial = {"workspace_name": access.workspace.name}
    workspace = WorkspaceForm(request.POST if wants == "workspace" else None, initial=initial)
    if profile.is_bound and profile.is_valid():
        services.rename_user(user=user, name=profile.cleaned_data["name"])
        messages.success(request, "Your profile was saved.")
        return redirect("settings")
    if workspace.is_bound and workspace.is_valid():
        services.rename_workspace(by=access, name=workspace.cleaned_data["workspace_name"])
        messages.success(request, "The workspace was renamed.")
        return redirect("settings")
    context = {"profile": profile, "workspace": workspace, "is_owner": access.has_role(Role.OWNER)}
    return render(request, "accounts/settings.html", context)


@login_required
@require_POST
def switch_workspace(request: HttpRequest) -> HttpResponse:
    """Work in another workspace of the signed-in user from now on."""
    mine = Membership.objects.filter(user=request.user)
    membership = get_object_or_404(mine, workspace_id=request.POST.get("workspace", ""))
    request.session[SESSION_WORKSPACE] = membership.workspace_id
    return redirect("home")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def create_workspace(request: HttpRequest) -> HttpResponse:
    """Make a workspace; also where somebody without any lands."""
    form = WorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and request.user.is_authenticated:
        try:
            made = services.create_workspace(owner=request.user, name=form.cleaned_data["workspace_name"])
        except services.UnableToCreateWorkspace as exc:
            form.add_error("workspace_name", str(exc))
        else:
            request.session[SESSION_WORKSPACE] = made.workspace_id
            return redirect("start")
    return render(request, "accounts/create_workspace.html", {"form": form})
