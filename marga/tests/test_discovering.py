from __future__ import annotations

import datetime as dt
import json
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga import catalogue, checking, discovering
from marga.models import Health, Kind, Model, Provider, Source, Tier
from marga.tests.factories import ModelFactory, ProviderFactory

pytestmark = pytest.mark.django_db


class Upstream(BaseHTTPRequestHandler):
    """A provider's list of models, in each kind's form."""

    url = ""
    status = 200
    names = ("gpt-5-mini", "text-embedding-3-small", "brand-new")
    asked: list[tuple[str, str]] = []

    def do_GET(self):
        key = self.headers.get("Authorization") or self.headers.get("x-api-key") or ""
        self.asked.append((self.path, key))
        form = ("models", "name") if self.path == "/api/tags" else ("data", "id")
        body = json.dumps({form[0]: [{form[1]: name} for name in self.names], "echo": key}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _fresh_handler() -> type[Upstream]:
    return type("Handler", (Upstream,), {"asked": []})


@pytest.fixture
def upstream():
    handler = _fresh_handler()
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    handler.url = f"http://127.0.0.1:{server.server_port}"
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def quiet(settings, monkeypatch):
    """Let nothing of this machine be found."""
    settings.OPENAI_API_KEY = settings.ANTHROPIC_API_KEY = settings.OLLAMA_HOST = ""
    monkeypatch.setattr(discovering, "_local_ollama", lambda: "")
    return WorkspaceFactory.create(slug="default")


def test_nothing_in_the_environment_makes_nothing(now):
    assert discovering.discover(now=now) == []
    assert not Provider.objects.exists()


def test_an_openai_key_makes_a_shared_provider_with_the_models_it_lists(settings, upstream, now, quiet):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-canary", f"{upstream.url}/v1"

    discovering.discover(now=now)

    provider = Provider.objects.get()
    assert (provider.name, provider.workspace, provider.source) == ("openai", quiet, Source.ENVIRONMENT)
    assert (provider.is_shared, provider.is_trusted, provider.health) == (True, True, Health.OK)
    assert upstream.asked == [("/v1/models", "Bearer sk-canary")]
    embedder, priced, unpriced = Model.objects.order_by("-name")
    assert embedder.capabilities == ["embeddings"]
    assert (priced.name, priced.input_usd_per_mtok, priced.tier) == ("gpt-5-mini", Decimal("0.25"), Tier.MID)
    assert (unpriced.name, unpriced.input_usd_per_mtok) == ("brand-new", None)
    assert set(priced.capabilities) == {"tools", "vision", "json_schema", "thinking"}
    assert (priced.context_window, priced.max_output_tokens) == (400_000, 128_000)
    version = priced.price_versions.get()
    assert (version.source, version.input_usd_per_mtok) == ("catalogue", Decimal("0.25"))


def test_anthropic_and_ollama_are_asked_in_their_own_forms(settings, upstream, now):
    settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "sk-ant", upstream.url
    settings.OLLAMA_HOST = upstream.url

    assert discovering.discover(now=now) == ["anthropic", "ollama"]

    assert upstream.asked == [("/v1/models?limit=1000", "sk-ant"), ("/api/tags", "")]
    assert set(Model.objects.filter(provider__name="ollama").values_list("tier", flat=True)) == {Tier.LOCAL}


def test_while_openai_does_not_answer_its_known_models_stand_in(settings, now, monkeypatch):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-canary", ""
    monkeypatch.setattr(checking, "_names", silent)

    discovering.discover(now=now)

    names = set(Model.objects.values_list("name", flat=True))
    assert names == {known.name for known in catalogue.price_lists()["openai"].models}
    assert Provider.objects.get().health == Health.FAILING


def silent(*_):
    raise checking._Fault("The provider does not answer.")


def test_another_server_that_does_not_answer_is_not_said_to_have_openais_models(settings, now):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-canary", "http://127.0.0.1:9/v1"

    discovering.discover(now=now)

    assert Provider.objects.get().health == Health.FAILING
    assert not Model.objects.exists()


def test_a_second_look_keeps_what_an_operator_changed(settings, upstream, now):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-canary", f"{upstream.url}/v1"
    discovering.discover(now=now)
    Model.objects.filter(name="brand-new").update(input_usd_per_mtok=Decimal(3), tier=Tier.FRONTIER)
    before = set(Provider.objects.values_list("pk", "updated_at"))

    discovering.discover(now=now)

    kept = Model.objects.get(name="brand-new")
    assert (kept.input_usd_per_mtok, kept.tier) == (Decimal(3), Tier.FRONTIER)
    assert set(Provider.objects.values_list("pk", "updated_at")) == before


def test_what_leaves_the_environment_leaves_the_rows_and_nothing_else_does(settings, upstream, now, quiet):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-canary", f"{upstream.url}/v1"
    discovering.discover(now=now)
    theirs = ModelFactory.create(provider__workspace=quiet).provider

    settings.OPENAI_API_KEY = ""
    discovering.discover(now=now)

    assert Provider.objects.get() == theirs


def test_a_name_that_was_given_by_hand_is_left_alone(settings, upstream, now, quiet):
    theirs = ProviderFactory.create(workspace=quiet, name="openai")
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-canary", f"{upstream.url}/v1"

    discovering.discover(now=now)

    theirs.refresh_from_db()
    assert (theirs.source, theirs.api_key.reveal()) == (Source.ADMIN, "sk-upstream-canary")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - what a server binds to
        ("box:9000", "http://box:9000"),
        ("http://box", "http://box:11434"),
        ("https://ollama.example.org/", "https://ollama.example.org:443"),
        ("https://ollama.example.org/api", "https://ollama.example.org:443/api"),
        ("[::1]:7000", "http://[::1]:7000"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(host, url):
    assert discovering.ollama_url(host) == url


@pytest.mark.parametrize("status", [401, 403, 500, 302])
def test_a_check_says_what_is_wrong_without_repeating_the_provider(upstream, status, now):
    upstream.status = status
    provider = ProviderFactory.create(base_url=f"{upstream.url}/v1", is_trusted=True)

    verdict = checking.check(provider, now=now)

    provider.refresh_from_db()
    assert verdict.health == provider.health == Health.FAILING
    assert str(status) in provider.health_detail
    assert "sk-upstream-canary" not in provider.health_detail
    assert provider.latest_checked_at == now


def test_an_answer_that_is_no_list_of_models_is_a_failure(upstream, now):
    upstream.names = ()
    provider = ProviderFactory.create(
        base_url=f"{upstream.url}/api/tags?x", kind=Kind.OPENAI, is_trusted=True
    )

    assert checking.check(provider, now=now).health == Health.OK
    provider.kind = Kind.OLLAMA
    assert "list of models" in checking.check(provider, now=now).detail


def test_a_members_provider_is_not_followed_into_a_private_network(upstream, now):
    provider = ProviderFactory.create(base_url=f"{upstream.url}/v1", is_trusted=False)

    verdict = checking.check(provider, now=now)

    assert verdict.health == Health.FAILING
    assert upstream.asked == []


def test_a_check_does_not_change_the_snapshot(upstream, now):
    provider = ProviderFactory.create(base_url=f"{upstream.url}/v1", is_trusted=True)

    checking.check(provider, now=now + dt.timedelta(days=1))

    before = provider.updated_at
    provider.refresh_from_db()
    assert provider.updated_at == before


def test_a_members_provider_in_an_allowed_network_is_asked(upstream, now, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    provider = ProviderFactory.create(base_url=f"{upstream.url}/v1", is_trusted=False)

    verdict = checking.check(provider, now=now)

    assert (verdict.health, verdict.models) == (Health.OK, upstream.names)
    assert upstream.asked == [("/v1/models", "Bearer sk-upstream-canary")]


@pytest.mark.parametrize(
    ("url", "tier"),
    [
        ("http://192.168.1.20:8000/v1", Tier.LOCAL),
        ("http://localhost:8000/v1", Tier.LOCAL),
        ("http://[::1]:8000/v1", Tier.LOCAL),
        ("https://openrouter.ai/api/v1", Tier.MID),
        ("https://8.8.8.8/v1", Tier.MID),
    ],
)
def test_an_open_model_is_local_where_its_address_says_so(url, tier):
    provider = ProviderFactory.create(base_url=url)

    model = discovering._new_model(provider, "Qwen/Qwen3-Coder-30B-A3B-Instruct")

    assert model.tier == tier
    assert ("tools" in model.capabilities) == (tier == Tier.LOCAL)
