"""Add, change and remove projects, and keep the tokens by which private repositories are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from avyay_site import live
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from raksha import correlating
from raksha.intake import urls
from raksha.intake.trees import Refused
from raksha.models import Project
from raksha.services import changing
from raksha.services.changing import InvalidValue, UnableToChange

PROJECT_FIELDS = ("name", "url", "default_revision", "mission", "token")
MOST_PROJECTS = 2_000


@transaction.atomic
def create_project(*, by: Access, **values: Any) -> Project:
    """Add a project.

    values: of PROJECT_FIELDS; a name at least. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_room(by)
    project = Project(workspace=by.workspace)
    _set(project, values)
    _announce(by, project, "project.create")
    return project


@transaction.atomic
def change_project(*, by: Access, project: Project, now: datetime, **values: Any) -> Project:
    """Change what is given; a changed mission ranks its findings again.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    mission = project.mission
    _set(project, values)
    _announce(by, project, "project.change", fields=sorted(values))
    if project.mission != mission:
        correlating.rank_project(project, now=now)
    return project


@transaction.atomic
def delete_project(*, by: Access, project: Project) -> None:
    """Remove a project with its scans and findings.

    Raises NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _announce(by, project, "project.delete")
    project.delete()


def project_for(*, by: Access, name: str = "", url: str = "") -> Project:
    """Return the workspace's project of that repository, or else of that name; made when there is none.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    name = name or name_of(url)
    mine = Project.objects.visible_to(by)
    found: Project | None = mine.filter(url=url).first() if url else mine.filter(name=name).first()
    if found is not None:
        return found
    taken = mine.filter(name=name).exists()
    try:
        with transaction.atomic():
            return create_project(by=by, name=f"{name} ({url})"[:100] if taken else name, url=url)
    except UnableToChange:
        # Two scans of a new project may be asked for at the same time.
        again: Project | None = mine.filter(name=name, url=url).first()
        if again is None:
            raise
        return again


def name_of(url: str) -> str:
    """Return "owner/repository" of a repository's address."""
    path = urlsplit(url).path.strip("/").removesuffix(".git")
    return path[-100:] or "project"


def _set(project: Project, values: dict[str, Any]) -> None:
    if values.get("url"):
        values = {**values, "url": checked_url(values["url"])}
    if "url" in values and values["url"] != project.url and "token" not in values:
        # The token was given for the old address; it must not go to another.
        values = {**values, "token": ""}
    if values.get("default_revision"):
        checked_revision(values["default_revision"])
    changing.set_fields(project, values, PROJECT_FIELDS)
    changing.save(project)


def checked_url(url: str) -> str:
    """Return the address of a repository in its one usual spelling.

    Raises InvalidValue for what we may not fetch.
    """
    try:
        return urls.read_url(url, settings.RAKSHA_GIT_HOSTS).shown
    except Refused as exc:
        raise InvalidValue(str(exc), "url") from exc


def checked_revision(revision: str) -> str:
    """Return the name of a branch, tag or commit as it came.

    Raises InvalidValue for what is none.
    """
    try:
        urls.read_revision(revision)
    except Refused as exc:
        raise InvalidValue(str(exc), "revision") from exc
    return revision


def _require_room(by: Access) -> None:
    if Project.objects.visible_to(by).count() >= MOST_PROJECTS:
        raise UnableToChange(f"A workspace has at most {MOST_PROJECTS:,} projects; remove one first.")


def _announce(by: Access, project: Project, action: str, **detail: object) -> None:
    record(by=by, action=action, target=project, detail=detail)
    live.ring(by.workspace_id, "projects")
