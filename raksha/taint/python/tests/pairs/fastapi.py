"""FastAPI, Starlette, aiohttp and other asynchronous programs."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

HEAD = """\
import asyncio, os, sqlite3, subprocess
import aiohttp, asyncpg, httpx
from enum import Enum
from typing import Annotated, Optional
from uuid import UUID
from fastapi import Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from pydantic import BaseModel
from sqlalchemy import text
app = FastAPI()

class Colour(str, Enum):
    red = "red"

class Item(BaseModel):
    name: str
    price: float
"""


def _route(params: str, body: str, mark: str = '@app.get("/items/{name}")') -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{HEAD}\n{mark}\nasync def route({params}):\n{lines}\n"


DB = "sqlite3.connect('d').execute(f'select {@@}')\nreturn {}"
RUN = "os.system('echo ' + str({}))\nreturn {{}}"

PAIRS = (
    Pair("typed parameter", "sql-injection", _route("v: @@", "sqlite3.connect('d').execute(f'select {v}')\nreturn {}"), "str", "int"),
    Pair("optional", "sql-injection", _route("v: @@ = None", "sqlite3.connect('d').execute(f'select {v}')\nreturn {}"), "Optional[str]", "Optional[int]"),
    Pair("uuid", "command-injection", _route("v: @@", RUN.format("v")), "str", "UUID"),
    Pair("enum", "command-injection", _route("v: @@", RUN.format("v")), "str", "Colour"),
    Pair("annotated", "command-injection", _route("v: Annotated[@@, Query(max_length=9)]", RUN.format("v")), "str", "int"),
    Pair("header", "command-injection", _route("v: str = @@", RUN.format("v")), "Header()", "Depends(lambda: 'x')"),
    Pair("model field", "sql-injection", _route("item: Item", DB, '@app.post("/items")'), "item.name", "item.price"),
    Pair("request body", "command-injection", _route("request: Request", "d = await request.json()\nos.system(@@)\nreturn {}"), "d['c']", "'date'"),
    Pair("html", "xss", _route("name: str", "return @@"), "HTMLResponse(f'<b>{name}</b>')", "PlainTextResponse(name)"),
    Pair("response class", "xss", _route("name: str", "return '<b>' + name", '@app.get("/{name}", response_class=@@)'), "HTMLResponse", "PlainTextResponse"),
    Pair("redirect", "open-redirect", _route("to: str", "return RedirectResponse(@@)"), "to", "'/x?to=' + to"),
    Pair("file", "path-traversal", _route("name: str", "return FileResponse('/srv/' + @@)"), "name", "os.path.basename(name)"),
    Pair("upload", "path-traversal", _route("f: UploadFile = File()", "open('/srv/' + @@, 'wb').write(await f.read())\nreturn {}"), "f.filename", "str(len(f.filename))"),
    Pair("client", "ssrf", _route("url: str", "async with httpx.AsyncClient() as c:\n    r = await c.get(@@)\nreturn r.json()"), "url", "'https://a.example/v?u=' + url"),
    Pair("aiohttp client", "ssrf", _route("url: str", "async with aiohttp.ClientSession() as s:\n    async with s.get(@@) as r:\n        return await r.json()"), "url", "'https://a.example/v'"),
    Pair("text", "sql-injection", _route("v: str, db=Depends(lambda: None)", "await db.execute(@@)\nreturn {}"), "text(f'select {v}')", "text('select :v'), {'v': v}"),
    Pair("asyncpg", "sql-injection", _route("v: str", "c = await asyncpg.connect('d')\nreturn await c.fetch(@@)"), "'select ' + v", "'select $1', v"),
    Pair("subprocess", "command-injection", _route("v: str", "p = await asyncio.@@\nreturn {}"), "create_subprocess_shell('ls ' + v)", "create_subprocess_exec('ls', v)"),
    Pair("gathered", "command-injection", _route("v: str", "async def run(x):\n    os.system(x)\nawait asyncio.gather(run(@@))\nreturn {}"), "v", "'date'"),
    Pair("dependency", "command-injection", HEAD + "def given(q: @@ = '1'):\n    return q\n@app.get('/')\ndef route(q=Depends(given)):\n    os.system('echo %s' % q)\n    return {}\n", "str", "int"),
    Pair("aiohttp", "sql-injection", "import sqlite3\nfrom aiohttp import web\nroutes = web.RouteTableDef()\n@routes.get('/')\nasync def view(request):\n    sqlite3.connect('d').execute('select ' + @@)\n    return web.json_response({})\n", "request.query['q']", "'1'"),
    Pair("tornado", "xss", "import tornado.web, tornado.escape\nclass Main(tornado.web.RequestHandler):\n    def get(self):\n        self.write('<b>' + @@)\n", "self.get_argument('q')", "tornado.escape.xhtml_escape(self.get_argument('q'))"),
    Pair("falcon", "command-injection", "import os\nclass Thing:\n    def on_get(self, req, resp):\n        os.system('echo ' + @@)\n", "req.get_param('q')", "'a'"),
    Pair("bottle", "sql-injection", "import sqlite3\nfrom bottle import route, request\n@route('/')\ndef view():\n    sqlite3.connect('d').execute('select ' + @@)\n    return {}\n", "request.query.q", "'1'"),
    Pair("sanic", "command-injection", "import os\nfrom sanic import Sanic, response\napp = Sanic('a')\n@app.route('/')\nasync def view(request):\n    os.system('echo ' + @@)\n    return response.json({})\n", "request.args.get('q')", "'a'"),
    Pair("pyramid", "command-injection", "import os\nfrom pyramid.view import view_config\n@view_config(route_name='x', renderer='json')\ndef view(request):\n    os.system('echo ' + @@)\n    return {}\n", "request.params['q']", "'a'"),
)  # fmt: skip
