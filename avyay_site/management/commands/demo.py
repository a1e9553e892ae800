"""Send a few requests through the gateway, and say where to look."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from avyay_site import demo, places
from avyay_site.accounts.access import for_system
from avyay_site.accounts.models import Workspace
from avyay_site.keys.models import Scope
from avyay_site.keys.services import issue_key, revoke_key

START_SECONDS = 120.0


class Command(BaseCommand):
    help = "Send a few requests through the gateway, then a day of prompts to stub models; starts a platform if none runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", default="auto")

    def handle(self, *, model: str, **_: object) -> None:
        with platform() as here:
            workspace = Workspace.objects.order_by("created_at", "id").first()
            if workspace is None:
                raise CommandError("There is no workspace yet; `make up` makes the first one.")
            by = for_system(workspace)
            issued = issue_key(
                by=by, name="demo", scopes=[Scope.MARGA_CALL], bucket="demo", now=timezone.now()
            )
            try:
                wait_until_known(here.gateway, issued.secret)
                demo.send_all(here.gateway, issued.secret, say=self.stdout.write, model=model)
                stage = demo.Stage(here.gateway, here.web, self.stdout.write)
                for show in demo.shows:
                    show(stage)
            except demo.UnableToShow as exc:
                raise CommandError(str(exc)) from exc
            finally:
                revoke_key(by=by, key=issued.key, now=timezone.now())
            self.stdout.write(f"\nThe requests, their tokens and their cost: {here.web}/app/usage/")


@contextmanager
def platform() -> Iterator[places.Places]:
    """Give the running platform, or one started for the duration."""
    here = places.running(settings.VAR)
    if here is not None:
        yield here
        return
    with subprocess.Popen([sys.executable, "manage.py", "up"], cwd=settings.BASE_DIR) as started:
        try:
            yield wait_until_running(started)
        finally:
            started.send_signal(signal.SIGTERM)


def wait_until_running(started: subprocess.Popen[bytes]) -> places.Places:
    deadline = time.monotonic() + START_SECONDS
    while (here := places.running(settings.VAR)) is None:
        if started.poll() is not None or time.monotonic() > deadline:
            raise CommandError("The platform did not start; what it said stands above.")
        time.sleep(0.2)
    return here


def wait_until_known(gateway: str, secret: str) -> None:
    """Wait until the gateway has heard of a new key: it asks once a second."""
    deadline = time.monotonic() + 10
    while places.status_of(f"{gateway}/v1/models", bearer=secret) != 200:
        if time.monotonic() > deadline:
            raise demo.UnableToShow("The gateway does not know the new key; see `manage.py doctor`.")
        time.sleep(0.1)
