"""Say what works here and what does not."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand

from avyay_site import doctor
from avyay_site.checkup import Finding, State


class Command(BaseCommand):
    help = "Say what works here and what does not, and how to mend it. Exit code 1 when something fails."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="a JSON list instead of a table")

    def handle(self, *, json: bool, **_: object) -> None:
        findings = list(doctor.examine())
        self.stdout.write(as_json(findings) if json else as_table(findings))
        if any(finding.state is State.FAIL for finding in findings):
            sys.exit(1)


def as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], indent=2)


def as_table(findings: list[Finding]) -> str:
    """Return one line a finding; what to do stands below it."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<4}  {finding.name:<{width}}  {finding.detail}")
        if finding.mend:
            lines.append(f"{'':<4}  {'':<{width}}  -> {finding.mend}")
    return "\n".join(lines)
