"""A real archive through the real intake, the real sandbox and all real engines."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.utils import timezone

from avyay_site import limits
from raksha import scanning, services, tasks
from raksha.models import Dependency, Finding
from raksha.scanning import folders

pytestmark = [pytest.mark.django_db, pytest.mark.processes]

VIEW = """
from flask import Flask, request
from store import find

app = Flask(__name__)

@app.route("/find")
def view():
    return find(request.args["name"])
"""
STORE = """
import sqlite3

def find(name):
    db = sqlite3.connect("x.db")
    return db.execute("SELECT * FROM t WHERE name = '" + name + "'").fetchall()
"""
TOKEN = "ghp_" + "".join(reversed("4bQ7Zr0T9kLwXy2VnJ5mHs8GdCfEaP1u3W6t"))
FILES = {
    "shop/view.py": VIEW,
    "shop/store.py": STORE,
    "shop/config.py": f'TOKEN = "{TOKEN}"\n',
    "shop/requirements.txt": "django==4.2.1\nrequests==2.31.0\n",
    "shop/logo.png": "\x89PNG\0\0",
}


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for path, text in files.items():
            made.writestr(path, text)
    return buffer.getvalue()


@pytest.fixture
def scan_archive(access, settings, tmp_path, redis_server, monkeypatch):
    settings.VAR, settings.REDIS_URL = tmp_path, redis_server
    limits.forget()
    monkeypatch.setattr(tasks.run_scan, "delay_on_commit", lambda **_: None)

    def scan_archive(files: dict[str, str]):
        now = timezone.now()
        upload = services.receive_upload(by=access, name="shop.zip", chunks=[archive(files)], now=now)
        scan = services.request_scan(by=access, upload=upload, now=now)
        assert scanning.run_next() == scan.pk
        scan.refresh_from_db()
        return scan

    return scan_archive


def test_an_archive_is_scanned_by_every_engine(scan_archive):
    scan = scan_archive(FILES)

    assert (scan.state, scan.reason) == ("finished", "")
    assert set(scan.coverage["engines"]) == {"semgrep", "taint", "secrets", "packages"}
    assert {stage: counts["state"] for stage, counts in scan.progress.items()} == dict.fromkeys(
        ["unpack", "rules", "taint", "secrets", "packages", "intelligence", "report"], "done"
    )
    found = set(Finding.objects.values_list("engine", "path"))
    assert ("taint", "shop/store.py") in found
    assert ("secrets", "shop/config.py") in found
    assert set(Dependency.objects.values_list("name", "version")) == {
        ("django", "4.2.1"),
        ("requests", "2.31.0"),
    }
    assert list(folders.root().iterdir()) == []


def test_a_found_secret_is_stored_nowhere(scan_archive):
    scan_archive(FILES)

    stored = repr(list(Finding.objects.values()))
    assert TOKEN[:4] in stored
    assert TOKEN not in stored
    assert TOKEN[8:30] not in stored


def test_an_empty_feed_store_makes_it_partial_and_says_so(scan_archive):
    scan = scan_archive(FILES)

    assert scan.is_partial
    assert {skip["why"] for skip in scan.coverage["skips"]} >= {"no_advisories", "binary"}


def test_a_hostile_archive_ends_with_a_reason(scan_archive):
    scan = scan_archive({})

    assert scan.state == "failed"
    assert scan.reason


def test_a_rescan_equals_the_scan_before_and_looks_at_what_changed(scan_archive):
    scan_archive(FILES)
    before = set(Finding.objects.values_list("pk", "digest"))

    scan = scan_archive({**FILES, "shop/config.py": FILES["shop/config.py"] + "\n# end\n"})

    assert set(Finding.objects.values_list("pk", "digest")) == before
    assert scan.counts["new"] == scan.counts["fixed"] == 0
    assert scan.coverage["engines"]["taint"]["cached"] == 2


JAVA = """
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Properties;

public class Digests {
    static byte[] digest(byte[] text) throws Exception {
        Properties settings = new Properties();
        settings.load(Digests.class.getClassLoader().getResourceAsStream("app.properties"));
        return MessageDigest.getInstance(settings.getProperty("digest", "SHA-512")).digest(text);
    }
}
"""


@pytest.mark.parametrize(("digest", "count"), [("MD5", 1), ("SHA-256", 0)])
def test_what_a_java_program_is_set_to_decides(scan_archive, digest, count):
    scan_archive({"src/Digests.java": JAVA, "src/app.properties": f"digest={digest}\n"})

    assert Finding.objects.filter(rule="java.weak-hash").count() == count
