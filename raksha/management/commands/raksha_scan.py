"""Scan a folder, an archive or a repository from the command line, with or without a running platform."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from avyay_site import env, initial
from raksha.models import Scan, ScanState
from raksha.reports import FORMATS, terminal
from raksha.services import direct, reports
from raksha.services.changing import UnableToChange
from raksha.services.gates import Gate, InvalidGate

EXAMPLES = """
  manage.py raksha_scan .
  manage.py raksha_scan https://github.com/owner/name --revision main
  manage.py raksha_scan app.zip --format sarif --out app.sarif --fail-on high

Exit: 0 nothing to fail on, 1 the scan failed, 2 wrong use, 3 a finding meets --fail-on.
"""


class Command(BaseCommand):
    help = "Scan a folder, an archive or a repository. The report goes to stdout, all else to stderr."
    requires_system_checks: list[str] = []

    def create_parser(self, *args: Any, **options: Any) -> Any:
        options.setdefault("formatter_class", RawDescriptionHelpFormatter)
        parser = super().create_parser(*args, **options)
        parser.epilog = EXAMPLES
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a folder, an archive (zip, tar and its kin), or https://…")
        parser.add_argument("--format", choices=["table", *FORMATS], default="table")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="write the report there instead of to stdout"
        )
        parser.add_argument(
            "--fail-on",
            metavar="WHAT",
            default="",
            help="critical, high, medium, low or info (that bad or worse), kev, act, attend; several with commas",
        )
        parser.add_argument(
            "--only-new", action="store_true", help="fail only on what the scan before did not find"
        )
        parser.add_argument(
            "--fail-if-partial", action="store_true", help="fail also when something was left out"
        )
        parser.add_argument("--revision", default="", help="branch, tag or commit of a repository")
        parser.add_argument(
            "--project", default="", help="name; by default that of the folder, archive or repository"
        )
        parser.add_argument("--workspace", default="", help="slug; by default the first one")
        parser.add_argument("--quiet", "-q", action="store_true", help="no progress on stderr")

    def handle(self, *args: Any, **options: Any) -> None:
        initial.migrate_if_needed()  # the first command on a machine may be this one
        try:
            gate = Gate.read(
                options["fail_on"], only_new=options["only_new"], fail_if_partial=options["fail_if_partial"]
            )
            scan = direct.scan_now(
                options["target"],
                workspace=options["workspace"],
                project=options["project"],
                revision=options["revision"],
                now=timezone.now(),
                watch=None if options["quiet"] else Talk(self),
            )
        except InvalidGate as exc:
            raise CommandError(str(exc), returncode=2) from exc
        except UnableToChange as exc:
            raise CommandError(str(exc), returncode=2) from exc
        if scan.state != ScanState.FINISHED:
            raise CommandError(
                f"The scan {scan.get_state_display().lower()}: {scan.reason or 'no reason is known'}"
            )
        self._report(scan, options)
        if reasons := gate.judge(scan):
            self.stderr.write("Failed: " + "\n        ".join(reasons))
            sys.exit(3)

    def _report(self, scan: Scan, options: dict[str, Any]) -> None:
        out: Path | None = options["out"]
        if options["format"] == "table":
            coloured = out is None and sys.stdout.isatty() and not env.text("NO_COLOR")
            data = terminal.write(reports.report_of(scan), colour=coloured).encode()
        else:
            data = reports.write_report(scan, options["format"])
        if out is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        try:
            out.write_bytes(data)
        except OSError as exc:
            raise CommandError(f"{out} cannot be written: {exc.strerror}.", returncode=2) from exc


class Talk:
    """Says on stderr how far a scan is: one line that is written over on a terminal, one line a stage elsewhere."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.began = time.monotonic()
        self.is_terminal = sys.stderr.isatty()
        self.said: set[str] = set()

    def __call__(self, scan: Scan) -> None:
        for stage, values in scan.progress.items():
            if values["state"] == "running" and self.is_terminal:
                sys.stderr.write(f"\r\x1b[K{stage} {_count(values)} · {time.monotonic() - self.began:.1f} s")
                sys.stderr.flush()
            elif values["state"] != "running" and stage not in self.said:
                self.said.add(stage)
                start = "\r\x1b[K" if self.is_terminal else ""
                sys.stderr.write(
                    f"{start}{stage}: {values['state']}, {_count(values)}, {values['seconds']:.1f} s\n"
                )


def _count(values: dict[str, Any]) -> str:
    return f"{values['done']:,} of {values['total']:,}" if values["total"] else f"{values['done']:,}"
