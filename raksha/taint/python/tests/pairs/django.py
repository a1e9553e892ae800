"""Django and REST framework programs."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

HEAD = """\
import hashlib, logging, os, pickle, subprocess
import requests
from django.conf import settings
from django.db import connection
from django.db.models.expressions import RawSQL
from django.http import FileResponse, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template import Template, Context
from django.urls import path
from django.utils.html import escape, format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views import View
from django.views.generic import ListView
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import APIView
from .models import Book
"""


def _view(body: str, params: str = "request, name", more: str = "") -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{HEAD}\ndef view({params}):\n{lines}\n{more}\n"


def _class(body: str, base: str = "View", method: str = "get", params: str = "self, request, name") -> str:
    lines = "\n".join("        " + line for line in body.strip("\n").split("\n"))
    return f"{HEAD}\nclass Page({base}):\n    def {method}({params}):\n{lines}\n"


Q = "q = request.GET.get('q')\n"

PAIRS = (
    Pair("cursor", "sql-injection", _view(Q + "with connection.cursor() as c:\n    c.execute(@@)\nreturn JsonResponse({})"), "'select * from t where a = ' + q", "'select * from t where a = %s', [q]"),
    Pair("raw", "sql-injection", _view(Q + "return JsonResponse(list(Book.objects.raw(@@)), safe=False)"), "f'select * from book where t = {q}'", "'select * from book where t = %s', [q]"),
    Pair("extra", "sql-injection", _view(Q + "return JsonResponse(list(Book.objects.extra(where=[@@])), safe=False)"), "'title = ' + q", "'title = 1'"),
    Pair("RawSQL", "sql-injection", _view(Q + "return JsonResponse(list(Book.objects.annotate(v=RawSQL(@@))), safe=False)"), "'select ' + q, ()", "'select %s', (q,)"),
    Pair("filter", "sql-injection", _view(Q + "b = Book.objects.filter(title=q).first()\nconnection.cursor().execute('select ' + @@)\nreturn JsonResponse({})"), "q", "b.code"),
    Pair("page", "xss", _view("return HttpResponse('<b>' + @@)"), "name", "escape(name)"),
    Pair("content type", "xss", _view("return HttpResponse(name, content_type=@@)"), "'text/html'", "'text/plain'"),
    Pair("mark_safe", "xss", _view("return render(request, 'a.html', {'x': @@})"), "mark_safe('<b>%s</b>' % name)", "format_html('<b>{}</b>', name)"),
    Pair("template", "template-injection", _view(Q + "return HttpResponse(Template(@@).render(Context({'q': q})))"), "'Hi ' + q", "'Hi {{ q }}'"),
    Pair("redirect", "open-redirect", _view("u = request.GET.get('next', '/')\n@@\nreturn redirect(u)"), "pass", "if not url_has_allowed_host_and_scheme(u, allowed_hosts={request.get_host()}):\n    u = '/'"),
    Pair("redirect class", "open-redirect", _view("return HttpResponseRedirect(@@)"), "request.POST['to']", "'/done/?to=' + name"),
    Pair("file", "path-traversal", _view("return FileResponse(open(os.path.join(settings.MEDIA_ROOT, @@), 'rb'))"), "name", "os.path.basename(name)"),
    Pair("path number", "path-traversal", _view("return FileResponse(open('/srv/%s' % key, 'rb'))", "request, key", "urlpatterns = [path('f/<@@:key>', view)]"), "path", "int"),
    Pair("command", "command-injection", _view("os.system('convert ' + @@)\nreturn JsonResponse({})"), "request.POST.get('f')", "settings.FILE"),
    Pair("body", "deserialization", _view("return JsonResponse(@@)"), "pickle.loads(request.body)", "{'n': len(request.body)}"),
    Pair("cookie value", "deserialization", _view("v = request.COOKIES.get('c')\nreturn JsonResponse({'v': @@})"), "pickle.loads(bytes.fromhex(v))", "v"),
    Pair("header", "ssrf", _view("requests.get(@@, timeout=2)\nreturn JsonResponse({})"), "'http://' + request.META['HTTP_X_HOST']", "'http://a.example/' + name"),
    Pair("class view", "sql-injection", _class("connection.cursor().execute('select ' + @@)\nreturn JsonResponse({})"), "name", "settings.TABLE"),
    Pair("self request", "sql-injection", _class("return Book.objects.raw('select ' + @@)", "ListView", "get_queryset", "self"), "self.request.GET['q']", "'1'"),
    Pair("self kwargs", "command-injection", _class("os.system('echo ' + @@)\nreturn []", "ListView", "get_queryset", "self"), "self.kwargs['name']", "self.model.__name__"),
    Pair("data", "command-injection", _class("subprocess.call(@@)\nreturn Response({})", "APIView", "post", "self, request"), "'ls ' + request.data['d'], shell=True", "['ls', request.data['d']]"),
    Pair("api_view", "code-injection", f"{HEAD}\n@api_view(['POST'])\ndef view(request):\n    return Response(@@)\n", "eval(request.data['e'])", "str(request.data['e'])"),
    Pair("object", "open-redirect", _view("b = get_object_or_404(Book, slug=name)\nreturn redirect(@@)"), "name", "b.url"),
    Pair("response cookie", "insecure-cookie", _view("r = HttpResponse('x')\nr.set_cookie('a', 'b', secure=@@)\nreturn r"), "False", "True"),
    Pair("session", "trust-boundary", _view("request.session['cart'] = @@\nreturn JsonResponse({})"), "request.POST['cart']", "[]"),
    Pair("response header", "header-injection", _view("r = HttpResponse('x')\nr['X-A'] = @@\nreturn r"), "name", "'a'"),
    Pair("log", "log-injection", _view("logging.getLogger(__name__).warning('bad %s', @@)\nreturn JsonResponse({})"), "request.GET['u']", "request.user.pk"),
)  # fmt: skip
