"""Workspaces, members and invitations. REST, pages, admin and commands all come through here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from avyay_site import events, live, mail
from avyay_site.accounts.access import Access
from avyay_site.accounts.joining import UnableToJoin as UnableToJoin
from avyay_site.accounts.joining import make_user
from avyay_site.accounts.models import Invitation, Membership, Role, User, Workspace
from avyay_site.audit.services import record

log = structlog.get_logger(__name__)

INVITATION_LIFETIME = timedelta(days=7)
MOST_OPEN_INVITATIONS = 200
LONGEST_SLUG = 40


class UnableToInvite(Exception):
    """Nobody was invited; the message says why and what to do."""


class UnableToChangeMember(Exception):
    """The membership stays as it is; the message says why and what to do."""


class UnableToCreateWorkspace(Exception):
    """No workspace was made; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class MemberJoined(events.Event):
    """Somebody accepted an invitation."""

    user_id: str


@dataclass(frozen=True)
class Invited:
    """An invitation with its one-time link: the only moment at which the link exists in clear.

    is_mailed: False when the mail server did not take the mail; then hand the link over by hand.
    """

    invitation: Invitation
    link: str
    is_mailed: bool


def invite_member(*, by: Access, email: str, role: str = Role.MEMBER, now: datetime) -> Invited:
    """Invite an address into the asker's workspace and mail it a link that works once within 7 days.

    A second invitation of the same address replaces the first, whose link stops working.
    Raises UnableToInvite, NotAllowed.
    """
    by.require_role(Role.OWNER)
    invitation, token = _store_invitation(by, _checked_email(email), _checked_role(role), now)
    link = f"{settings.PUBLIC_URL}/join/{token}"
    return Invited(invitation=invitation, link=link, is_mailed=_mail_invitation(by, invitation, link))


def get_open_invitation(*, token: str, now: datetime) -> Invitation:
    """Return the invitation that a link stands for, so that a page can say what is being joined.

    Raises UnableToJoin.
    """
    invitation: Invitation | None = (
        Invitation.objects.filter(digest=_digest(token)).select_related("workspace", "invited_by").first()
    )
    if invitation is None:
        raise UnableToJoin("This link is not known; ask for a new invitation.")
    if invitation.accepted_at is not None:
        raise UnableToJoin("This link was used already; sign in, or ask for a new invitation.")
    if not invitation.is_open(now):
        raise UnableToJoin("This link has expired; ask for a new invitation.")
    return invitation


@transaction.atomic
def accept_invitation(
    *, token: str, user: User | None = None, name: str = "", password: str = "", now: datetime
) -> Membership:
    """Join a workspace: as the signed-in user, else as a new one made with name and password.

    A member who follows another link keeps the higher of both roles. Of two uses at once, one wins.
    Raises UnableToJoin; a weak password does not use the link up.
    """
    invitation = get_open_invitation(token=token, now=now)
    claimed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=now)
    if not claimed:
        raise UnableToJoin("This link was used already; sign in, or ask for a new invitation.")
    member = user or make_user(email=invitation.email, name=name, password=password)
    membership = _join(invitation, member)
    by = Access(workspace=invitation.workspace, role=Role(membership.role), user=member)
    record(by=by, action="member.join", target=membership, detail={"role": membership.role})
    events.publish(MemberJoined(workspace_id=invitation.workspace_id, user_id=member.pk))
    live.ring(invitation.workspace_id, "members")
    return membership


@transaction.atomic
def cancel_invitation(*, by: Access, invitation: Invitation) -> None:
    """Make an open invitation's link stop working."""
    by.require_role(Role.OWNER)
    record(by=by, action="invitation.cancel", target=invitation)
    invitation.delete()
    live.ring(by.workspace_id, "members")


@transaction.atomic
def change_role(*, by: Access, membership: Membership, role: str) -> Membership:
    """Give a member another role; the last owner stays owner.

    Raises UnableToChangeMember, NotAllowed.
    """
    by.require_role(Role.OWNER)
    if role not in Role.values:
        raise UnableToChangeMember(f"{role!r} is not a role; choose {', '.join(Role.values)}.")
    membership = _locked(membership)
    if role != Role.OWNER:
        _keep_an_owner(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record(by=by, action="member.change_role", target=membership, detail={"from": before, "to": role})
    live.ring(membership.workspace_id, "members")
    return membership


@transaction.atomic
def remove_member(*, by: Access, membership: Membership) -> None:
    """Take somebody out of the workspace, or leave it oneself; never the last owner. Keys they made go on working.

    Raises UnableToChangeMember, NotAllowed.
    """
    if by.user is None or by.user.pk != membership.user_id:
        by.require_role(Role.OWNER)
    membership = _locked(membership)
    _keep_an_owner(membership)
    record(by=by, action="member.remove", target=membership, detail={"role": membership.role})
    membership.delete()
    live.ring(membership.workspace_id, "members")


@transaction.atomic
def create_workspace(*, owner: User, name: str, slug: str = "") -> Membership:
    """Make a workspace that belongs to owner; without a slug one is made from the name.

    Raises UnableToCreateWorkspace.
    """
    name = name.strip()
    if not name or len(name) > 80:
        raise UnableToCreateWorkspace("Give the workspace a name of 1 to 80 characters.")
    workspace = Workspace(name=name, slug=slug or _free_slug(name))
    try:
        workspace.full_clean(exclude=["members"])
    except ValidationError as exc:
        raise UnableToCreateWorkspace(" ".join(exc.messages)) from exc
    workspace.save()
    membership: Membership = Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    by = Access(workspace=workspace, role=Role.OWNER, user=owner)
    record(by=by, action="workspace.create", target=workspace)
    live.ring(workspace.pk, "members")
    return membership


@transaction.atomic
def rename_workspace(*, by: Access, name: str) -> Workspace:
    """Give the asker's workspace another name; its slug stays, because addresses may hold it.

    Raises UnableToCreateWorkspace, NotAllowed.
    """
    by.require_role(Role.OWNER)
    name = name.strip()
    if not name or len(name) > 80:
        raise UnableToCreateWorkspace("Give the workspace a name of 1 to 80 characters.")
    workspace = Workspace.objects.select_for_update().get(pk=by.workspace_id)
    before, workspace.name = workspace.name, name
    workspace.save(update_fields=["name"])
    record(by=by, action="workspace.rename", target=workspace, detail={"from": before, "to": name})
    live.ring(workspace.pk, "members")
    return workspace


def rename_user(*, user: User, name: str) -> None:
    """Change what others read of a person."""
    user.name = name.strip()[:150]
    user.save(update_fields=["name"])


@transaction.atomic
def _store_invitation(by: Access, email: str, role: str, now: datetime) -> tuple[Invitation, str]:
    # The lock keeps two invitations of one address at once from both staying open.
    Workspace.objects.select_for_update().get(pk=by.workspace_id)
    if Membership.objects.filter(workspace=by.workspace, user__email=email).exists():
        raise UnableToInvite(f"{email} is a member already; change the role on the members page instead.")
    waiting = Invitation.objects.filter(workspace=by.workspace, accepted_at=None)
    waiting.filter(email=email).delete()
    if waiting.filter(expires_at__gt=now).count() >= MOST_OPEN_INVITATIONS:
        raise UnableToInvite(f"{MOST_OPEN_INVITATIONS} invitations are open; cancel some of them first.")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        workspace=by.workspace,
        email=email,
        role=role,
        digest=_digest(token),
        invited_by=by.user,
        expires_at=now + INVITATION_LIFETIME,
    )
    record(by=by, action="member.invite", target=invitation, detail={"role": role})
    live.ring(by.workspace_id, "members")
    return invitation, token


def _mail_invitation(by: Access, invitation: Invitation, link: str) -> bool:
    context = {
        "inviter": by.user.get_short_name() if by.user else "The operator",
        "workspace": by.workspace.name,
        "role": Role(invitation.role).label.lower(),
        "expires_at": invitation.expires_at,
        "link": link,
    }
    try:
        mail.send("invitation", to=invitation.email, context=context)
    except mail.UnableToSend:
        log.warning("invitation_not_mailed", invitation_id=invitation.pk)
        return False
    return True


def _join(invitation: Invitation, user: User) -> Membership:
    membership: Membership
    membership, is_new = Membership.objects.get_or_create(
        workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
    )
    order = [Role.VIEWER, Role.MEMBER, Role.OWNER]
    if not is_new and order.index(Role(invitation.role)) > order.index(Role(membership.role)):
        membership.role = invitation.role
        membership.save(update_fields=["role"])
    return membership


def _locked(membership: Membership) -> Membership:
    """Return the membership as it is now; every change of a workspace's members waits for the one before it."""
    Workspace.objects.select_for_update().get(pk=membership.workspace_id)
    found: Membership | None = (
        Membership.objects.filter(pk=membership.pk).select_related("user", "workspace").first()
    )
    if found is None:
        raise UnableToChangeMember("This person is no longer a member.")
    return found


def _keep_an_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(workspace_id=membership.workspace_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise UnableToChangeMember("A workspace needs an owner; make somebody else owner first.")


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as exc:
        raise UnableToInvite(f"{email!r} is not an e-mail address.") from exc
    return email


def _checked_role(role: str) -> str:
    if role not in Role.values:
        raise UnableToInvite(f"{role!r} is not a role; choose {', '.join(Role.values)}.")
    return role


def _free_slug(name: str) -> str:
    base = slugify(name)[: LONGEST_SLUG - 7].strip("-_") or "team"
    base = base if base[0].isalpha() else f"team-{base}"
    base = base.replace("_", "-")
    if not Workspace.objects.filter(slug=base).exists():
        return base
    return f"{base}-{secrets.token_hex(3)}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
