from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from avyay_site.accounts.access import Access
    from avyay_site.demo import Stage
    from avyay_site.shell import Attention, Health


class MargaConfig(AppConfig):
    name = "marga"
    verbose_name = "Mārga"

    def ready(self) -> None:
        from avyay_site import demo, health, seeding, shell, steps
        from marga import checks, samples  # noqa: F401 - importing registers the checks

        health.add_note("marga_config", _config_note)
        seeding.register(samples.seed)
        steps.register("marga_discover", _discover)
        demo.register(_show)
        shell.register(
            shell.Part(
                name="Mārga",
                slug="marga",
                initial="म",
                url_name="marga:overview",
                summary="Every request to the cheapest model that is good enough.",
                go="g",
                order=10,
                health=_health,
                attention=_attention,
            )
        )


def _config_note() -> str:
    from marga import configuring

    return (
        "The gateway's config file is broken; its last good state stays."
        if configuring.status().problem
        else ""
    )


def _discover(now: datetime) -> None:
    from marga import discovering

    discovering.discover(now=now)


def _show(stage: Stage) -> None:
    from marga.demonstrating import day

    day.show(stage)


def _health() -> Health:
    """Tell whether the config file is in use; whether the gateway answers is a part of its own."""
    from avyay_site.shell import Health
    from marga import configuring

    if configuring.status().problem:
        return Health("warn", "config broken", "The config file is not used; the last good state stays.")
    return Health("good", "serving")


def _attention(access: Access) -> Sequence[Attention]:
    from django.urls import reverse

    from avyay_site.shell import Attention
    from marga import configuring, queries

    url = reverse("marga:models")
    found = [
        Attention("bad", f"The provider {provider.name} fails: {provider.health_detail}", url)
        for provider in queries.get_failing(access)
    ]
    if configuring.status().problem:
        found.append(
            Attention("warn", "The gateway's config file is broken; the last good state stays.", url)
        )
    return found
