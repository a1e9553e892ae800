"""Feeds as their publishers write them, and a server on loopback that gives them out, well or badly."""

from __future__ import annotations

import gzip
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

NOT_FOUND = (404, b"nothing here", {})  # type: ignore[var-annotated]


def osv(number: int, name: str = "", *, fixed: str = "2.0", **more: Any) -> dict[str, Any]:
    """Make an advisory about a package of its own."""
    record = {
        "schema_version": "1.6.0",
        "id": f"PYSEC-2025-{number}",
        "modified": "2026-03-01T10:00:00Z",
        "published": "2026-02-20T10:00:00Z",
        "aliases": [f"CVE-2025-{number:04d}", f"GHSA-aaaa-bbbb-{number:04d}"],
        "summary": f"Something is wrong in number {number}",
        "details": "It can be misused.\nThe rest of the story\tis long.",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name or f"Package_{number}"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                "versions": ["1.0", "1.1"],
            }
        ],
        "references": [{"type": "ADVISORY", "url": f"https://example.org/{number}"}],
        "database_specific": {"cwe_ids": ["CWE-502", "CWE-20"]},
    }
    return {**record, **more}


def lines(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def zipped(records: list[Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for number, record in enumerate(records):
            archive.writestr(f"{record.get('id', number)}.json", json.dumps(record))
    return held.getvalue()


def kev(*numbers: int, version: str = "2026.03.01", **more: Any) -> dict[str, Any]:
    """Make a catalogue of these CVEs."""
    entries = [
        {
            "cveID": f"CVE-2025-{number:04d}",
            "vendorProject": "Vendor",
            "product": f"Product {number}",
            "vulnerabilityName": f"Product {number} Deserialization Vulnerability",
            "dateAdded": "2026-02-27",
            "shortDescription": "It is bad.",
            "requiredAction": "Mend it.",
            "dueDate": "2026-03-20",
            "knownRansomwareCampaignUse": "Known" if number % 2 else "Unknown",
            "notes": "",
            "cwes": ["CWE-502"],
        }
        for number in numbers
    ]
    document = {"title": "Catalogue", "catalogVersion": version, "dateReleased": "2026-03-01T10:00:00Z"}
    return {**document, "count": len(entries), "vulnerabilities": entries, **more}


def epss(scores: dict[int, tuple[float, float]], day: str = "2026-03-01") -> bytes:
    head = f"#model_version:v2025.03.14,score_date:{day}T00:00:00+0000\n" if day else ""
    rows = "".join(f"CVE-2025-{number:04d},{p},{q}\n" for number, (p, q) in scores.items())
    return gzip.compress(f"{head}cve,epss,percentile\n{rows}".encode())


class Shop:
    """What the server gives: path → (status, body, headers). asked: (path, headers) of each request so far."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        self.answers[path] = (
            status,
            body,
            {name.replace("_", "-"): value for name, value in headers.items()},
        )


@pytest.fixture
def shop(settings: Any) -> Iterator[Shop]:
    """Serve feeds on loopback, and have the settings name them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
            status, body, headers = shop.answers.get(self.path, NOT_FOUND)  # type: ignore[attr-defined]
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop = Shop(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    settings.RAKSHA_FEED_KEV = f"{shop.address}/kev.json"
    settings.RAKSHA_FEED_EPSS = f"{shop.address}/epss.csv.gz"
    settings.RAKSHA_FEED_CVE = f"{shop.address}/cve.zip"
    settings.RAKSHA_FEED_OSV = shop.address
    settings.RAKSHA_FEED_GHSA = "off"
    settings.RAKSHA_FEED_ECOSYSTEMS = ["PyPI"]
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()
