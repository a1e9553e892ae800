from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "avyay_site.usage"
    verbose_name = "Usage"
