from django.apps import AppConfig


class DevopsRagConfig(AppConfig):
    name = "devops_rag"
    verbose_name = "DevOps RAG"
