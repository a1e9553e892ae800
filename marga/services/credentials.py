"""Add, change and remove the credentials of providers."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from marga.models import Credential, CredentialState, Provider
from marga.services import changing
from marga.services.changing import UnableToChange

CREDENTIAL_FIELDS = (
    *("name", "api_key", "bucket", "requests_per_minute", "tokens_per_minute", "is_enabled"),
)
MOST_CREDENTIALS = 50


@transaction.atomic
def create_credential(*, by: Access, provider: Provider, **values: Any) -> Credential:
    """Add a credential to a provider of the asker's workspace.

    values: of CREDENTIAL_FIELDS; name and api_key at least. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    provider = changing.locked(provider)
    changing.require_not_of_file(provider, "credential")
    if provider.credentials.count() >= MOST_CREDENTIALS:
        raise UnableToChange(f"A provider has at most {MOST_CREDENTIALS} credentials; remove one first.")
    credential = Credential(workspace_id=provider.workspace_id, provider=provider)
    _set(credential, values)
    changing.announce(by, credential, "credential.create", provider=provider.name, bucket=credential.bucket)
    return credential


@transaction.atomic
def change_credential(*, by: Access, credential: Credential, **values: Any) -> Credential:
    """Change what is given, such as the bucket or a limit.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    changing.require_not_of_file(credential.provider, "credential")
    _set(credential, values)
    changing.announce(by, credential, "credential.change", fields=sorted(values))
    return credential


@transaction.atomic
def delete_credential(*, by: Access, credential: Credential) -> None:
    """Remove a credential.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    changing.require_not_of_file(credential.provider, "credential")
    changing.announce(by, credential, "credential.delete", provider=credential.provider.name)
    credential.delete()


def _set(credential: Credential, values: dict[str, Any]) -> None:
    changing.set_fields(credential, values, CREDENTIAL_FIELDS)
    if not credential.api_key:
        raise UnableToChange("api_key: Give the credential's key.")
    if "api_key" in values:
        # What was said of the old key says nothing of this one.
        credential.state, credential.state_until = CredentialState.UNKNOWN, None
    changing.save(credential)
