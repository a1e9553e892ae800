"""Check a config file of the gateway before it is used."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marga import configuring
from marga.configfile import WrongConfig


class Command(BaseCommand):
    help = "Check a config file of the gateway: every fault with its line. Nothing is changed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", metavar="FILE", type=Path, help="the file; MARGA_CONFIG by default")

    def handle(self, *args: Any, **options: Any) -> str:
        path: Path | None = options["check"] or (
            Path(settings.MARGA_CONFIG) if settings.MARGA_CONFIG else None
        )
        if path is None:
            raise CommandError("Name a file: manage.py marga_config --check FILE, or set MARGA_CONFIG.")
        try:
            document = configuring.check(path)
        except WrongConfig as exc:
            raise CommandError("\n".join(f"{path}: {fault}" for fault in exc.faults)) from exc
        models = sum(len(entry.models) for entry in document.providers)
        counts = f"providers {len(document.providers)}, models {models}, policies {len(document.policies)}"
        return f"{path} is right: {counts}."
