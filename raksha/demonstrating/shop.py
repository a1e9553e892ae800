"""A small shop with a weakness of each kind that the scanner looks for. Never run; it is made of text alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

SEARCH = '''"""Search, over two files: the query is put together where nobody sees the request."""

import sqlite3


def find(word):
    rows = sqlite3.connect("shop.db").execute("SELECT name FROM goods WHERE name LIKE '%" + word + "%'")
    return [name for (name,) in rows]
'''
APP = """import hashlib
import subprocess

from flask import Flask, redirect, request

from search import find

app = Flask(__name__)


@app.route("/search")
def search():
    return "<ul>" + "".join("<li>" + name for name in find(request.args.get("q", "")))


@app.route("/ping")
def ping():
    host = request.args["host"]
    if not host.isalnum():
        return "no", 400
    return subprocess.check_output("ping -c1 " + host, shell=True)


@app.route("/thumbnail")
def thumbnail():
    return subprocess.check_output("convert " + request.args["file"] + " -resize 100 -", shell=True)


@app.route("/leave")
def leave():
    return redirect(request.args["to"])


def receipt(text):
    return hashlib.md5(text.encode()).hexdigest()
"""
SERVLET = """package shop;

import java.io.IOException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

public class Greeting extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("text/html");
        response.getWriter().println("<h1>Hello " + request.getParameter("name") + "</h1>");
    }
}
"""
PAGE = """window.addEventListener("message", (event) => {
  document.getElementById("news").innerHTML = event.data;
});
"""
DOCKERFILE = """FROM python:latest
ENV SHOP_PASSWORD=swordfish-and-chips-42
ADD https://downloads.example.org/tool.tar.gz /opt/
COPY . /app
CMD ["python", "/app/app.py"]
"""
WORKFLOW = """on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: echo "Thanks for ${{ github.event.pull_request.title }}"
"""
REQUIREMENTS = "flask==2.0.1\njinja2==2.11.2\nrequests==2.25.0\npyyaml\n"


def write(folder: Path) -> None:
    """Write the shop's files below a folder."""
    for name, text in _files().items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def _files() -> dict[str, str]:
    return {
        "app.py": APP,
        "search.py": SEARCH,
        "settings.py": f'GITHUB_TOKEN = "{_token()}"\n',
        "src/shop/Greeting.java": SERVLET,
        "static/news.js": PAGE,
        "Dockerfile": DOCKERFILE,
        ".github/workflows/greet.yml": WORKFLOW,
        "requirements.txt": REQUIREMENTS,
    }


def _token() -> str:
    """Return what looks like a token and never was one; put together here, so that no scanner trips over this file."""
    return "gh" + "p_" + hashlib.sha256(b"the shop of the demonstration").hexdigest()[:36]
