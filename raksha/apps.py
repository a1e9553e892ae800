from django.apps import AppConfig


class RakshaConfig(AppConfig):
    name = "raksha"
    verbose_name = "Rakṣā"

    def ready(self) -> None:
        from avyay_site import shell

        shell.register(
            shell.Part(
                name="Rakṣā",
                slug="raksha",
                initial="र",
                url_name="raksha:overview",
                summary="Finds, ranks and fixes what is exploitable.",
                go="r",
                order=20,
                health=lambda: shell.Health("idle", "nothing yet"),
            )
        )
