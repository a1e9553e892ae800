"""What browsers are sent stays small, and holds nothing that the content security policy would refuse."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import django_htmx
import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
SCRIPT_BYTES = 150_000
INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=['\"]js:", re.IGNORECASE
)
ELSEWHERE = re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_is_free_of_inline_code_and_of_other_hosts(path: Path):
    text = path.read_text(encoding="utf-8")

    assert INLINE.findall(text) == []
    assert ELSEWHERE.findall(text) == []


def test_scripts_of_all_pages_together_stay_within_their_budget():
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    scripts = [htmx, *(ROOT / "static").rglob("*.js")]

    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) <= SCRIPT_BYTES


def test_every_variable_of_the_style_sheets_is_a_token():
    sheets = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "static" / "css").glob("*.css")}
    tokens = set(re.findall(r"(--[\w-]+):", sheets["tokens.css"])) | {"--tone", "--soft"}
    used = {
        name: set(re.findall(r"var\((--[\w-]+)", text))
        for name, text in sheets.items()
        if name != "admin.css"
    }

    assert {name: sorted(unknown) for name, asked in used.items() if (unknown := asked - tokens)} == {}
