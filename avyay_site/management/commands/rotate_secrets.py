"""Encrypt every stored secret anew with the first of AVYAY_ENCRYPTION_KEYS.

To change the key: put a new one in front of the old one, restart, run this, then take the old one away and restart.
"""

from __future__ import annotations

import argparse
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from avyay_site import crypto
from avyay_site.fields import EncryptedTextField, Secret

BATCH = 500


class Command(BaseCommand):
    """Walk over every encrypted column of every model."""

    help = "Encrypt every stored secret anew with the first of AVYAY_ENCRYPTION_KEYS."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what can be opened, change nothing"
        )

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        lost = 0
        for model, name in encrypted_columns():
            done, failed = rotate(model, name, dry_run=dry_run)
            lost += failed
            verb = "would be encrypted" if dry_run else "encrypted"
            self.stdout.write(f"{model._meta.label}.{name}: {done} {verb} anew, {failed} cannot be opened")
        if lost:
            raise CommandError(
                f"{lost} secrets cannot be opened with the keys in AVYAY_ENCRYPTION_KEYS; put the missing key back, "
                "or enter those secrets again."
            )


def encrypted_columns() -> list[tuple[type[Model], str]]:
    """Return every column of the class EncryptedTextField."""
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    ]


def rotate(model: type[Model], name: str, *, dry_run: bool) -> tuple[int, int]:
    """Rewrite one column and return how many values were rewritten, and how many no key opens.

    A value that somebody changes meanwhile is left alone: it is encrypted with the first key already.
    """
    done = failed = 0
    filled = model._base_manager.exclude(**{name: ""}).exclude(**{f"{name}__isnull": True})
    for pk, secret in filled.values_list("pk", name).order_by("pk").iterator(chunk_size=BATCH):
        try:
            fresh = Secret(crypto.rotate(secret.token, settings.ENCRYPTION_KEYS))
        except crypto.UnableToDecrypt:
            failed += 1
            continue
        if not dry_run:
            model._base_manager.filter(pk=pk, **{name: secret}).update(**{name: fresh})
        done += 1
    return done, failed
