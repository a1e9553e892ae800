"""System checks that explain a wrong environment, each with a hint. `manage.py check`, `doctor` and `up` show them."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import validate_host

SHORTEST_SECRET_KEY = 32
FEWEST_CHARACTERS = 8


@register(Tags.security)
def check_environment(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the variables, taken together."""
    checks = (_secret_key, _debug, _plain_http, _gateway_config, _own_host, _proxy_before_https)
    return [message for check in checks if (message := check()) is not None]


def _secret_key() -> CheckMessage | None:
    key = settings.SECRET_KEY
    if len(key) >= SHORTEST_SECRET_KEY and len(set(key)) >= FEWEST_CHARACTERS:
        return None
    return Error(
        "SECRET_KEY is weak: sessions could be forged.",
        hint="Leave it unset to have one made, or set it to 50 random characters.",
        id="avyay.E001",
    )


def _debug() -> CheckMessage | None:
    if not settings.DEBUG or _is_loopback(settings.BIND):
        return None
    return Error(
        f"AVYAY_DEBUG is on while AVYAY_BIND is {settings.BIND}: its pages show settings and code to others.",
        hint="Unset AVYAY_DEBUG, or bind to 127.0.0.1.",
        id="avyay.E002",
    )


def _plain_http() -> CheckMessage | None:
    if settings.IS_HTTPS or _is_loopback(settings.BIND):
        return None
    return Warning(
        f"AVYAY_BIND is {settings.BIND} and AVYAY_PUBLIC_URL begins with http://: passwords and keys cross the "
        "network unencrypted.",
        hint="Put a proxy with TLS in front and set AVYAY_PUBLIC_URL to its https:// address, or bind to 127.0.0.1.",
        id="avyay.W003",
    )


def _gateway_config() -> CheckMessage | None:
    if not settings.MARGA_CONFIG:
        return None
    try:
        with Path(settings.MARGA_CONFIG).open("rb"):
            return None
    except OSError as exc:
        return Error(
            f"MARGA_CONFIG names {settings.MARGA_CONFIG}, which cannot be read ({exc.strerror}).",
            hint="Name a readable YAML file, or unset the variable.",
            id="avyay.E004",
        )


def _own_host() -> CheckMessage | None:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    name = f"[{host}]" if ":" in host else host
    if settings.DEBUG or validate_host(name, settings.ALLOWED_HOSTS):
        return None
    return Error(
        f"AVYAY_PUBLIC_URL names {host!r}, but AVYAY_ALLOWED_HOSTS does not: every page would answer 400.",
        hint=f"Set AVYAY_ALLOWED_HOSTS to {name or 'the host name of AVYAY_PUBLIC_URL'},localhost,127.0.0.1.",
        id="avyay.E005",
    )


def _proxy_before_https() -> CheckMessage | None:
    if not settings.IS_HTTPS or settings.TRUSTED_PROXY_COUNT:
        return None
    return Warning(
        "AVYAY_PUBLIC_URL begins with https:// but AVYAY_TRUSTED_PROXIES is 0: behind a proxy that ends TLS, every "
        "page would redirect to itself.",
        hint="Set AVYAY_TRUSTED_PROXIES to the number of proxies in front, usually 1.",
        id="avyay.W006",
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
