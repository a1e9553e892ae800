from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "avyay_site.audit"
    verbose_name = "Audit log"

    def ready(self) -> None:
        from avyay_site.audit import bridge

        bridge.connect()
