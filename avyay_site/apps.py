from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The platform itself: binds Celery's shared tasks to our app and connects events with their listeners."""

    name = "avyay_site"
    verbose_name = "Avyay"

    def ready(self) -> None:
        from django.apps import apps
        from django.db.models.signals import post_migrate

        from avyay_site import checks, schedules, subscriptions  # noqa: F401 - importing registers the checks
        from avyay_site.celery import app  # noqa: F401 - makes it the current app for @shared_task

        subscriptions.connect()
        post_migrate.connect(
            schedules.ensure_schedules,
            sender=apps.get_app_config("django_celery_beat"),
            dispatch_uid="avyay schedules",
        )
