"""The same faults in other words: control flow, data structures, helpers and checks as people write them."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

HEAD = """\
import functools, html, itertools, json, logging, operator, os, re, shlex, sqlite3, string, subprocess
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from flask import Blueprint, Flask, abort, g, jsonify, make_response, redirect, request, url_for
app = Flask(__name__)
bp = Blueprint("b", __name__)
ALLOWED = frozenset({"name", "age"})
COLUMNS = {"n": "name", "a": "age"}
db = sqlite3.connect("d")
"""


def _do(body: str, above: str = "") -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{HEAD}{above}\n@bp.route('/x', methods=['GET', 'POST'])\ndef view():\n    q = request.values['q']\n{lines}\n    return jsonify(1)\n"


def _sql(name: str, body: str, bad: str, good: str, above: str = "") -> Pair:
    return Pair(name, "sql-injection", _do(body + "\ndb.execute('select ' + v)", above), bad, good)


def _cmd(name: str, body: str, bad: str, good: str, above: str = "") -> Pair:
    return Pair(name, "command-injection", _do(body, above), bad, good)


PAIRS = (
    _sql("exception value", "try:\n    raise ValueError(@@)\nexcept ValueError as e:\n    v = str(e)", "q", "'x'"),
    _sql("field of an exception", "try:\n    fail(q)\nexcept Odd as e:\n    v = e.@@", "a", "b", "class Odd(Exception):\n    def __init__(self, a):\n        self.a = a\n        self.b = 'y'\ndef fail(x):\n    raise Odd(x)\n"),
    _sql("walrus", "if (v := @@):\n    pass", "q", "'x'"),
    _sql("ternary", "v = q if @@ else 'x'", "len(q) > 3", "2 > 3"),
    _sql("while", "v = ''\ni = 0\nwhile i < 3:\n    v += @@\n    i += 1", "q", "'x'"),
    _sql("loop and break", "v = 'x'\nfor v in ['a', 'b', q]:\n    if v == '@@':\n        break", "c", "a"),
    _sql("finally", "try:\n    v = 'x'\nfinally:\n    v = @@", "q", "'y'"),
    _sql("partial", "f = functools.partial(lambda a, b: a + b, 'x')\nv = f(@@)", "q", "'y'"),
    _sql("map", "v = ','.join(map(@@, [q]))", "str.upper", "lambda x: 'c'"),
    _sql("reduce", "v = functools.reduce(lambda a, b: a + b, ['x', @@])", "q", "'y'"),
    _sql("mapping comprehension", "v = {k: w for k, w in (('a', q), ('b', 'x'))}['@@']", "a", "b"),
    _sql("nested containers", "d = {'l': [{'k': q}, {'k': 'x'}]}\nv = d['l'][@@]['k']", "0", "1"),
    _sql("unpacking", "a, (b, c) = 'x', (q, 'y')\nv = @@", "b", "c"),
    _sql("swap", "a, b = q, 'x'\na, b = b, a\nv = @@", "b", "a"),
    _sql("star arguments", "v = pick(*['x', q])", "b", "a", "def pick(a, b):\n    return @@\n"),
    _sql("keyword arguments", "v = pick(**{'a': 'x', 'b': q})", "b", "a", "def pick(a, b):\n    return @@\n"),
    _sql("default argument", "v = pick(@@)", "q", "", "def pick(a='x'):\n    return a\n"),
    _sql("recursion", "v = down(q, 3)", "down(x, n - 1)", "'x'", "def down(x, n):\n    return x if n == 0 else @@\n"),
    _sql("yield from", "v = ''.join(outer(q))", "yield from inner(x)", "yield 'x'", "def inner(x):\n    yield x\ndef outer(x):\n    @@\n"),
    _sql("global", "set_it(q)\nv = KEPT", "KEPT = x", "KEPT = 'x'", "KEPT = ''\ndef set_it(x):\n    global KEPT\n    @@\n"),
    _sql("deque", "d = deque(['x'])\nd.@@(q)\nv = d.popleft()", "appendleft", "append"),
    _sql("ordered", "d = OrderedDict()\nd['a'] = q\nd['b'] = 'x'\nv = d['@@']", "a", "b"),
    _sql("setdefault", "d = {'a': 'x'}\nv = d.setdefault('@@', q)", "b", "a"),
    _sql("update", "d = {'a': 'x'}\nd.update({'@@': q})\nv = d['a']", "a", "b"),
    _sql("pop", "d = {'a': q, 'b': 'x'}\nv = d.pop('@@')", "a", "b"),
    _sql("deleted", "d = {'a': q}\n@@\nv = d.get('a', 'x')", "pass", "del d['a']"),
    _sql("setattr", "o = Box()\nsetattr(o, '@@', q)\nv = o.a", "a", "b", "class Box:\n    a = 'x'\n    b = 'y'\n"),
    _sql("getattr", "v = getattr(Box(q), '@@')", "a", "b", "class Box:\n    def __init__(self, x):\n        self.a = x\n        self.b = 'y'\n"),
    _sql("format map", "v = '{a}'.format(**{'a': @@})", "q", "'x'"),
    _sql("format index", "v = '{@@}'.format('x', q)", "1", "0"),
    _sql("percent mapping", "v = '%(@@)s' % {'a': q, 'b': 'x'}", "a", "b"),
    _sql("template text", "v = string.Template('$a').substitute(a=@@)", "q", "'x'"),
    _sql("allowed column", "@@\nv = q", "pass", "if q not in ALLOWED:\n    abort(400)"),
    _sql("column of a table", "v = COLUMNS@@", ".get(q, q)", "[q]"),
    _sql("one of several", "if q == 'a' or @@:\n    v = q\nelse:\n    v = 'x'", "len(q) > 2", "q == 'b'"),
    _sql("both checked", "if len(q) < 9 and @@:\n    v = q\nelse:\n    v = 'x'", "q.startswith('a')", "q.isalnum()"),
    _sql("cleaned letters", "v = re.sub(@@, '', q)", "r'[;]'", "r'[^a-zA-Z0-9_]'"),
    _sql("kept letters", "v = ''.join(c for c in q if @@)", "c != ' '", "c.isalnum()"),
    _sql("search for bad", "@@\nv = q", "if re.search('x', q):\n    abort(400)", "if re.search(r'[^a-z0-9]', q):\n    abort(400)"),
    _sql("compiled pattern", "if not WORD.@@(q):\n    abort(400)\nv = q", "search", "fullmatch", "WORD = re.compile('[a-z]+')\n"),
    _sql("assertion", "@@\nv = q", "assert q", "assert q in ('a', 'b')"),
    _sql("number or nothing", "v = @@", "q or '0'", "str(int(q)) if q else '0'"),
    _sql("conversion that fails", "try:\n    @@\nexcept ValueError:\n    abort(400)\nv = q", "str(q)", "int(q)"),
    _sql("match alternatives", "match q:\n    case 'a' | 'b':\n        v = q\n    case _:\n        v = @@", "q", "'x'"),
    _sql("match of a pair", "match ['x', q]:\n    case [a, b]:\n        v = @@", "b", "a"),
    _sql("lookup of a helper", "v = lookup(q)", "x.strip()", "COLUMNS[x]", "def lookup(x):\n    return @@\n"),
    _sql("validated in a decorator", "v = run(q)", "return f(x)", "return f(str(int(x)))", "def check(f):\n    @functools.wraps(f)\n    def inner(x):\n        @@\n    return inner\n@check\ndef run(x):\n    return x\n"),
    _sql("method chain", "v = Builder().add('x').add(@@).text()", "q", "'y'", "class Builder:\n    def __init__(self):\n        self.parts = []\n    def add(self, x):\n        self.parts.append(x)\n        return self\n    def text(self):\n        return ' '.join(self.parts)\n"),
    _sql("class variable", "Box.kept = @@\nv = Box.kept", "q", "'x'", "class Box:\n    kept = ''\n"),
    _sql("call of an object", "v = Adder(@@)('x')", "q", "'y'", "class Adder:\n    def __init__(self, a):\n        self.a = a\n    def __call__(self, b):\n        return self.a + b\n"),
    _sql("item of an object", "b = Box()\nb['a'] = q\nv = b['@@']", "a", "b", "class Box:\n    def __init__(self):\n        self.d = {'b': 'x'}\n    def __setitem__(self, k, w):\n        self.d[k] = w\n    def __getitem__(self, k):\n        return self.d[k]\n"),
    _sql("text of an object", "v = str(Box(@@))", "q", "'x'", "class Box:\n    def __init__(self, a):\n        self.a = a\n    def __str__(self):\n        return self.a\n"),
    _sql("sorted", "v = sorted(['b', @@])[0]", "q", "'a'"),
    _sql("zip", "v = dict(zip(['a', 'b'], [q, 'x']))['@@']", "a", "b"),
    _sql("enumerate", "v = ''\nfor i, w in enumerate(['x', q]):\n    if i == @@:\n        v = w", "1", "0"),
    _sql("slices", "v = ['x', q, 'y'][@@][0]", "1:", "2:"),
    _sql("copy", "a = [q]\nb = a.copy()\nb.clear()\nv = ''.join(@@)", "a", "b"),
    _sql("byte text", "v = bytes(@@, 'utf-8').decode()", "q", "'x'"),
    _sql("json round trip", "v = json.loads(json.dumps({'a': @@}))['a']", "q", "'x'"),
    _sql("parameters in a list", "v = 'a'\np = [q]\ndb.execute(@@)", "'select %s' % p[0]", "'select ?', p"),
    _cmd("split words", "subprocess.run(@@)", "shlex.split(q)", "['ls', *shlex.split(q)]"),
    _cmd("joined words", "subprocess.run(@@, shell=True)", "' '.join(['ls', q])", "shlex.join(['ls', q])"),
    _cmd("program of a table", "subprocess.run([@@, '-l'])", "q", "{'a': 'ls'}.get(q, 'ls')"),
    _cmd("arguments by name", "kw = {'shell': @@}\nsubprocess.run(['ls', q] if not kw['shell'] else 'ls ' + q, **kw)", "True", "False"),
    _cmd("read from a pipe", "os.popen(f'cat {@@}').read()", "q", "shlex.quote(q)"),
    _cmd("replaced argument", "a = ['echo', 'x']\na[@@] = q\nsubprocess.run(a)", "0", "1"),
    Pair("joined rows", "xss", _do("return ''.join(f'<li>{@@}</li>' for x in [q])"), "x", "html.escape(x)"),
    Pair("escaped by hand", "xss", _do("return '<b>' + q@@"), "", ".replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')"),
    Pair("tuple of an answer", "xss", _do("return '<b>' + @@, 200"), "q", "html.escape(q)"),
    Pair("answer of json", "xss", _do("return make_response(json.dumps({'q': q}), 200, {'Content-Type': '@@'})"), "text/html", "application/json"),
    Pair("url of a view", "open-redirect", _do("return redirect(@@)"), "q", "url_for('view', next=q)"),
    Pair("common path", "path-traversal", _do("p = os.path.realpath(os.path.join('/srv', q))\n@@\nopen(p)"), "pass", "if os.path.commonpath(['/srv', p]) != '/srv':\n    abort(404)"),
    Pair("listed file", "path-traversal", _do("@@\nopen(os.path.join('/srv', q))"), "pass", "if q not in os.listdir('/srv'):\n    abort(404)"),
    Pair("extension only", "path-traversal", _do("open('/srv/a' + @@)"), "q", "'.txt'"),
    Pair("added rule", "command-injection", f"{HEAD}\ndef view(name):\n    os.system('echo ' + @@)\n    return jsonify(1)\napp.add_url_rule('/<name>', view_func=view)\n", "name", "'x'"),
    Pair("method view", "command-injection", f"{HEAD}from flask.views import MethodView\nclass V(MethodView):\n    def get(self, name):\n        os.system('echo ' + @@)\n        return jsonify(1)\n", "name", "'x'"),
    Pair("mapping of arguments", "sql-injection", _do("d = request.args.to_dict()\ndb.execute('select ' + @@)"), "d['a']", "str(len(d))"),
    Pair("before each request", "sql-injection", f"{HEAD}\n@app.before_request\ndef load():\n    db.execute('select ' + @@)\n", "request.headers['X-A']", "'x'"),
    Pair("route in a factory", "command-injection", "import os\nfrom flask import Flask, request\ndef create():\n    app = Flask(__name__)\n    @app.get('/')\n    def view():\n        os.system('echo ' + @@)\n        return {}\n    return app\n", "request.args['q']", "'x'"),
)  # fmt: skip
