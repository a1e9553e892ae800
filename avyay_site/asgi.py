"""The web program: Django for HTTP with bounded bodies, Channels for the bell socket (Origin checked)."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avyay_site.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - needs the apps that the line above loads
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from avyay_site.body_limit import BodyLimit  # noqa: E402
from avyay_site.consumers import BellConsumer, SameOrigin  # noqa: E402

# Channels routes its own applications with Django's `path`, which the types of neither allow.
routes = URLRouter([path("live", BellConsumer.as_asgi())])  # type: ignore[arg-type, list-item]
bells: Any = AuthMiddlewareStack(routes)

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.ROOMY_PATHS),
        "websocket": SameOrigin(bells),
    }
)
