from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "avyay_site.notifications"
