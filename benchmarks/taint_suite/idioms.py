"""How a request's value comes in, in six ways of writing a Python web program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import indent


@dataclass(frozen=True)
class Idiom:
    """name; page: how it answers with HTML; write(imports, helpers, body) gives the files of a program.

    The body finds the request's text in `raw` and ends by returning `answer`. stop: how it refuses a request.
    """

    name: str
    write: Callable[[str, str, str], dict[str, str]]
    page: str
    redirect: str
    header: str
    session: str
    stop: str
    imports: str = ""


def _flask(imports: str, helpers: str, body: str) -> dict[str, str]:
    return {
        "app.py": f"from flask import Flask, abort, make_response, redirect, request, session\n{imports}\napp = Flask(__name__)\n\n{helpers}\n\n"
        f'@app.route("/show", methods=["GET", "POST"])\ndef show():\n    raw = request.args.get("q", "")\n{indent(body, "    ")}\n    return answer\n'
    }


def _django(imports: str, helpers: str, body: str) -> dict[str, str]:
    return {
        "views.py": f"from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseRedirect\n{imports}\n\n{helpers}\n\n"
        f'def show(request):\n    raw = request.POST.get("q", "")\n{indent(body, "    ")}\n    return answer\n',
        "urls.py": 'from django.urls import path\n\nfrom views import show\n\nurlpatterns = [path("show/", show)]\n',
    }


def _fastapi(imports: str, helpers: str, body: str) -> dict[str, str]:
    return {
        "main.py": "from fastapi import FastAPI, HTTPException, Request, Response\nfrom fastapi.responses import HTMLResponse, RedirectResponse\n"
        f'{imports}\n\napp = FastAPI()\n\n{helpers}\n\n@app.get("/show")\ndef show(q: str, request: Request):\n    raw = q\n{indent(body, "    ")}\n    return answer\n'
    }


def _async(imports: str, helpers: str, body: str) -> dict[str, str]:
    return {
        "server.py": "from starlette.applications import Starlette\nfrom starlette.exceptions import HTTPException\n"
        "from starlette.responses import HTMLResponse, RedirectResponse, Response\nfrom starlette.routing import Route\n"
        f'{imports}\n\n{helpers}\n\nasync def show(request):\n    form = await request.form()\n    raw = form["q"]\n{indent(body, "    ")}\n    return answer\n\n\n'
        'app = Starlette(routes=[Route("/show", show, methods=["POST"])])\n'
    }


def _plain(imports: str, helpers: str, body: str) -> dict[str, str]:
    return {
        "serve.py": "from http.server import BaseHTTPRequestHandler, HTTPServer\nfrom urllib.parse import parse_qs, urlparse\n"
        f'{imports}\n\nsession = {{}}\n\n{helpers}\n\nclass Handler(BaseHTTPRequestHandler):\n    def do_GET(self):\n        raw = parse_qs(urlparse(self.path).query)["q"][0]\n'
        f'{indent(body, "        ")}\n        return answer\n\n\nHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()\n'
    }


def _classes(imports: str, helpers: str, body: str) -> dict[str, str]:
    return {
        "web/app.py": 'from flask import Flask, request\n\nfrom web.service import Service\n\napp = Flask(__name__)\nservice = Service()\n\n\n'
        '@app.route("/show")\ndef show():\n    return service.show(request.args["q"])\n',
        "web/service.py": "from flask import abort, make_response, redirect, session\n\n"
        f'{imports}\n\n{helpers}\n\nclass Service:\n    def __init__(self):\n        self.calls = 0\n\n    def show(self, raw):\n        self.calls += 1\n{indent(body, "        ")}\n        return answer\n',
        "web/__init__.py": "",
    }  # fmt: skip


FLASK_WORDS = {
    "page": 'answer = make_response("<p>" + {value} + "</p>")',
    "redirect": "answer = redirect({value})",
    "header": 'answer = make_response("ok")\nanswer.headers["X-Name"] = {value}',
    "session": 'session["user"] = {value}\nanswer = "ok"',
    "stop": "abort(400)",
}
IDIOMS = (
    Idiom("flask", _flask, **FLASK_WORDS),
    Idiom(
        "django", _django,
        page='answer = HttpResponse("<p>" + {value} + "</p>")',
        redirect="answer = HttpResponseRedirect({value})",
        header='answer = HttpResponse("ok")\nanswer["X-Name"] = {value}',
        session='request.session["user"] = {value}\nanswer = HttpResponse("ok")',
        stop="return HttpResponseBadRequest()",
    ),
    Idiom(
        "fastapi", _fastapi,
        page='answer = HTMLResponse("<p>" + {value} + "</p>")',
        redirect="answer = RedirectResponse({value})",
        header='answer = Response("ok")\nanswer.headers["X-Name"] = {value}',
        session='request.session["user"] = {value}\nanswer = {{}}',
        stop="raise HTTPException(400)",
    ),
    Idiom(
        "async", _async,
        page='answer = HTMLResponse("<p>" + {value} + "</p>")',
        redirect="answer = RedirectResponse({value})",
        header='answer = Response("ok", headers={{"X-Name": {value}}})',
        session='request.session["user"] = {value}\nanswer = Response("ok")',
        stop="raise HTTPException(400)",
    ),
    Idiom(
        "plain", _plain,
        page='answer = None\nself.send_response(200)\nself.send_header("Content-Type", "text/html")\nself.end_headers()\nself.wfile.write(("<p>" + {value} + "</p>").encode())',
        redirect='answer = None\nself.send_response(302)\nself.send_header("Location", {value})\nself.end_headers()',
        header='answer = None\nself.send_response(200)\nself.send_header("X-Name", {value})\nself.end_headers()',
        session='session["user"] = {value}\nanswer = None',
        stop="return None",
    ),
    Idiom("classes", _classes, **FLASK_WORDS),
)  # fmt: skip
