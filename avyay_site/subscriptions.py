"""Who listens to what: the one page where products meet. Part of the composition root."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import events
from avyay_site.accounts.services import MemberJoined
from avyay_site.keys.services import KeyChanged
from avyay_site.usage.budgets import BudgetThreshold
from raksha.reranking import FindingEscalated
from raksha.scanning import ScanFinished

KEY_ACTIONS = {"key.issue": ("key.issued", "issued"), "key.revoke": ("key.revoked", "revoked")}
"""Which acts on keys people are told of: the type of the notification, and its verb."""


def connect() -> None:
    """Connect events with their listeners; called once, when all apps are loaded."""
    events.subscribe(KeyChanged, tell_of_key)
    events.subscribe(MemberJoined, tell_of_member)
    events.subscribe(BudgetThreshold, tell_of_budget)
    events.subscribe(FindingEscalated, tell_of_escalation)
    events.subscribe(ScanFinished, tell_of_scan)


def tell_of_key(event: KeyChanged) -> None:
    """Notify the workspace of a key that was issued or revoked."""
    if event.action not in KEY_ACTIONS:
        return
    from avyay_site.keys.models import ApiKey

    key = ApiKey.objects.filter(pk=event.key_id).first()
    if key is not None:
        event_type, verb = KEY_ACTIONS[event.action]
        _notify(
            event,
            event_type,
            f"The key {key.name} was {verb}",
            f"{key.display}, for {', '.join(key.scopes)}. The audit log says by whom.",
            {"key_id": key.pk, "name": key.name, "display": key.display},
        )


def tell_of_member(event: MemberJoined) -> None:
    """Notify the workspace of somebody who joined."""
    from avyay_site.accounts.models import Membership

    member = Membership.objects.filter(workspace_id=event.workspace_id, user_id=event.user_id)
    for joined in member.select_related("user", "workspace"):
        _notify(
            event,
            "member.joined",
            f"{joined.user} joined {joined.workspace}",
            f"Their role is {joined.get_role_display().lower()}.",
            {"user_id": joined.user_id, "email": joined.user.email, "role": joined.role},
        )


def tell_of_budget(event: BudgetThreshold) -> None:
    """Notify the workspace that a key has used much or all of its budget."""
    advice = (
        "Its calls are refused until the month ends or the budget is raised."
        if event.percent >= 100
        else "Raise the budget, or find out what uses it, before its calls are refused."
    )
    _notify(
        event,
        "budget.threshold",
        f"The key {event.key_name} has used {event.percent} % of its budget",
        f"${event.spent_usd:.2f} of ${event.budget_usd:.2f} in {event.month_date:%B %Y}. {advice}",
        {
            "key_id": event.key_id,
            "percent": event.percent,
            "spent_usd": f"{event.spent_usd:f}",
            "budget_usd": f"{event.budget_usd:f}",
            "month": f"{event.month_date:%Y-%m}",
        },
    )


def tell_of_escalation(event: FindingEscalated) -> None:
    """Notify the workspace of findings that new intelligence made urgent."""
    from raksha.models import Finding

    for finding in Finding.objects.filter(pk=event.finding_id).select_related("project"):
        others = f" and {event.count - 1} more" if event.count > 1 else ""
        why = "It is known to be exploited. " if finding.is_kev else ""
        _notify(
            event,
            "finding.escalated",
            f"{finding.rule}{others} became urgent ({event.word}) in {finding.project}"[:200],
            f"{finding.title}. {why}Priority {event.priority} of 100, by intelligence that came in without a scan.",
            {
                "finding_id": finding.pk,
                "project_id": event.project_id,
                "rule": finding.rule,
                "word": event.word,
                "priority": event.priority,
                "count": event.count,
                "is_exploited": event.is_exploited,
            },
        )


def tell_of_scan(event: ScanFinished) -> None:
    """Notify the workspace of a scan that finished, failed or did not pass a policy; not of one that was called off."""
    from raksha.models import Scan

    for scan in Scan.objects.filter(pk=event.scan_id).exclude(state="cancelled").select_related("project"):
        counts = {name: scan.counts.get(name, 0) for name in ("new", "fixed", "reopened", "open", "kev")}
        is_failed = scan.state == "failed" or scan.is_passing is False
        reasons = [reason for verdict in scan.verdicts for reason in verdict["reasons"]]
        partly = " Something was left out; the report says what." if scan.is_partial else ""
        summary = "{new} new, {reopened} reopened, {fixed} fixed, {open} open findings.".format(**counts)
        word = "failed" if scan.state == "failed" else "did not pass" if is_failed else "finished"
        _notify(
            event,
            "scan.failed" if is_failed else "scan.finished",
            f"The scan of {scan.project} {word}"[:200],
            scan.reason or " ".join([summary + partly, *reasons]),
            {
                "scan_id": scan.pk,
                "project_id": event.project_id,
                "project": scan.project.name,
                "state": scan.state,
                "is_partial": scan.is_partial,
                "is_passing": scan.is_passing,
                "counts": counts,
            },
        )


def _notify(event: events.Event, event_type: str, subject: str, body: str, data: dict[str, object]) -> None:
    from avyay_site.notifications.services import notify

    notify(
        workspace_id=event.workspace_id,
        event_type=event_type,
        subject=subject,
        body=body,
        data=data,
        now=timezone.now(),
    )
