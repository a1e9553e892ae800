from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The platform itself: binds Celery's shared tasks to our app and connects events with their listeners."""

    name = "avyay_site"
    verbose_name = "Avyay"

    def ready(self) -> None:
        from avyay_site import checks, subscriptions  # noqa: F401 - importing registers the checks
        from avyay_site.celery import app  # noqa: F401 - makes it the current app for @shared_task

        subscriptions.connect()
