"""Add, change and remove models at providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from marga.models import PRICES, Model, Provider
from marga.services import changing
from marga.services.changing import UnableToChange

MODEL_FIELDS = (
    *("name", "upstream_name", "tier", "capabilities", "context_window", "max_output_tokens"),
    *PRICES,
    *("quality", "is_enabled"),
)
MOST_MODELS = 1000


@transaction.atomic
def create_model(*, by: Access, provider: Provider, **values: Any) -> Model:
    """Add a model to a provider of the asker's workspace.

    values: of MODEL_FIELDS; name at least. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    provider = changing.locked(provider)
    changing.require_not_of_file(provider, "model")
    if provider.models.count() >= MOST_MODELS:
        raise UnableToChange(f"A provider has at most {MOST_MODELS} models; remove one first.")
    values["upstream_name"] = values.get("upstream_name") or values.get("name", "")
    model = Model(workspace_id=provider.workspace_id, provider=provider)
    _set(by, model, values)
    changing.save(model)
    changing.announce(by, model, "model.create", provider=provider.name)
    return model


@transaction.atomic
def change_model(*, by: Access, model: Model, **values: Any) -> Model:
    """Change what is given, such as a price or the tier.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    changing.require_not_of_file(model.provider, "model")
    _set(by, model, values)
    changing.save(model)
    changing.announce(by, model, "model.change", fields=sorted(values))
    return model


@transaction.atomic
def delete_model(*, by: Access, model: Model) -> None:
    """Remove a model.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    changing.require_not_of_file(model.provider, "model")
    changing.announce(by, model, "model.delete", provider=model.provider.name)
    model.delete()


def _set(by: Access, model: Model, values: Mapping[str, Any]) -> None:
    changing.set_fields(model, values, MODEL_FIELDS)
    model.priced_by = by.actor if values.keys() & set(PRICES) else ""
