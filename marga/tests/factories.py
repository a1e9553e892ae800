"""Valid minimal rows of the gateway."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga.models import Kind, Model, Provider


class ProviderFactory(DjangoModelFactory[Provider]):
    class Meta:
        model = Provider

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"provider-{n}")
    kind = Kind.OPENAI
    base_url = "https://models.example.org/v1"
    api_key = "sk-upstream-canary"


class ModelFactory(DjangoModelFactory[Model]):
    class Meta:
        model = Model

    provider = factory.SubFactory(ProviderFactory)
    workspace = factory.SelfAttribute("provider.workspace")
    name = factory.Sequence(lambda n: f"model-{n}")
    upstream_name = factory.SelfAttribute("name")
