from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "avyay_site.keys"
    verbose_name = "API keys"
