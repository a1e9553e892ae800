"""The suites fetch sample pictures and sounds from the internet; give them small ones of our own."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from benchmarks.clients.target import PIXEL

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"


@pytest.fixture(autouse=True)
def _no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = httpx.get

    def get(url: str, **more: Any) -> Any:
        if "127.0.0.1" in url:
            return fetch(url, **more)
        content = PDF if url.endswith(".pdf") else WAV if url.endswith(".wav") else base64.b64decode(PIXEL)
        return httpx.Response(200, content=content, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
