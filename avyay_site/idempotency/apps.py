from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "avyay_site.idempotency"
