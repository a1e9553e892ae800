"""Valid minimal rows of the gateway."""

from __future__ import annotations

from factory.declarations import SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga.models import Credential, Kind, Model, Policy, Provider


class ProviderFactory(DjangoModelFactory[Provider]):
    class Meta:
        model = Provider

    workspace = SubFactory(WorkspaceFactory)
    name = Sequence(lambda n: f"provider-{n}")
    kind = Kind.OPENAI
    base_url = "https://models.example.org/v1"
    api_key = "sk-upstream-canary"


class ModelFactory(DjangoModelFactory[Model]):
    class Meta:
        model = Model

    provider = SubFactory(ProviderFactory)
    workspace = SelfAttribute("provider.workspace")
    name = Sequence(lambda n: f"model-{n}")
    upstream_name = SelfAttribute("name")


class CredentialFactory(DjangoModelFactory[Credential]):
    class Meta:
        model = Credential

    provider = SubFactory(ProviderFactory)
    workspace = SelfAttribute("provider.workspace")
    name = Sequence(lambda n: f"credential-{n}")
    api_key = "sk-credential-canary"


class PolicyFactory(DjangoModelFactory[Policy]):
    class Meta:
        model = Policy

    workspace = SubFactory(WorkspaceFactory)
    name = Sequence(lambda n: f"policy-{n}")
    document = {"tiers": {"mid": 0.3}}
