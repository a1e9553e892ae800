"""Bring the database up to date and make the first rows: an admin, a workspace, a key. Safe to run at every start."""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import django

from avyay_site import env, places
from avyay_site.embedded import is_postgres_ready

if TYPE_CHECKING:
    from avyay_site.accounts.models import User, Workspace

DATABASE_SECONDS = 60.0


@dataclass(frozen=True)
class FirstStart:
    """Who may sign in, and what was generated; a password or key is None when it is not new or not ours."""

    admin_email: str
    workspace: str
    password: str | None = None
    api_key: str | None = None


def main() -> None:
    """Run as a child of `manage.py up`; the supervisor shows the last lines of our output if we fail."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avyay_site.settings")
    django.setup()
    from django.conf import settings
    from django.utils import timezone

    wait_for_database(seconds=DATABASE_SECONDS)
    migrate_if_needed()
    made = make_first_rows(now=timezone.now())
    places.write_private(Path(settings.LAYOUT.run) / places.FIRST_START, json.dumps(asdict(made)))


def wait_for_database(*, seconds: float) -> None:
    """Return once the database lets us in; raises OperationalError when it does not in time."""
    from django.conf import settings
    from django.db import OperationalError, connection

    deadline = time.monotonic() + seconds
    # The pool logs each vain try to connect; our own database is starting right now, so ask it quietly first.
    while (
        not settings.DATABASE_URL and time.monotonic() < deadline and not is_postgres_ready(settings.LAYOUT)
    ):
        time.sleep(0.02)
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def migrate_if_needed() -> bool:
    """Apply missing migrations; return whether there were any.

    The command itself spends a second on signals even when there is nothing to apply.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    # Building indexes may take longer than any request may.
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    call_command("migrate", interactive=False, verbosity=0)
    return True


def make_first_rows(*, now: datetime) -> FirstStart:
    """Make an admin, a workspace and an API key unless there is an admin already; return what there is.

    Raises WrongVariable for an AVYAY_INIT_… variable that cannot be used.
    """
    from django.db import transaction

    from avyay_site.accounts.models import Membership, Role

    with transaction.atomic():
        found = _find_first()
        if found is not None:
            return found
        given_password, given_key = env.text("AVYAY_INIT_ADMIN_PASSWORD"), env.text("AVYAY_INIT_API_KEY")
        password = given_password or secrets.token_urlsafe(12)
        admin = _make_admin(password)
        workspace = _make_workspace()
        Membership.objects.create(workspace=workspace, user=admin, role=Role.OWNER)
        key = _make_key(workspace, admin, now, given_key or None)
    return FirstStart(
        admin_email=admin.email,
        workspace=workspace.slug,
        password=None if given_password else password,
        api_key=None if given_key else key,
    )


def _find_first() -> FirstStart | None:
    """Return the oldest admin and workspace, without secrets; None at the first start."""
    from avyay_site.accounts.models import User, Workspace

    admin = User.objects.filter(is_superuser=True).order_by("joined_at", "id").first()
    if admin is None:
        return None
    workspace = Workspace.objects.order_by("created_at", "id").first()
    return FirstStart(admin_email=admin.email, workspace=workspace.slug if workspace else "")


def _make_admin(password: str) -> User:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from avyay_site.accounts.models import User

    email = env.text("AVYAY_INIT_ADMIN_EMAIL", "admin@example.com")
    try:
        validate_email(email)
    except ValidationError as exc:
        raise env.WrongVariable(f"AVYAY_INIT_ADMIN_EMAIL is {email!r}; set it to an e-mail address.") from exc
    return User.objects.create_superuser(email, password)


def _make_workspace() -> Workspace:
    from django.core.exceptions import ValidationError

    from avyay_site.accounts.models import Workspace

    slug = env.text("AVYAY_INIT_WORKSPACE", "default")
    workspace = Workspace(slug=slug, name=slug.replace("-", " ").capitalize())
    try:
        workspace.full_clean()
    except ValidationError as exc:
        raise env.WrongVariable(
            f"AVYAY_INIT_WORKSPACE is {slug!r}; set it to lower-case letters, digits and '-', at most 40."
        ) from exc
    workspace.save()
    return workspace


def _make_key(workspace: Workspace, admin: User, now: datetime, secret: str | None) -> str:
    from avyay_site.accounts.access import Access
    from avyay_site.accounts.models import Role
    from avyay_site.keys.models import Scope
    from avyay_site.keys.services import UnableToChangeKey, issue_key

    by = Access(workspace=workspace, role=Role.OWNER, user=admin)
    try:
        return issue_key(by=by, name="first key", scopes=Scope.values, secret=secret, now=now).secret
    except UnableToChangeKey as exc:
        raise env.WrongVariable(f"AVYAY_INIT_API_KEY cannot be used: {exc}") from exc


if __name__ == "__main__":
    main()
