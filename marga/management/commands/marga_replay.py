"""Estimate what a policy would change, before it goes live."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from avyay_site.accounts.models import Workspace
from marga import replays
from marga.policies import BUILT_IN, InvalidPolicy, Policy, parse_policy
from marga.replaying import Interval, Report

MOST_DAYS = 3650
"""Far more than traces are kept."""


class Command(BaseCommand):
    help = "Decide stored calls again by a policy: what they would cost, which tiers would answer, how well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--policy", required=True, metavar="FILE", help="YAML, or auto, cheap or best")
        parser.add_argument("--workspace", default="", metavar="SLUG", help="all by default")
        parser.add_argument("--days", type=int, default=7, help="how far back, 7 by default")
        parser.add_argument("--only", default="", metavar="NAME", help="only calls that this policy decided")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> str:
        now = timezone.now()
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days is at least 1 and at most {MOST_DAYS}.")
        report = replays.run(
            policy=_policy(options["policy"]),
            since=now - timedelta(days=options["days"]),
            now=now,
            workspace_id=_workspace_id(options["workspace"]),
            only=options["only"],
        )
        return json.dumps(report.as_json(), indent=2) if options["json"] else _text(report)


def _policy(given: str) -> Policy:
    path = Path(given)
    if given in BUILT_IN and not path.exists():
        return BUILT_IN[given]
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return parse_policy("replayed", {} if document is None else document)
    except OSError as exc:
        raise CommandError(f"{given} cannot be read: {exc.strerror}.") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise CommandError(f"{given} is not YAML: {exc}") from exc
    except InvalidPolicy as exc:
        raise CommandError(f"{given}: {exc}") from exc


def _workspace_id(slug: str) -> str:
    if not slug:
        return ""
    found = Workspace.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no workspace '{slug}'.")
    return str(found.pk)


def _text(report: Report) -> str:
    if not report.decided:
        return f"Of {report.requests:,} calls none would be decided by this policy.{_why(report)}"
    lines = [
        f"{report.decided:,} of {report.requests:,} calls decided again, {report.changed:,} by another model.{_why(report)}",
        "",
        f"cost      {report.cost_before_usd:.4f} → {report.cost_after_usd:.4f} USD: {_saved(report.saved_share)}",
        f"quality   {report.quality_before.value:.1%} → {report.quality_after.value:.1%} of answers suffice: "
        f"{_points(report.quality_change)}",
        "tiers     "
        + ", ".join(
            f"{tier} {before / report.decided:.0%} → {report.tiers_after[tier] / report.decided:.0%}"
            for tier, before in report.tiers_before.items()
        ),
    ]
    lines += [f"          {count:,} × {old} → {new}" for old, new, count in report.changes]
    return "\n".join([*lines, "", "Assumed:", *(f"- {sentence}" for sentence in report.assumptions)])


def _why(report: Report) -> str:
    reasons = [f"{count:,} {reason}" for reason, count in report.left_alone.items()]
    reasons += [f"{count:,} would be refused ({code})" for code, count in report.refused.items()]
    return f" Left as they are: {', '.join(reasons)}." if reasons else ""


def _saved(share: Interval) -> str:
    return f"saves {share.value:.1%} (95 % interval {share.low:.1%} to {share.high:.1%})"


def _points(change: Interval) -> str:
    low, high = change.low * 100, change.high * 100
    return f"{change.value * 100:+.1f} points (95 % interval {low:+.1f} to {high:+.1f})"
