"""Train the classifier from outcomes, and say how well it does on what it did not see."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marga.classifier.model import SHIPPED
from marga.classifier.training import evaluating
from marga.classifier.training.outcomes import NoOutcomes, read
from marga.classifier.training.reporting import report


class Command(BaseCommand):
    help = "Train the classifier from recorded outcomes; the same data give the same bytes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", type=Path, metavar="FOLDER", help="*.csv.gz; MARGA_ROUTING_DATA by default"
        )
        parser.add_argument(
            "--output", type=Path, default=SHIPPED, metavar="FILE", help="the shipped artefact"
        )
        parser.add_argument(
            "--evaluate", action="store_true", help="hold out benchmarks too, print the table"
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> str:
        folder: Path | None = options["data"] or (
            Path(settings.MARGA_ROUTING_DATA) if settings.MARGA_ROUTING_DATA else None
        )
        if folder is None:
            raise CommandError(
                "Name a folder: manage.py marga_train --data FOLDER, or set MARGA_ROUTING_DATA."
            )
        try:
            outcomes = read(folder)
        except (NoOutcomes, OSError) as exc:
            raise CommandError(str(exc)) from exc
        trained = evaluating.train(outcomes, is_evaluated=options["evaluate"])
        content = trained.classifier.to_bytes()
        if not options["dry_run"]:
            options["output"].write_bytes(content)
        return report(trained, content, is_written=not options["dry_run"])
