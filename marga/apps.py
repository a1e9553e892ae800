from django.apps import AppConfig


class MargaConfig(AppConfig):
    name = "marga"
    verbose_name = "Mārga"
