from __future__ import annotations

import re

import pytest
import yaml
from django.core.management import call_command

from avyay_site.api.docs import document


def test_the_document_is_valid_and_complete_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_the_document_is_served_as_json_and_as_yaml(client):
    as_json = client.get("/api/schema")
    as_yaml = client.get("/api/schema", headers={"Accept": "application/yaml"})
    by_link = client.get("/api/schema.yaml")

    assert as_json["Content-Type"] == "application/json"
    assert as_yaml["Content-Type"].startswith("application/yaml")
    assert as_yaml.content == by_link.content
    assert yaml.safe_load(as_yaml.content) == as_json.json()


def test_every_operation_says_what_it_does_what_it_needs_and_how_it_fails():
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert re.fullmatch(r"[A-Z].*[^.]", operation["summary"]), where
            assert re.search(
                r"Needs the scope `[a-z_]+:(read|write)`|Any valid key", operation["description"]
            ), where
            assert operation["security"] == [{"bearer": []}, {"header": []}, {"session": []}], where
            for status in ("400", "401", "403", "404", "429", "503"):
                content = operation["responses"][status]["content"]
                assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem"), where
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in names) == (method == "post"), where


@pytest.mark.parametrize("address", ["/api/docs", "/api/docs/problems"])
def test_the_pages_load_nothing_from_elsewhere_and_hold_no_inline_code(client, address):
    html = client.get(address).content.decode()

    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert loaded
    assert all(url.startswith("/") or url.startswith("#") for url in loaded), loaded
    assert not re.search(r"<style|style=|\son[a-z]+=|<script(?![^>]*src=)", html)


def test_the_script_of_the_page_names_the_document(client):
    page = client.get("/api/docs").content.decode()
    script = re.search(r'<script src="(/api/docs[^"]*)"', page)
    assert script

    code = client.get(script[1].replace("&amp;", "&"))

    assert code["Content-Type"].startswith("application/javascript")
    assert 'url: "/api/schema"' in code.content.decode()
