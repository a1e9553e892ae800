"""Bring threat intelligence in from files or over the network, and say how fresh it is."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from raksha import reranking
from raksha.feeds import fetching, importing, standing
from raksha.feeds.errors import FeedError
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed, FeedKind
from raksha.packages import ECOSYSTEMS

EVERY_SECONDS = 0.5


class Command(BaseCommand):
    help = "Import feeds of threat intelligence from files, fetch them, or show how old each is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        bring = actions.add_parser(
            "import", help="import a file: zip of JSON, JSON lines, JSON or CSV, also packed"
        )
        bring.add_argument("kind", choices=FeedKind.values)
        bring.add_argument("file", type=Path)
        bring.add_argument(
            "--ecosystem",
            default="",
            help=f"of an OSV export: {', '.join(ECOSYSTEMS)}; for others the source's name",
        )
        bring.add_argument(
            "--merge", action="store_true", help="add to what is there instead of replacing it"
        )
        bring.add_argument(
            "--force", action="store_true", help="also if it is older or much smaller than what is there"
        )
        get = actions.add_parser("fetch", help="fetch feeds now")
        get.add_argument("kind", nargs="?", choices=FeedKind.values, help="all by default")
        get.add_argument("--ecosystem", default="")
        get.add_argument("--whole", action="store_true", help="whole exports, not only what was modified")
        actions.add_parser("status", help="show each feed with its age; exit 1 if any is old or missing")

    def handle(self, *args: Any, **options: Any) -> None:
        {"import": self._import, "fetch": self._fetch, "status": self._status}[options["action"]](options)

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        kind, ecosystem = options["kind"], options["ecosystem"]
        if kind == FeedKind.OSV and ecosystem not in ECOSYSTEMS:
            raise CommandError(
                f"An OSV export is of one ecosystem: add --ecosystem, one of {', '.join(ECOSYSTEMS)}."
            )
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
        manner = Manner(merge=options["merge"], force=options["force"])
        feed = importing.get_feed(kind, ecosystem)
        began = time.monotonic()
        try:
            with self._progress(feed.name) as progress:
                counts = importing.import_file(
                    feed, path, now=timezone.now(), manner=manner, progress=progress
                )
        except FeedError as exc:
            raise CommandError(f"{path} was not imported: {exc}", returncode=2) from exc
        self._say(feed, counts, time.monotonic() - began)
        self._rank()

    def _fetch(self, options: dict[str, Any]) -> None:
        wanted = [
            feed
            for feed in fetching.ensure_feeds()
            if options["kind"] in (None, feed.kind) and options["ecosystem"] in ("", feed.ecosystem)
        ]
        if not wanted:
            raise CommandError("No feed of this kind has an address; see RAKSHA_FEED_* in docs/settings.md.")
        failed = 0
        for feed in wanted:
            began = time.monotonic()
            try:
                with self._progress(feed.name) as progress:
                    counts = fetching.fetch(
                        feed.pk, now=timezone.now(), whole=options["whole"], progress=progress
                    )
            except FeedError as exc:
                failed += 1
                self.stderr.write(f"{feed.name}: {exc}")
                continue
            if counts is None:
                self.stdout.write(f"{feed.name}: unchanged")
            else:
                self._say(feed, counts, time.monotonic() - began)
        self._rank()
        if failed:
            raise CommandError(
                f"{failed} of {len(wanted)} feeds failed; their last good rows stay.", returncode=2
            )

    def _status(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        for feed in Feed.objects.all():
            age = feed.age(now)
            parts = [
                f"{feed.name:<16}",
                f"{feed.rows:>9,} rows",
                f"{standing.days(age) if age else 'never':>9}{' old' if age else '    '}",
                feed.get_state_display(),
                f"version {feed.version}" if feed.version else "",
                feed.error,
            ]
            self.stdout.write("  ".join(part for part in parts if part))
        found = standing.look(now=now)
        if found.is_to_warn:
            raise CommandError(found.says, returncode=1)
        self.stdout.write("All feeds are fresh.")

    def _say(self, feed: Feed, counts: Counts, seconds: float) -> None:
        rejected = f", {counts.rejected:,} rejected" if counts.rejected else ""
        self.stdout.write(
            f"{feed.name}: {counts.rows:,} rows, {counts.changed:,} new or changed, {counts.gone:,} gone{rejected}"
            f" in {seconds:.1f} s"
        )

    def _rank(self) -> None:
        began = time.monotonic()
        if touched := reranking.catch_up(now=timezone.now()):
            self.stdout.write(f"{touched:,} projects ranked again in {time.monotonic() - began:.1f} s")

    @contextmanager
    def _progress(self, name: str) -> Iterator[Progress]:
        """Show how far an import is, on a terminal over and over in one line, else at its end alone."""
        if not sys.stderr.isatty():
            yield importing.quiet
            return
        shown_at = [0.0]

        def show(count: int) -> None:
            if time.monotonic() - shown_at[0] >= EVERY_SECONDS:
                shown_at[0] = time.monotonic()
                self.stderr.write(f"\r{name}: {count:,} records ", ending="")
                self.stderr.flush()

        yield show
        self.stderr.write("\r", ending="")
