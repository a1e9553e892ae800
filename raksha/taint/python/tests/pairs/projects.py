"""Web programs of several files, and more of each framework."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

DJANGO = """\
import os, subprocess
from django import forms
from django.contrib.auth.decorators import login_required
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from django.views.generic import DetailView, FormView, TemplateView
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
"""
FAST = """\
import os, sqlite3, subprocess
from typing import Annotated, List, Literal, Optional
import aiofiles
from fastapi import APIRouter, BackgroundTasks, Body, Cookie, Depends, FastAPI, Form, Header, HTTPException, Query, WebSocket
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
router = APIRouter(prefix="/v1")
"""


PAIRS = (
    Pair("form", "command-injection", DJANGO + "class F(forms.Form):\n    q = forms.CharField()\ndef view(request):\n    form = F(request.POST)\n    if form.is_valid():\n        os.system('echo ' + @@)\n    return JsonResponse({})\n", "form.cleaned_data['q']", "'x'"),
    Pair("serializer", "sql-injection", DJANGO + "class S(serializers.Serializer):\n    q = serializers.CharField()\nclass V(viewsets.ViewSet):\n    def create(self, request):\n        s = S(data=request.data)\n        s.is_valid(raise_exception=True)\n        connection.cursor().execute('select ' + @@)\n        return Response({})\n", "s.validated_data['q']", "'x'"),
    Pair("action", "command-injection", DJANGO + "class V(viewsets.ModelViewSet):\n    @action(detail=True)\n    def run(self, request, pk=None):\n        os.system('echo ' + @@)\n        return Response({})\n", "request.query_params['q']", "'x'"),
    Pair("typed request", "path-traversal", DJANGO + "def page(req: HttpRequest):\n    return HttpResponse(open('/srv/' + @@).read())\n", "req.GET['f']", "os.path.basename(req.GET['f'])"),
    Pair("decorated view", "command-injection", DJANGO + "@login_required\n@require_POST\ndef page(request):\n    subprocess.run(@@)\n    return JsonResponse({})\n", "'ls ' + request.POST['d'], shell=True", "['ls', request.POST['d']]"),
    Pair("method decorator", "command-injection", DJANGO + "@method_decorator(login_required, name='dispatch')\nclass V(TemplateView):\n    def get_context_data(self, **kwargs):\n        os.system('echo ' + @@)\n        return super().get_context_data(**kwargs)\n", "self.request.GET['q']", "'x'"),
    Pair("other connection", "sql-injection", DJANGO + "def page(request):\n    with connections['a'].cursor() as c:\n        c.execute(@@)\n        return JsonResponse(c.fetchall(), safe=False)\n", "\"select '%s'\" % request.GET['q']", "'select %s', [request.GET['q']]"),
    Pair("streamed", "xss", DJANGO + "def page(request):\n    return StreamingHttpResponse(@@)\n", "['<b>', request.GET['q']]", "['<b>', 'x']"),
    Pair("written", "xss", DJANGO + "from django.utils.html import escape\ndef page(request):\n    r = HttpResponse()\n    r.write(@@)\n    return r\n", "request.GET['q']", "escape(request.GET['q'])"),
    Pair("service layer", "sql-injection", "from shop.services import find\nfrom django.http import JsonResponse\ndef page(request):\n    return JsonResponse(find(request.GET['q']), safe=False)\n", "'select * from a where b = ' + q)", "'select * from a where b = %s', [q])", (("shop/__init__.py", ""), ("shop/services.py", "from shop.db import rows\ndef find(q):\n    return rows(@@\n"), ("shop/db.py", "from django.db import connection\ndef rows(sql, args=()):\n    with connection.cursor() as c:\n        c.execute(sql, args)\n        return c.fetchall()\n"))),
    Pair("package in a folder", "command-injection", "pass\n", "q", "'date'", (("backend/shop/__init__.py", ""), ("backend/shop/views.py", "from shop.tools import run\nfrom django.http import JsonResponse\ndef page(request):\n    q = request.GET['q']\n    run(@@)\n    return JsonResponse({})\n"), ("backend/shop/tools.py", "import os\ndef run(c):\n    os.system(c)\n"))),
    Pair("router", "command-injection", FAST + "@router.get('/{name}')\ndef r(name: str):\n    os.system('echo ' + @@)\n    return {}\n", "name", "'x'"),
    Pair("literal", "command-injection", FAST + "@router.get('/')\ndef r(name: @@):\n    os.system('echo ' + name)\n    return {}\n", "str", "Literal['a', 'b']"),
    Pair("list of numbers", "sql-injection", FAST + "@router.get('/')\ndef r(ids: List[@@] = Query()):\n    sqlite3.connect('d').execute('select ' + ','.join(str(i) for i in ids))\n    return {}\n", "str", "int"),
    Pair("nested model", "sql-injection", FAST + "class A(BaseModel):\n    t: str\nclass B(BaseModel):\n    a: A\n    n: int\n@router.post('/')\ndef r(b: B):\n    sqlite3.connect('d').execute(f'select {@@}')\n    return {}\n", "b.a.t", "b.n"),
    Pair("dumped model", "sql-injection", FAST + "class A(BaseModel):\n    t: str\n@router.post('/')\ndef r(a: A):\n    d = a.model_dump()\n    sqlite3.connect('d').execute(@@)\n    return {}\n", "'select ' + d['t']", "'select ?', (d['t'],)"),
    Pair("form field", "xss", FAST + "import html\n@router.post('/', response_class=HTMLResponse)\ndef r(name: str = Form()):\n    return f'<b>{@@}</b>'\n", "name", "html.escape(name)"),
    Pair("cookie", "open-redirect", FAST + "@router.get('/')\ndef r(to: Optional[str] = Cookie(None)):\n    return RedirectResponse(url=@@)\n", "to", "'/home'"),
    Pair("web socket", "code-injection", FAST + "import ast\n@router.websocket('/ws')\nasync def ws(socket: WebSocket):\n    await socket.accept()\n    t = await socket.receive_text()\n    await socket.send_text(str(@@(t)))\n", "eval", "ast.literal_eval"),
    Pair("background", "command-injection", FAST + "def work(x):\n    os.system(x)\n@router.get('/')\ndef r(q: str, tasks: BackgroundTasks):\n    tasks.add_task(work, @@)\n    return {}\n", "q", "'date'"),
    Pair("async file", "path-traversal", FAST + "@router.get('/')\nasync def r(f: str):\n    async with aiofiles.open('/srv/' + @@) as h:\n        return await h.read()\n", "f", "os.path.basename(f)"),
    Pair("service object", "sql-injection", FAST + "class Repo:\n    def __init__(self):\n        self.db = sqlite3.connect('d')\n    def find(self, q):\n        return self.db.execute(@@).fetchall()\ndef repo():\n    return Repo()\n@router.get('/')\ndef r(q: str, rep: Repo = Depends(repo)):\n    return Repo().find(q)\n", "f'select {q}'", "'select ?', (q,)"),
    Pair("injected service", "sql-injection", FAST + "class Repo:\n    def find(self, q):\n        return sqlite3.connect('d').execute(@@).fetchall()\n@router.get('/')\ndef r(q: str, rep: Repo = Depends()):\n    return rep.find(q)\n", "f'select {q}'", "'select ?', (q,)"),
    Pair("raised for the wrong", "command-injection", FAST + "@router.get('/')\ndef r(q: str):\n    if q not in ('a', 'b'):\n        @@\n    os.system('echo ' + q)\n    return {}\n", "print('odd')", "raise HTTPException(400)"),
    Pair("flask config", "hard-coded-credential", "import os\nfrom flask import Flask\napp = Flask(__name__)\napp.config['SECRET_KEY'] = @@\n", "'f3cfe9ed8fae309f02079dbf'", "os.environ['KEY']"),
    Pair("sqlalchemy session", "sql-injection", "from flask import Flask, request\nfrom flask_sqlalchemy import SQLAlchemy\nfrom sqlalchemy import text\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n@app.get('/')\ndef v():\n    q = request.args['q']\n    db.session.execute(@@)\n    return {}\n", "text(\"select '\" + q + \"'\")", "text('select :q'), {'q': q}"),
    Pair("sqlalchemy filter", "sql-injection", "from flask import Flask, request\nfrom sqlalchemy import text\nfrom models import User, session\napp = Flask(__name__)\n@app.get('/')\ndef v():\n    session.query(User).filter(@@).all()\n    return {}\n", "text(f\"name = '{request.args['q']}'\")", "User.name == request.args['q']"),
    Pair("pandas", "sql-injection", "import pandas as pd\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef v():\n    pd.read_sql(@@)\n    return {}\n", "'select ' + request.args['q'], con", "'select ?', con, params=[request.args['q']]"),
    Pair("psycopg", "sql-injection", "import psycopg2\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.get('/')\ndef v():\n    with psycopg2.connect('d') as link:\n        with link.cursor() as rows:\n            rows.execute(@@)\n    return {}\n", "'select %s' % request.args['q']", "'select %s', (request.args['q'],)"),
    Pair("zip upload", "path-traversal", "import tarfile\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef v():\n    t = tarfile.open(fileobj=request.files['f'].stream)\n    t.extractall('/srv'@@)\n    return {}\n", "", ", filter='data'"),
    Pair("mail", "email-injection", "from django.core.mail import send_mail\nfrom django.http import JsonResponse\ndef page(request):\n    send_mail(@@, 'text', 'a@example.org', ['b@example.org'])\n    return JsonResponse({})\n", "request.POST['subject']", "'Hello'"),
    Pair("raw header", "header-injection", "from http.server import BaseHTTPRequestHandler\nclass H(BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200)\n        self.send_header('X-A', @@)\n        self.end_headers()\n", "self.headers['X-B']", "'b'"),
    Pair("cloud function", "command-injection", "import os, shlex\ndef handler(event, context):\n    os.system('echo ' + @@)\n", "event['q']", "shlex.quote(event['q'])"),
    Pair("wsgi", "command-injection", "import os\ndef application(environ, start_response):\n    os.system('echo ' + @@)\n    return []\n", "environ['QUERY_STRING']", "'x'"),
)  # fmt: skip
