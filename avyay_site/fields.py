"""Model fields shared by all apps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from avyay_site import crypto, ids

MASK = "••••••••"


class IdField(models.CharField):  # type: ignore[type-arg]
    """A primary key made by `ids.new_id`, such as `key_01JD…`."""

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        self.prefix = prefix
        kwargs["max_length"] = len(prefix) + 1 + ids.ULID_LENGTH
        kwargs["primary_key"] = True
        kwargs["editable"] = False
        kwargs["default"] = partial(ids.new_id, prefix)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for made_here in ("max_length", "primary_key", "editable", "default"):
            kwargs.pop(made_here, None)
        return name, path, [self.prefix, *args], kwargs


@dataclass(frozen=True, repr=False)
class Secret:
    """A sealed text: whatever prints it shows a mask, only `reveal()` gives it away.

    token: the Fernet token that is stored; empty for an empty secret, which is false.
    """

    token: str

    @classmethod
    def seal(cls, text: str) -> Secret:
        """Return text sealed with the first key."""
        return cls(crypto.encrypt(text, settings.ENCRYPTION_KEYS) if text else "")

    def reveal(self) -> str:
        """Return the text.

        Raises crypto.UnableToDecrypt when no key of ours opens it.
        """
        return crypto.decrypt(self.token, settings.ENCRYPTION_KEYS) if self.token else ""

    def is_readable(self) -> bool:
        """Tell whether a key of ours opens it."""
        try:
            self.reveal()
        except crypto.UnableToDecrypt:
            return False
        return True

    def holds(self, text: str) -> bool:
        """Tell whether this is the secret; one that no key of ours opens holds nothing."""
        return self.is_readable() and self.reveal() == text

    def __bool__(self) -> bool:
        return bool(self.token)

    def __str__(self) -> str:
        return MASK if self.token else ""

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"


class _SealedAttribute(DeferredAttribute):
    """Seal what is assigned, so that an instance never holds a secret in clear."""

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A secret, stored as a Fernet token: assign a text, read a `Secret`.

    `row.api_key = "sk-…"` seals it, `row.api_key.reveal()` opens it, `row.api_key.token` is what is stored.
    It stands in no form. Only "is it empty" can be asked of the database. `manage.py rotate_secrets` finds it.
    """

    descriptor_class = _SealedAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, *_: object) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Any:
        return Secret.seal(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        sealed = self.to_python(value)
        return sealed.token if isinstance(sealed, Secret) else super().get_prep_value(sealed)

    def value_to_string(self, obj: models.Model) -> str:
        """Leave secrets out of `dumpdata`."""
        return ""
