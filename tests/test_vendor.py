"""What is vendored is what the manifest says, byte for byte, with its licence beside it."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "static" / "vendor"
MANIFEST = tomllib.loads((VENDOR / "MANIFEST.toml").read_text(encoding="utf-8"))
FONT_BYTES = 320_000


def test_every_vendored_file_has_the_hash_of_the_manifest():
    for folder, entry in MANIFEST.items():
        for name, file in entry["files"].items():
            found = hashlib.sha512((VENDOR / folder / name).read_bytes()).hexdigest()
            assert found == file["sha512"], f"{folder}/{name} differs from the manifest"


def test_nothing_is_vendored_outside_the_manifest():
    named = {VENDOR / folder / name for folder, entry in MANIFEST.items() for name in entry["files"]}

    found = {path for path in VENDOR.rglob("*") if path.is_file()} - {VENDOR / "MANIFEST.toml"}

    assert found == named


def test_every_vendored_package_brings_its_licence():
    for folder, entry in MANIFEST.items():
        assert "LICENSE" in entry["files"], folder
        assert entry["licence"] in {"MIT", "OFL-1.1"}, folder
        assert len(entry["tarball_sha512"]) == 128


def test_fonts_stay_within_their_budget():
    assert sum(path.stat().st_size for path in VENDOR.rglob("*.woff2")) <= FONT_BYTES
