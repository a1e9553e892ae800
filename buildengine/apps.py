from django.apps import AppConfig


class BuildengineConfig(AppConfig):
    name = "buildengine"
    verbose_name = "Build engine"
