"""Send a day's prompts through `auto` in a workspace of their own, and say what that cost and saved."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import httpx
from django.utils import timezone

from avyay_site import places
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Membership, Role, Workspace
from avyay_site.accounts.services import create_workspace
from avyay_site.demo import Stage, UnableToShow
from avyay_site.keys.models import Scope
from avyay_site.keys.services import issue_key, revoke_key
from avyay_site.usage.models import UsageRecord
from marga import savings
from marga.demonstrating import prompts, stub
from marga.models import Kind, Model, Provider, Tier

WORKSPACE = "Demo day"
PROVIDER = "stub-models"
MODELS = (
    ("qwen3-coder", Tier.LOCAL, None, None),
    ("deepseek-r1", Tier.LOCAL, None, None),
    ("claude-haiku", Tier.MID, Decimal(1), Decimal(5)),
    ("claude-sonnet", Tier.MID, Decimal(3), Decimal(15)),
    ("claude-opus", Tier.FRONTIER, Decimal(5), Decimal(25)),
)
"""Name, tier, and USD per million tokens in and out."""

CAPABILITIES = ["tools", "json_schema"]
PROMPTS = 400
AT_ONCE = 16
PATIENCE_SECONDS = 20.0
TASK_HEADER = "x-marga-task-type"


def show(stage: Stage) -> None:
    """Run the day.

    Raises UnableToShow.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each call would bury the summary
    by = _access()
    with stub.serving() as address, _provider(by, address), _key(by) as secret:
        _wait_for(
            lambda: "claude-opus" in _models(stage.gateway, secret),
            "The gateway does not see the demo's models",
        )
        stage.say(f"\nA day of {PROMPTS} prompts through `auto`, against stub models:")
        begun = timezone.now()
        told = _send_all(stage.gateway, secret)
        calls = UsageRecord.objects.visible_to(by).filter(occurred_at__gte=begun - timedelta(seconds=5))
        _wait_for(lambda: calls.count() >= PROMPTS, "Not all calls are on the ledger")
        for line in _summary(by, told):
            stage.say(line)
        stage.say(f"The same as a page (workspace '{WORKSPACE}'): {stage.web}/app/gateway/")


def _access() -> Access:
    """Return the owner of the demonstration's workspace, made at its first run."""
    first = Workspace.objects.order_by("created_at", "id").first()
    owner = Membership.objects.filter(workspace=first, role=Role.OWNER).select_related("user").first()
    if owner is None:
        raise UnableToShow("There is no workspace with an owner yet; `make up` makes the first one.")
    mine = Membership.objects.filter(user=owner.user, workspace__name=WORKSPACE, role=Role.OWNER)
    membership = mine.select_related("workspace").first() or create_workspace(
        owner=owner.user, name=WORKSPACE
    )
    return Access(workspace=membership.workspace, role=Role.OWNER, user=owner.user)


@contextmanager
def _provider(by: Access, address: str) -> Iterator[None]:
    """Give the workspace the stub's models while the block runs; trusted, for whoever runs this runs the platform."""
    values = {"kind": Kind.OPENAI, "base_url": address, "is_trusted": True, "is_enabled": True}
    provider, _ = Provider.objects.visible_to(by).update_or_create(
        name=PROVIDER, workspace=by.workspace, defaults=values
    )
    for name, tier, price, price_out in MODELS:
        Model.objects.visible_to(by).update_or_create(
            provider=provider,
            name=name,
            workspace=by.workspace,
            defaults={
                "upstream_name": name,
                "tier": tier,
                "capabilities": CAPABILITIES,
                "input_usd_per_mtok": price,
                "output_usd_per_mtok": price_out,
            },
        )
    try:
        yield
    finally:
        Provider.objects.visible_to(by).filter(pk=provider.pk).update(is_enabled=False)


@contextmanager
def _key(by: Access) -> Iterator[str]:
    now = timezone.now()
    issued = issue_key(by=by, name="demo day", scopes=[Scope.MARGA_CALL], bucket="demo", now=now)
    try:
        yield issued.secret
    finally:
        revoke_key(by=by, key=issued.key, now=timezone.now())


def _models(gateway: str, secret: str) -> set[str]:
    if places.status_of(f"{gateway}/v1/models", bearer=secret) != 200:
        return set()
    answer = httpx.get(
        f"{gateway}/v1/models", headers={"Authorization": f"Bearer {secret}"}, timeout=5, trust_env=False
    )
    return {row["id"] for row in answer.json().get("data", ())}


def _send_all(gateway: str, secret: str) -> dict[str, int]:
    """Send every prompt; return how many went to which tier."""
    counts: dict[str, int] = {}
    headers = {"Authorization": f"Bearer {secret}"}
    with (
        httpx.Client(base_url=gateway, headers=headers, timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for tier in pool.map(lambda prompt: _send(client, prompt), prompts.day(PROMPTS)):
            counts[tier] = counts.get(tier, 0) + 1
    return counts


def _send(client: httpx.Client, prompt: prompts.Prompt) -> str:
    body = {
        "model": "auto",
        "messages": [{"role": "user", "content": prompt.text}],
        "max_tokens": prompt.output_tokens,
    }
    more = {TASK_HEADER: prompt.task} if prompt.task else {}
    try:
        answer = client.post("/v1/chat/completions", json=body, headers=more)
    except httpx.HTTPError as exc:
        raise UnableToShow(f"The gateway did not answer: {exc}") from exc
    if answer.is_error:
        raise UnableToShow(f"The gateway answered {answer.status_code}: {answer.text[:300]}")
    return str(answer.headers.get("x-marga-tier", ""))


def _wait_for(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise UnableToShow(f"{otherwise} after {PATIENCE_SECONDS:.0f} s; see `manage.py doctor`.")
        time.sleep(0.2)


def _summary(by: Access, told: dict[str, int]) -> Iterator[str]:
    now = timezone.now()
    found = savings.get_savings(by, now - timedelta(minutes=5), now)
    for tier in (Tier.LOCAL, Tier.MID, Tier.FRONTIER):
        yield f"  {told.get(tier, 0):4d} to {tier.label.lower()} models"
    share = f" ({found.saved_share:.0%})" if found.saved_share is not None else ""
    yield f"  spent {found.cost_usd:.4f} USD; all on claude-opus {found.baseline_usd:.4f} USD; saved {found.saved_usd:.4f}{share}"
    yield "  Stub models answer alike, so this says nothing about quality: shadow samples do, once real models are there."
