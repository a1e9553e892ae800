"""A system check that explains a broken config file of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from marga import configuring
from marga.configfile import WrongConfig

MOST_SHOWN = 5


@register()
def check_config(**_: Any) -> list[CheckMessage]:
    """Return the faults of the file that MARGA_CONFIG names; a file that is not there is explained elsewhere."""
    path = Path(settings.MARGA_CONFIG)
    if not settings.MARGA_CONFIG or not path.is_file():
        return []
    try:
        configuring.check(path)
    except WrongConfig as exc:
        faults = [str(fault) for fault in exc.faults[:MOST_SHOWN]]
        more = len(exc.faults) - len(faults)
        return [
            Warning(
                f"The gateway does not use {path}: {' · '.join(faults)}{f' · and {more} more' if more else ''}",
                hint="Mend it; it is read again at once. Until then the providers of its last good state stay.",
                id="avyay.W007",
            )
        ]
    return []
