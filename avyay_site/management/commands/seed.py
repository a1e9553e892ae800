"""Make filled workspaces for trials and tests."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from avyay_site import seeding


class Command(BaseCommand):
    help = "Make filled workspaces with users and keys. Safe to repeat; not for a platform that others can reach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspaces", type=int, default=1, choices=range(1, 21), metavar="1…20")
        parser.add_argument("--json", action="store_true", help="ids, addresses, passwords and keys as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        made = seeding.seed(workspaces=options["workspaces"], now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps({"workspaces": made}, indent=2))
            return
        for workspace in made:
            self.stdout.write(f"{workspace['name']} ({workspace['slug']})")
            for user in workspace["users"]:
                self.stdout.write(f"  {user['role']:<7} {user['email']}  password {user['password']}")
            for name, secret in workspace["keys"].items():
                self.stdout.write(f"  key {name:<7} {secret}")
