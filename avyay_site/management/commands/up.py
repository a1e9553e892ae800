"""Start the whole platform in the foreground."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from avyay_site import start


class Command(BaseCommand):
    """`manage.py up` does not come through here, to keep Django out of the supervisor; `help up` does."""

    help = "Start the platform in the foreground; Ctrl-C or SIGTERM stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        start.add_arguments(parser)

    def handle(self, *, ready_file: Path | None, **_: object) -> None:
        sys.exit(start.run(ready_file))
