"""Who is asking, in which workspace, and what they may do there.

A browser session gives an Access by the user's membership in the current workspace;
an API key gives one by its workspace and scopes. Services take it as `by`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from avyay_site.accounts.models import Membership, Role, User, Workspace

if TYPE_CHECKING:
    from avyay_site.keys.models import ApiKey

SESSION_WORKSPACE = "workspace_id"
RANK = {Role.VIEWER: 0, Role.MEMBER: 1, Role.OWNER: 2}


class NotAllowed(Exception):
    """The asker is known but may not do this; the message says what would be needed."""


@dataclass(frozen=True)
class Access:
    """One asker in one workspace.

    scopes: of the key; empty for a person, who is bound by the role alone.
    """

    workspace: Workspace
    role: Role
    user: User | None = None
    key: ApiKey | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def workspace_id(self) -> str:
        return str(self.workspace.pk)

    @property
    def actor(self) -> str:
        """Name the asker for the audit log."""
        return f"key {self.key.display}" if self.key else str(self.user or "system")

    def has_role(self, role: Role) -> bool:
        """Tell whether the asker has this role or a higher one."""
        return RANK[self.role] >= RANK[role]

    def require_role(self, role: Role) -> None:
        """Raise NotAllowed unless the asker has this role or a higher one."""
        if not self.has_role(role):
            raise NotAllowed(f"This needs the role {role.label.lower()} in {self.workspace.name}.")

    def require_scope(self, scope: str) -> None:
        """Raise NotAllowed if the asker is a key without this scope."""
        if self.key is not None and scope not in self.scopes:
            raise NotAllowed(
                f"This needs the scope {scope}; the key has {', '.join(sorted(self.scopes)) or 'none'}."
            )


def for_system(workspace: Workspace) -> Access:
    """Return the access of the platform itself: commands, schedules, the first start."""
    return Access(workspace=workspace, role=Role.OWNER)


def for_user(user: User, wanted_workspace_id: str | None = None) -> Access | None:
    """Return the user's access to the wanted workspace, else to their first one; None without any."""
    memberships = list(
        Membership.objects.filter(user=user).select_related("workspace").order_by("created_at", "id")
    )
    if not memberships:
        return None
    chosen = next((m for m in memberships if m.workspace_id == wanted_workspace_id), memberships[0])
    return Access(workspace=chosen.workspace, role=Role(chosen.role), user=user)
