from django.apps import AppConfig


class RakshaConfig(AppConfig):
    name = "raksha"
    verbose_name = "Rakṣā"
