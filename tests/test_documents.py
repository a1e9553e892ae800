"""Documents that cannot drift: what the code has, the documents name, and the other way round."""

from __future__ import annotations

import re

from django.core.management import get_commands

from avyay_site.events import Event
from tests import sources

DOCS = sources.ROOT / "docs"
FOREIGN_VARIABLES = {
    # Read by libraries, documented because operators set them.
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
}


def documented_variables() -> set[str]:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z0-9_]+)` \|", text, re.M))


def test_every_variable_that_is_read_has_a_line_in_the_settings_page_and_no_line_is_left_over():
    assert sources.variables_read() - documented_variables() == set()
    assert documented_variables() - sources.variables_read() - FOREIGN_VARIABLES == set()


def test_every_command_of_ours_is_described():
    ours = {name for name, app in get_commands().items() if str(app).split(".")[0] in sources.PACKAGES}
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))

    assert ours
    assert {name for name in ours if f"manage.py {name}" not in pages} == set()


def test_every_event_is_in_the_architecture_page():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    waiting, names = [Event], set()
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.split(".")[0] in sources.PACKAGES and ".tests." not in kind.__module__:
                names.add(kind.__name__)

    assert names
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_links_between_documents_lead_somewhere():
    broken = []
    for page in [sources.ROOT / "README.md", sources.ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(sources.ROOT)} -> {target}")

    assert broken == []


def test_every_target_of_the_makefile_that_the_readme_names_exists():
    makefile = (sources.ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(
        re.findall(r"(?:`|\$ )make ([a-z-]+)", (sources.ROOT / "README.md").read_text(encoding="utf-8"))
    )

    assert named
    assert {name for name in named if not re.search(rf"^{name}:", makefile, re.M)} == set()
