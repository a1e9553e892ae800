from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "avyay_site.accounts"
    verbose_name = "Accounts"
