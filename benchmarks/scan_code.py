"""A small shop in many languages, made anew from a number: some files are sound, some are not."""

from __future__ import annotations

import io
import random
import zipfile

PYTHON = """from flask import Flask, request
import {helper}
import hashlib

app = Flask(__name__)

@app.route("/{name}")
def {name}():
    value = request.args.get("{name}", "")
    rows = {helper}.load_{helper}({value})
    return {{"rows": rows, "tag": hashlib.{digest}(b"{name}").hexdigest()}}
"""
HELPER = """import sqlite3

def load_{name}(value):
    db = sqlite3.connect("{name}.db")
    return db.execute({query}).fetchall()

def total_{name}(rows):
    return sum(row[0] for row in rows if row[0] > {number})
"""
JAVASCRIPT = """const express = require("express");
const {{ exec }} = require("child_process");
const app = express();

app.get("/{name}", (req, res) => {{
  const wanted = {value};
  exec("ls " + wanted, (error, out) => res.json({{ out, limit: {number} }}));
}});

module.exports = app;
"""
JAVA = """import javax.servlet.http.*;
import java.io.*;

public class {Name} extends HttpServlet {{
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {{
    String name = {value};
    response.getWriter().println(new File("/data/" + name).length() + {number});
  }}
}}
"""
GO = """package {name}

import "crypto/{digest}"

func Tag(data []byte) int {{
	sum := {digest}.Sum{size}(data)
	return int(sum[0]) + {number}
}}
"""
DOCKERFILE = 'FROM python:3.{number}\nRUN pip install flask\nCOPY . /app\nCMD ["python", "/app/{name}.py"]\n'
WORKFLOW = "on: pull_request_target\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{{{ github.event.pull_request.title }}}}\n"
SHELL = '#!/bin/sh\nset -e\nrm -rf /tmp/{name}\neval "$1"\necho {number}\n'
TERRAFORM = 'resource "aws_s3_bucket" "{name}" {{\n  bucket = "{name}-{number}"\n  acl = "public-read"\n}}\n'
YAML = "name: {name}\nreplicas: {number}\ndebug: true\n"
LOCK = "django==4.2.{number}\nrequests==2.2{number}.0\nflask==2.0.{number}\njinja2==3.0.{number}\n"
NAMES = [
    "cart",
    "order",
    "stock",
    "user",
    "price",
    "item",
    "offer",
    "basket",
    "parcel",
    "invoice",
    "refund",
    "rating",
]


def make(seed: int, files: int = 50) -> dict[str, str]:
    """Return so many files by path; equal numbers give equal files, other numbers other contents."""
    chance = random.Random(seed)  # noqa: S311 (a fixed sequence)
    made = {"requirements.txt": LOCK.format(number=chance.randrange(1, 8))}
    kinds = [_python, _helper, _python, _helper, _javascript, _java, _go, _text]
    while len(made) < files:
        name = f"{chance.choice(NAMES)}_{seed}_{len(made)}"
        path, text = kinds[len(made) % len(kinds)](name, chance, made)
        made[path] = text
    return made


def edit(files: dict[str, str], chance: random.Random) -> dict[str, str]:
    """Return the files with one of them changed: another value, another query, a line put above, or anew."""
    path = chance.choice(sorted(path for path in files if path != "requirements.txt"))
    text = files[path]
    choices = [
        text.replace("request.args", "request.form") if "args" in text else text + "\n# end\n",
        text.replace('"SELECT 1"', '"SELECT * FROM t WHERE a = " + value'),
        text.replace("sha256", "md5"),
        "\n" * chance.randrange(1, 50) + text,
    ]
    changed = chance.choice(choices)
    return files | {path: changed if changed != text else f"{text}\n"}


def archive(files: dict[str, str]) -> bytes:
    """Return the files as a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for path, text in files.items():
            made.writestr(path, text)
    return buffer.getvalue()


def _python(name: str, chance: random.Random, made: dict[str, str]) -> tuple[str, str]:
    helpers = [path[:-3] for path in made if path.startswith("lib_")] or ["os"]
    value = chance.choice(["value", "value", "'fixed'"])
    digest = chance.choice(["sha256", "md5"])
    helper = chance.choice(helpers)
    return f"{name}.py", PYTHON.format(name=name, helper=helper, value=value, digest=digest)


def _helper(name: str, chance: random.Random, made: dict[str, str]) -> tuple[str, str]:
    query = chance.choice(
        ['"SELECT 1"', '"SELECT a FROM t WHERE b = ?", (value,)', '"SELECT a FROM t WHERE b = " + value']
    )
    return f"lib_{name}.py", HELPER.format(name=f"lib_{name}", query=query, number=chance.randrange(100))


def _javascript(name: str, chance: random.Random, made: dict[str, str]) -> tuple[str, str]:
    value = chance.choice(["req.query.name", '"docs"'])
    return f"web/{name}.js", JAVASCRIPT.format(name=name, value=value, number=chance.randrange(100))


def _java(name: str, chance: random.Random, made: dict[str, str]) -> tuple[str, str]:
    value = chance.choice(['request.getParameter("name")', '"fixed"'])
    title = name.title().replace("_", "")
    return f"src/{title}.java", JAVA.format(Name=title, value=value, number=chance.randrange(100))


def _go(name: str, chance: random.Random, made: dict[str, str]) -> tuple[str, str]:
    digest, size = chance.choice([("md5", ""), ("sha256", "256")])
    return f"go/{name}.go", GO.format(name=name, digest=digest, size=size, number=chance.randrange(100))


def _text(name: str, chance: random.Random, made: dict[str, str]) -> tuple[str, str]:
    path, text = chance.choice(
        [
            (f"{name}/Dockerfile", DOCKERFILE),
            (f".github/workflows/{name}.yml", WORKFLOW),
            (f"bin/{name}.sh", SHELL),
            (f"infra/{name}.tf", TERRAFORM),
            (f"conf/{name}.yaml", YAML),
        ]
    )
    return path, text.format(name=name, number=chance.randrange(100))
