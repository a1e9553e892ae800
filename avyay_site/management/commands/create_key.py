"""Issue an API key from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from avyay_site.accounts import access
from avyay_site.accounts.models import Workspace
from avyay_site.keys.models import Scope
from avyay_site.keys.services import Limits, UnableToChangeKey, issue_key


class Command(BaseCommand):
    help = "Issue an API key. Its secret is printed once and kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug or id")
        parser.add_argument("--scope", required=True, action="append", choices=Scope.values, metavar="SCOPE")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--bucket", default="people", help="whose calls these are")
        parser.add_argument("--requests-per-minute", type=int)
        parser.add_argument("--tokens-per-minute", type=int)
        parser.add_argument("--concurrency", type=int)
        parser.add_argument("--monthly-budget-usd", type=_money)
        parser.add_argument("--json", action="store_true", help="the key as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        limits = Limits(**{name: options[name] for name in Limits.__dataclass_fields__})
        try:
            issued = issue_key(
                by=access.for_system(_workspace(options["workspace"])),
                name=options["name"],
                scopes=options["scope"],
                limits=limits,
                bucket=options["bucket"],
                now=timezone.now(),
            )
        except UnableToChangeKey as exc:
            raise CommandError(str(exc)) from exc
        key = issued.key
        if options["json"]:
            shown = {
                "id": key.pk,
                "secret": issued.secret,
                "workspace_id": key.workspace_id,
                "scopes": key.scopes,
            }
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write(issued.secret)


def _workspace(wanted: str) -> Workspace:
    found = Workspace.objects.filter(Q(slug=wanted) | Q(pk=wanted)).first()
    if found is None:
        known = ", ".join(Workspace.objects.values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no workspace {wanted!r}; choose among: {known or 'none yet'}.")
    return found


def _money(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as exc:
        raise ValueError(text) from exc
