"""Who listens to what: the one page where products meet. Part of the composition root."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import events
from avyay_site.accounts.services import MemberJoined
from avyay_site.keys.services import KeyChanged
from avyay_site.usage.budgets import BudgetThreshold
from raksha.reranking import FindingEscalated

KEY_ACTIONS = {"key.issue": ("key.issued", "issued"), "key.revoke": ("key.revoked", "revoked")}
"""Which acts on keys people are told of: the type of the notification, and its verb."""


def connect() -> None:
    """Connect events with their listeners; called once, when all apps are loaded."""
    events.subscribe(KeyChanged, tell_of_key)
    events.subscribe(MemberJoined, tell_of_member)
    events.subscribe(BudgetThreshold, tell_of_budget)
    events.subscribe(FindingEscalated, tell_of_escalation)


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
