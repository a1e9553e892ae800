"""What a handler can be reached by, and what quoting prevents."""

from __future__ import annotations

import pytest

from raksha.taint import engine
from raksha.taint.budget import Budget

PROGRAM = """
from urllib.parse import quote

from flask import Flask, redirect, request

app = Flask(__name__)


@app.route("/")
def show():
    raw = request.args["q"]
    {body}
"""


def rules(body: str) -> set[str]:
    text = PROGRAM.format(body=body.replace("\n", "\n    "))
    found = engine.analyse({"app.py": text.encode()}, languages={"app.py": "python"}, budget=Budget())
    return {detection.rule for detection in found.detections}


@pytest.mark.parametrize(("text", "is_found"), [("x1", True), ("11", False)])
def test_a_handler_is_reached_only_when_the_body_can_fail(text, is_found):
    body = f'try:\n    number = int("{text}")\n    value = "fixed"\nexcept ValueError:\n    value = raw\nreturn redirect(value)'

    assert rules(body) == ({"python.open-redirect"} if is_found else set())


@pytest.mark.parametrize(
    ("call", "is_found"), [('quote(raw, safe="")', False), ("quote(raw)", True), ("raw.strip()", True)]
)
def test_a_value_quoted_whole_leads_to_no_other_host(call, is_found):
    assert rules(f"return redirect({call})") == ({"python.open-redirect"} if is_found else set())


def test_a_location_that_is_sent_by_hand_is_a_redirect():
    text = """
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", parse_qs(urlparse(self.path).query)["q"][0])
        self.end_headers()
"""
    found = engine.analyse({"serve.py": text.encode()}, languages={"serve.py": "python"}, budget=Budget())

    assert "python.open-redirect" in {detection.rule for detection in found.detections}
