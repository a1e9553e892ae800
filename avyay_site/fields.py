"""Model fields shared by all apps."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import models

from avyay_site import ids


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
