from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils import timezone

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

    from avyay_site.accounts.access import Access
    from avyay_site.checkup import Finding
    from avyay_site.demo import Stage
    from avyay_site.shell import Attention, Health


class RakshaConfig(AppConfig):
    name = "raksha"
    verbose_name = "Rakṣā"

    def ready(self) -> None:
        from avyay_site import checkup, demo, metrics, seeding, shell
        from avyay_site.notifications import event_types
        from raksha import samples

        event_types.declare("finding.escalated", "A finding became urgent by new intelligence")
        event_types.declare("scan.finished", "A scan finished")
        event_types.declare("scan.failed", "A scan failed, or did not pass a policy")
        seeding.register(samples.seed)
        demo.register(_show)
        metrics.add("raksha_feeds", _feed_ages)
        checkup.add("intelligence", _examine_feeds)
        checkup.add("walls", _examine_walls)
        shell.register(
            shell.Part(
                name="Rakṣā",
                slug="raksha",
                initial="र",
                url_name="raksha:overview",
                summary="Finds, ranks and fixes what is exploitable.",
                go="r",
                order=20,
                health=_health,
                attention=_attention,
            )
        )


def _show(stage: Stage) -> None:
    from raksha.demonstrating import scan

    scan.show(stage)


def _health() -> Health:
    """Tell how fresh the threat intelligence is."""
    from django.db import connection

    from avyay_site.shell import Health
    from raksha.feeds import standing

    try:
        found = standing.look(now=timezone.now())
    finally:
        connection.close()  # asked in a thread of its own, which may not be asked again
    words = {
        "none": ("idle", "no feeds yet"),
        "stale": ("warn", "old feeds"),
        "failing": ("warn", "feeds fail"),
    }
    tone, word = words.get(found.state, ("good", "feeds fresh"))
    return Health(tone, word, found.says)


def _attention(access: Access) -> Sequence[Attention]:
    """Name projects with findings to act on, and those whose latest scan failed."""
    from django.urls import reverse

    from avyay_site.shell import Attention
    from raksha.queries import scans

    findings = reverse("raksha:findings")
    urgent = [
        Attention(
            "bad",
            f"{name}: {count} finding{'s' if count > 1 else ''} to act on",
            f"{findings}?project={pk}&word=Act",
        )
        for pk, name, count in scans.get_urgent_projects(access)
    ]
    failed = [
        Attention("warn", f"The latest scan of {name} failed: {reason}", reverse("raksha:scan", args=[pk]))
        for pk, name, reason in scans.get_failed_latest(access)
    ]
    return [*urgent, *failed]


def _feed_ages() -> Iterator[GaugeMetricFamily]:
    from prometheus_client.core import GaugeMetricFamily

    from raksha.feeds import standing

    family = GaugeMetricFamily(
        "avyay_scan_feed_age_seconds", "Age of a feed's intelligence", labels=("feed",)
    )
    for name, seconds in standing.ages(now=timezone.now()).items():
        family.add_metric((name,), seconds)
    yield family


def _examine_feeds() -> Iterator[Finding]:
    from avyay_site.checkup import Finding, State
    from raksha.feeds import standing

    found = standing.look(now=timezone.now())
    if found.is_to_warn:
        yield Finding("intelligence", State.WARN, found.says, "`manage.py raksha_feed status` says more")
    else:
        yield Finding("intelligence", State.OK, "all feeds are fresh")


def _examine_walls() -> Iterator[Finding]:
    from django.conf import settings

    from avyay_site.checkup import Finding, State
    from raksha import sandbox

    mend = "docs/sandbox.md says what each system gives"
    try:
        with sandbox.Host(require_network_wall=settings.RAKSHA_SANDBOX == "require") as host:
            stands = host.isolation
    except sandbox.SandboxError as exc:
        yield Finding("walls", State.FAIL, str(exc), mend)
    else:
        state = State.WARN if stands.missing else State.OK
        yield Finding("walls", state, stands.says, mend if stands.missing else "")
