"""Addresses of the dashboard's pages that are the platform's own."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from avyay_site import home
from avyay_site.keys import views as keys

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.front, name="front"),
    path("favicon.ico", RedirectView.as_view(url=static("img/icon.svg"))),
    path("styleguide/", home.styleguide, name="styleguide"),
    path("app/", home.home, name="home"),
    path("app/live", home.home_live, name="home_live"),
    path("app/start/", keys.start, name="start"),
    path("app/start/key", keys.start_key, name="start_key"),
    path("app/keys/", include("avyay_site.keys.urls")),
    path("app/usage/", include("avyay_site.usage.urls")),
    path("app/audit/", include("avyay_site.audit.urls")),
    path("app/notifications/", include("avyay_site.notifications.urls")),
    path("", include("avyay_site.accounts.urls")),
]
