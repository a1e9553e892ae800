from django.apps import AppConfig


class BuildengineConfig(AppConfig):
    name = "buildengine"
    verbose_name = "Build engine"

    def ready(self) -> None:
        from avyay_site import shell

        shell.register(
            shell.Part(
                name="Build engine",
                slug="buildengine",
                initial="य",
                url_name="buildengine:overview",
                summary="Agents on whichever laptop is awake.",
                go="b",
                order=40,
                health=lambda: shell.Health("idle", "nothing yet"),
            )
        )
