from django.apps import AppConfig


class DevopsRagConfig(AppConfig):
    name = "devops_rag"
    verbose_name = "DevOps RAG"

    def ready(self) -> None:
        from avyay_site import shell

        shell.register(
            shell.Part(
                name="DevOps RAG",
                slug="devops_rag",
                initial="द",
                url_name="devops_rag:overview",
                summary="The paragraph that matches your alert, cited.",
                go="d",
                order=30,
                health=lambda: shell.Health("idle", "nothing yet"),
            )
        )
