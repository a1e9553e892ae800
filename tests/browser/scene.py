"""The rows behind the browser tests: a workspace with something on every page, and an empty one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import global_settings
from django.test import override_settings
from django.utils import timezone

from avyay_site.accounts import services as accounts
from avyay_site.accounts.access import for_user
from avyay_site.accounts.models import Membership, Role, User, Workspace
from avyay_site.accounts.tests.factories import PASSWORD, MembershipFactory, UserFactory
from avyay_site.ids import new_id
from avyay_site.keys import services as keys
from avyay_site.keys.models import ApiKey
from avyay_site.notifications import services as notifications
from avyay_site.seeding import Plot
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage
from marga.receiving import take_usage
from marga.services import create_policy
from marga.tests.factories import CredentialFactory, ModelFactory
from marga.tests.test_records import sample
from marga.tests.test_traces import trace
from raksha import samples as scanner
from raksha.correlating import rank_project
from raksha.models import Dependency, Feed, Finding, Project, ScanPolicy

HOSTILE = "'\"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}\u202e\x1b[2J"
SCOPES = ("marga:call", "platform:read")


@dataclass(frozen=True)
class Scene:
    """Names that tests need. newcomer_email: of somebody in an empty workspace."""

    email: str
    password: str
    workspace_id: str
    key_id: str
    channel_id: str
    member_id: str
    newcomer_email: str
    request_id: str
    policy_id: str
    project_id: str
    scan_id: str
    finding_id: str
    gate_id: str


@override_settings(PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS)
def set_scene() -> Scene:
    """Make everything through the real services, with passwords that the web process can check."""
    operator = UserFactory.create(email="owner@example.org", is_staff=True, is_superuser=True)
    owner = MembershipFactory.create(user=operator, workspace__name="Ink", workspace__slug="ink")
    other = MembershipFactory.create(
        workspace=owner.workspace, user__email="member@example.org", role=Role.MEMBER
    )
    newcomer = MembershipFactory.create(
        user__email="newcomer@example.org", workspace__name="Blank", workspace__slug="blank"
    )
    key = make_key(owner, "laptop")
    revoked = make_key(owner, "old laptop")
    keys.revoke_key(by=access(owner), key=revoked, now=timezone.now())
    use(key, times=40)
    accounts.invite_member(by=access(owner), email="invited@example.org", now=timezone.now())
    channel = notifications.create_channel(
        by=access(owner), name="ops", kind="email", target="ops@example.org", event_types=["key.issued"]
    ).channel
    policy = create_policy(
        by=access(owner), name="nights", document={"description": "Nights may wait.", "tiers": {"mid": 0.5}}
    )
    ModelFactory.create(provider__workspace=owner.workspace, provider__name="openai", name="gpt-5-mini")
    CredentialFactory.create(provider__workspace=owner.workspace, provider__name="anthropic", bucket="agents")
    project_id, scan_id, finding_id = scan(owner)
    return Scene(
        email=owner.user.email,
        password=PASSWORD,
        workspace_id=owner.workspace_id,
        key_id=key.pk,
        channel_id=channel.pk,
        member_id=other.pk,
        newcomer_email=newcomer.user.email,
        request_id=route(key),
        policy_id=policy.pk,
        project_id=project_id,
        scan_id=scan_id,
        finding_id=finding_id,
        gate_id=ScanPolicy.objects.visible_to(access(owner)).earliest("pk").pk,
    )


def access(membership: Membership):
    """Return the access of a membership's user in its workspace."""
    found = for_user(membership.user, membership.workspace_id)
    assert found is not None
    return found


def make_key(membership: Membership, name: str) -> ApiKey:
    limits = keys.Limits(monthly_budget_usd=Decimal(20))
    return keys.issue_key(
        by=access(membership), name=name, scopes=SCOPES, limits=limits, now=timezone.now()
    ).key


def invite(scene: Scene, email: str) -> str:
    """Invite an address into the full workspace; return the path of its link."""
    owner = User.objects.get(email=scene.email)
    by = for_user(owner, scene.workspace_id)
    assert by is not None
    link = accounts.invite_member(by=by, email=email, now=timezone.now()).link
    return "/join/" + link.rpartition("/")[2]


def use_latest_key(scene: Scene) -> None:
    """Record one request with the key that was issued last, as the gateway would."""
    use(ApiKey.objects.filter(workspace_id=scene.workspace_id).latest("created_at"), times=1)


def use_key(key_id: str, model: str) -> None:
    """Record one request with a key."""
    use(ApiKey.objects.get(pk=key_id), times=1, model=model)


def use(key: ApiKey, *, times: int, model: str = "claude-sonnet") -> None:
    now = timezone.now()
    record_usage(
        [
            UsageRecord(
                request_id=new_id("req"),
                occurred_at=now - timedelta(hours=3 * number),
                workspace_id=key.workspace_id,
                key=key,
                product="marga",
                action="chat.completions",
                model_requested="auto",
                model_used=model,
                provider="anthropic",
                status=502 if number % 13 == 12 else 200,
                input_tokens=1200,
                output_tokens=80,
                cost_usd=Decimal("0.0048"),
                duration_ms=900,
                ttft_ms=210,
            )
            for number in range(times)
        ]
    )


def route(key: ApiKey, *, model: str = "gpt-5-mini", explain: str = "A middle model will do.") -> str:
    """Take in a call as the gateway sends it, routed at the second try; return its id."""
    request_id, now = new_id("req"), timezone.now()
    record = sample(
        request_id=request_id,
        occurred_at=now.isoformat(),
        workspace_id=key.workspace_id,
        key_id=key.pk,
        model_used=model,
        trace=trace(attempts=[try_of(model, 503, "overloaded"), try_of(model, 200, "")], explain=explain),
    )
    assert not take_usage([record], now=now).rejected
    return request_id


def try_of(model: str, status: int, error: str) -> dict[str, object]:
    """Return one try of a trace."""
    return {"model": model, "provider": "openai", "status": status, "error": error, "started_ms": 1, "ms": 50}


def route_latest(key_id: str, model: str) -> None:
    """Take in one routed call with a key."""
    route(ApiKey.objects.get(pk=key_id), model=model)


def set_hostile_scene(scene: Scene) -> None:
    """Put text that attacks pages into every field that others can write."""
    owner = Membership.objects.get(user__email=scene.email, workspace_id=scene.workspace_id)
    key = make_key(owner, HOSTILE[:80])
    use(key, times=1, model=HOSTILE)
    route(key, model=HOSTILE[:60], explain=HOSTILE)
    notifications.create_channel(by=access(owner), name=HOSTILE[:80], kind="email", target="a@example.org")
    User.objects.filter(memberships=scene.member_id).update(name=HOSTILE)
    Workspace.objects.filter(pk=scene.workspace_id).update(name=HOSTILE[:80])
    spoil_the_scanner(scene)


def spoil_the_scanner(scene: Scene) -> None:
    """Name a project, files, rules and packages as somebody whose code is scanned might."""
    Project.objects.filter(pk=scene.project_id).update(name=HOSTILE[:100])
    found = Finding.objects.get(pk=scene.finding_id)
    found.title = found.path = found.rule = HOSTILE
    found.detail = {**found.detail, "message": HOSTILE, "snippet": HOSTILE, "matched": HOSTILE}
    found.save(update_fields=["title", "path", "rule", "detail"])
    Dependency.objects.filter(project=scene.project_id).update(name=HOSTILE, licence=HOSTILE, path=HOSTILE)


def scan(owner: Membership) -> tuple[str, str, str]:
    """Fill the scanner's pages as `manage.py seed` does; return a project, its scan and a finding with a flow."""
    by = access(owner)
    key = ApiKey.objects.filter(workspace=owner.workspace).earliest("created_at")
    plot = Plot(owner.workspace, {Role.OWNER: owner.user}, key, by, timezone.now())
    ids = scanner.seed(plot)
    found = Finding.objects.visible_to(by).get(rule="python.sql-injection")
    rank_project(found.project, now=timezone.now())
    Feed.objects.create(
        kind="kev", rows=3, fetched_at=timezone.now() - timedelta(days=3), url="https://example.org"
    )
    return ids["raksha/projects"], ids["raksha/scans"], found.pk
