"""What the gateway's part does by the clock."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints, schedules
from marga import adapting, contents, discovering, queries, tasks, tracing


@hints.task(queue="default")
def discover(**_: object) -> None:
    """Bring the providers of the environment up to date."""
    discovering.discover(now=timezone.now())


@hints.task(queue="default")
def check_providers(**_: object) -> None:
    """Have the providers checked whose latest check is the oldest."""
    for provider_id in queries.get_stalest_provider_ids():
        tasks.check_provider.delay_on_commit(provider_id=provider_id)


@hints.task(queue="default")
def forget_traces(**_: object) -> None:
    """Delete traces that are older than they are kept, some at a time."""
    tracing.forget_old(now=timezone.now())


@hints.task(queue="default")
def forget_contents(**_: object) -> None:
    """Delete prompts and answers whose time is over, some at a time."""
    contents.forget_old(now=timezone.now())


@hints.task(queue="default")
def learn_need(**_: object) -> None:
    """Learn from the latest verdicts how far each workspace's need is from what the classifier says."""
    adapting.learn(now=timezone.now())


schedules.every(discover, seconds=300, name="marga: find providers in the environment")
schedules.every(check_providers, seconds=60, name="marga: ask providers whether they answer")
schedules.every(forget_traces, seconds=3600, name="marga: forget old traces")
schedules.every(learn_need, seconds=24 * 3600, name="marga: learn from verdicts")
schedules.every(forget_contents, seconds=600, name="marga: forget prompts and answers")
