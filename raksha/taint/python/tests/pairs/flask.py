"""Flask programs."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

HEAD = """\
import base64, configparser, hashlib, html, json, logging, os, pickle, random, re, secrets, shlex, sqlite3, subprocess
import yaml
from urllib.parse import urlparse, quote
import requests
from flask import (Flask, Response, abort, jsonify, make_response, redirect, render_template, render_template_string,
                   request, send_file, session)
from markupsafe import Markup, escape
from werkzeug.utils import secure_filename
app = Flask(__name__)
BASE = "/srv/files"
"""


def _view(body: str) -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f'{HEAD}\n@app.route("/x/<name>/<int:number>")\ndef view(name, number):\n{lines}\n'


def _sql(name: str, body: str, bad: str, good: str) -> Pair:
    text = f"q = request.args.get('q', '')\ncur = sqlite3.connect('d').cursor()\n{body}"
    return Pair(f"sql {name}", "sql-injection", _view(text), bad, good)


SQL = "cur.execute('select * from t where a = \\'%s\\'' % value)\nreturn 'ok'"

PAIRS = (
    _sql("bound", "@@\nreturn 'ok'", "cur.execute('select * from t where a = ' + q)", "cur.execute('select * from t where a = ?', (q,))"),
    _sql("f-string of a number", "@@\nreturn 'ok'", "cur.execute(f'select * from t where a = {name}')", "cur.execute(f'select * from t where a = {number}')"),
    _sql("int", f"value = @@\n{SQL}", "q.strip()", "int(q)"),
    _sql("dictionary key", f"d = {{'a': 'fixed', 'b': q}}\nvalue = d[@@]\n{SQL}", "'b'", "'a'"),
    _sql("list index", f"l = ['a', q, 'c']\nl.pop(0)\nvalue = l[@@]\n{SQL}", "0", "1"),
    _sql("opaque condition", f"n = 106\nvalue = 'fixed' if 7 * 18 + n @@ 200 else q\n{SQL}", "<", ">"),
    _sql("match", "guess = 'ABC'[@@]\nmatch guess:\n    case 'A':\n        value = q\n    case 'B':\n        value = 'fixed'\n    case _:\n        value = 'other'\n" + SQL, "0", "1"),
    _sql("dead branch", f"value = 'x'\nif @@:\n    value = q\n{SQL}", "1 + 1 == 2", "1 + 1 == 3"),
    _sql("overwritten", f"value = q\n@@\n{SQL}", "pass", "value = 'fixed'"),
    _sql("allow list", f"@@\nvalue = q\n{SQL}", "if q in ('a', 'b'):\n    q = q.upper()", "if q not in ('a', 'b'):\n    abort(400)"),
    _sql("table of values", f"value = {{'a': 'name', 'b': 'age'}}.get(q, @@)\n{SQL}", "q", "'name'"),
    _sql("pattern", f"if not re.fullmatch(@@, q):\n    abort(400)\nvalue = q\n{SQL}", "r'.*'", "r'[a-z0-9_]+'"),
    _sql("digits", f"if @@:\n    return 'no'\nvalue = q\n{SQL}", "q.isdigit()", "not q.isdigit()"),
    _sql("base64", f"value = base64.b64decode(base64.b64encode(@@.encode())).decode()\n{SQL}", "q", "'fixed'"),
    _sql("config", f"c = configparser.ConfigParser()\nc.add_section('s')\nc.set('s', 'a', 'x')\nc.set('s', 'b', q)\nvalue = c.get('s', '@@')\n{SQL}", "b", "a"),
    _sql("helper", "def pick(one, other):\n    return @@\nvalue = pick('fixed', q)\n" + SQL, "other", "one"),
    _sql("lambda", f"f = lambda x: @@\nvalue = f(q)\n{SQL}", "x.lower()", "'fixed'"),
    _sql("comprehension", f"value = ','.join([@@ for x in request.args.getlist('v')])\n{SQL}", "x", "str(int(x))"),
    _sql("typed get", f"value = request.args.get('n', type=@@)\n{SQL}", "str", "int"),
    Pair("shell", "command-injection", _view("host = request.form['host']\nos.system('ping ' + @@)\nreturn 'ok'"), "host", "shlex.quote(host)"),
    Pair("list of arguments", "command-injection", _view("host = request.form['host']\nsubprocess.run(@@)\nreturn 'ok'"), "['sh', '-c', 'ping ' + host]", "['ping', host]"),
    Pair("shell flag", "command-injection", _view("host = request.form['host']\nsubprocess.Popen(@@)\nreturn 'ok'"), "f'ping {host}', shell=True", "['ping', '-c', '1', host], shell=False"),
    Pair("eval", "code-injection", _view("return str(@@(request.args['e']))"), "eval", "json.loads"),
    Pair("open", "path-traversal", _view("f = request.args['f']\nreturn jsonify(open(os.path.join(BASE, @@)).read())"), "f", "os.path.basename(f)"),
    Pair("real path", "path-traversal", _view("p = os.path.realpath(os.path.join(BASE, request.args['f']))\n@@\nreturn send_file(p)"), "pass", "if not p.startswith(BASE + '/'):\n    abort(404)"),
    Pair("dots", "path-traversal", _view("f = request.args['f']\n@@\nreturn jsonify(open(BASE + '/' + f).read())"), "if '..' in f:\n    logging.info('dots')", "if '..' in f or f.startswith('/'):\n    abort(400)"),
    Pair("upload", "path-traversal", _view("f = request.files['f']\nf.save(os.path.join(BASE, @@))\nreturn 'ok'"), "f.filename", "secure_filename(f.filename)"),
    Pair("page", "xss", _view("return '<b>' + @@ + '</b>'"), "name", "html.escape(name)"),
    Pair("markup", "xss", _view("return render_template('a.html', x=@@)"), "Markup(name)", "escape(name)"),
    Pair("json", "xss", _view("return @@"), "make_response('<p>%s' % name)", "jsonify(name=name)"),
    Pair("mimetype", "xss", _view("return Response('hello ' + name, mimetype=@@)"), "'text/html'", "'text/plain'"),
    Pair("template", "template-injection", _view("return render_template_string(@@)"), "'Hello ' + name", "'Hello {{ name }}', name=name"),
    Pair("redirect", "open-redirect", _view("u = request.args.get('next', '/')\n@@\nreturn redirect(u)"), "pass", "if urlparse(u).netloc not in ('', 'example.org'):\n    abort(400)"),
    Pair("own page", "open-redirect", _view("return redirect(@@ + name)"), "''", "'/users/'"),
    Pair("request", "ssrf", _view("return jsonify(requests.get(@@, timeout=3).text)"), "request.args['url']", "'https://api.example.org/' + quote(name)"),
    Pair("host of a list", "ssrf", _view("u = request.args['url']\nif urlparse(u).hostname @@ ('a.example', 'b.example'):\n    abort(403)\nreturn jsonify(requests.get(u, timeout=3).text)"), "in", "not in"),
    Pair("pickle", "deserialization", _view("d = request.get_data()\nreturn str(@@.loads(d)['a'])"), "pickle", "json"),
    Pair("yaml", "deserialization", _view("return jsonify(yaml.@@)"), "load(request.data, Loader=yaml.Loader)", "safe_load(request.data)"),
    Pair("session", "trust-boundary", _view("session['role'] = @@\nreturn 'ok'"), "request.form['role']", "'guest'"),
    Pair("header", "header-injection", _view("r = make_response('x')\nr.headers['X-Name'] = @@\nreturn r"), "name", "name.replace('\\n', '').replace('\\r', '')"),
    Pair("log", "log-injection", _view("logging.info('user ' + @@)\nreturn 'ok'"), "name", "repr(name)"),
    Pair("pattern from outside", "regex-injection", _view("return str(bool(re.search(@@, 'text')))"), "name", "re.escape(name)"),
    Pair("hash", "weak-hash", _view("a = @@\nreturn hashlib.new(a, b'x').hexdigest()"), "'md5'", "'sha256'"),
    Pair("hash by name", "weak-hash", _view("return getattr(hashlib, @@)(b'x').hexdigest()"), "'sha1'", "'sha512'"),
    Pair("random", "weak-random", _view("session['token'] = str(@@)\nreturn 'ok'"), "random.randint(0, 10**9)", "secrets.randbelow(10**9)"),
    Pair("system random", "weak-random", _view("return str(@@.random())"), "random", "random.SystemRandom()"),
    Pair("cookie", "insecure-cookie", _view("r = make_response('x')\nr.set_cookie('a', 'b', httponly=True@@)\nreturn r"), "", ", secure=True"),
    Pair("certificate", "certificate-check-off", _view("requests.get('https://a.example', timeout=3, verify=@@)\nreturn 'ok'"), "False", "True"),
    Pair("debug", "debug-on", HEAD + "app.run(debug=@@)\n", "True", "False"),
    Pair("addresses", "bind-all", HEAD + "app.run(host='@@')\n", "0.0.0.0", "127.0.0.1"),  # noqa: S104 - looked for
    Pair("before request", "sql-injection", _view("def run(c, v):\n    c.execute('select ' + v)\nrun(sqlite3.connect('d').cursor(), @@)\nreturn 'ok'"), "name", "str(number)"),
    Pair("raising helper", "sql-injection", _view("def check(v):\n    if not v.isalnum():\n        @@\ncheck(name)\nsqlite3.connect('d').execute('select ' + name)\nreturn 'ok'"), "logging.info('odd')", "raise ValueError(v)"),
    Pair("boolean helper", "sql-injection", _view("def fine(v):\n    return v @@ ('a', 'b')\nif not fine(name):\n    abort(400)\nsqlite3.connect('d').execute('select ' + name)\nreturn 'ok'"), "not in", "in"),
    Pair("early return", "command-injection", _view("if name != 'a':\n    @@\nos.system('echo ' + name)\nreturn 'ok'"), "pass", "return 'no'"),
    Pair("try", "sql-injection", _view("try:\n    value = @@\nexcept ValueError:\n    return 'no'\nsqlite3.connect('d').execute(f'select {value}')\nreturn 'ok'"), "name.strip()", "int(name)"),
    Pair("generator", "command-injection", _view("def each():\n    yield @@\nfor value in each():\n    os.system(value)\nreturn 'ok'"), "name", "'date'"),
    Pair("attribute", "sql-injection", _view("class Box:\n    pass\nb = Box()\nb.a = name\nb.b = 'x'\nsqlite3.connect('d').execute('select ' + b.@@)\nreturn 'ok'"), "a", "b"),
    Pair("slice", "sql-injection", _view("s = 'fixed' + name\nsqlite3.connect('d').execute('select ' + s[@@])\nreturn 'ok'"), "2:", ":5"),
    Pair("star", "sql-injection", _view("first, *rest = ['a', name, 'c']\nsqlite3.connect('d').execute('select ' + @@)\nreturn 'ok'"), "rest[0]", "first"),
    Pair("alias", "sql-injection", _view("a = ['x']\nb = a\n@@.append(name)\nsqlite3.connect('d').execute('select ' + a[-1])\nreturn 'ok'"), "b", "list(a)"),
    Pair("decorator", "sql-injection", HEAD + "def clean(f):\n    def inner(v):\n        return f(@@)\n    return inner\n@clean\ndef run(v):\n    sqlite3.connect('d').execute('select ' + v)\n@app.get('/')\ndef view():\n    run(request.args['q'])\n    return 'ok'\n", "v", "str(int(v))"),
)  # fmt: skip
