"""Programs of several files and classes."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

APP = """\
from flask import Flask, request, jsonify
{imports}
app = Flask(__name__)
@app.post("/")
def view():
    q = request.form["q"]
    {body}
    return jsonify(1)
"""


def _app(imports: str, body: str) -> str:
    return APP.format(imports=imports, body=body.replace("\n", "\n    "))


STORE = (
    "store.py",
    "import sqlite3\nclass Store:\n    def __init__(self, where):\n        self.where = where\n    def find(self):\n        return sqlite3.connect('d').execute('select ' + self.where)\n",
)
TEXTS = ("shop/texts.py", "import html\ndef shown(x):\n    return @@\n")
BASE = (
    "base.py",
    "import os\nclass Base:\n    def prepare(self, v):\n        return v\n    def run(self, v):\n        os.system(self.prepare(v))\n",
)
MAKERS = (
    "makers.py",
    "import os\nclass Loud:\n    def do(self, v):\n        os.system(v)\nclass Quiet:\n    def do(self, v):\n        return len(v)\ndef make(kind):\n    if kind == 'loud':\n        return Loud()\n    return Quiet()\n",
)

PAIRS = (
    Pair("object of another file", "sql-injection", _app("from store import Store", "Store(@@).find()"), "q", "str(len(q))", (STORE,)),
    Pair("helper of a package", "xss", "from flask import Flask, request\nfrom shop.texts import shown\napp = Flask(__name__)\n@app.get('/')\ndef view():\n    return '<b>' + shown(request.args['q'])\n", "x.strip()", "html.escape(x)", (TEXTS, ("shop/__init__.py", ""))),
    Pair("relative import", "command-injection", "from flask import Flask, request\nfrom shop import work\napp = Flask(__name__)\n@app.get('/')\ndef view():\n    work.go(request.args['q'])\n    return {}\n", "v", "'date'", (("shop/__init__.py", ""), ("shop/work.py", "from .low import run\ndef go(v):\n    run(@@)\n"), ("shop/low.py", "import os\ndef run(c):\n    os.system(c)\n"))),
    Pair("overridden method", "command-injection", _app("from base import Base\nimport shlex\nclass Mine(Base):\n    def prepare(self, v):\n        return @@", "Mine().run(q)"), "v", "shlex.quote(v)", (BASE,)),
    Pair("factory", "command-injection", _app("from makers import make", "make('@@').do(q)"), "loud", "quiet", (MAKERS,)),
    Pair("static method", "sql-injection", _app("import sqlite3\nclass T:\n    @staticmethod\n    def q(v):\n        return @@", "sqlite3.connect('d').execute('select ' + T.q(q))"), "v", "str(int(v))"),
    Pair("class method", "sql-injection", _app("import sqlite3\nclass T:\n    @classmethod\n    def of(cls, v):\n        t = cls()\n        t.v = @@\n        return t", "sqlite3.connect('d').execute('select ' + T.of(q).v)"), "v", "'x'"),
    Pair("property", "sql-injection", _app("import sqlite3\nclass T:\n    def __init__(self, v):\n        self._v = v\n    @property\n    def v(self):\n        return @@", "sqlite3.connect('d').execute('select ' + T(q).v)"), "self._v", "'x'"),
    Pair("super", "command-injection", _app("import os\nclass A:\n    def __init__(self, v):\n        self.v = v\nclass B(A):\n    def __init__(self, v):\n        super().__init__(@@)", "os.system(B(q).v)"), "v", "'date'"),
    Pair("state machine", "command-injection", _app("import os\nclass M:\n    def __init__(self):\n        self.items = {}\n    def put(self, k, v):\n        self.items[k] = v\n    def get(self, k):\n        return self.items.get(k)", "m = M()\nm.put('a', q)\nm.put('b', 'date')\nos.system(m.get('@@'))"), "a", "b"),
    Pair("dataclass", "sql-injection", _app("import sqlite3\nfrom dataclasses import dataclass\n@dataclass\nclass D:\n    a: str\n    b: str", "d = D(q, 'x')\nsqlite3.connect('d').execute('select ' + d.@@)"), "a", "b"),
    Pair("named tuple", "sql-injection", _app("import sqlite3\nfrom typing import NamedTuple\nclass D(NamedTuple):\n    a: str\n    b: str", "d = D(q, 'x')\nsqlite3.connect('d').execute('select ' + d.@@)"), "a", "b"),
    Pair("closure", "command-injection", _app("import os\ndef later(v):\n    def run():\n        os.system(v)\n    return run", "later(@@)()"), "q", "'date'"),
    Pair("callback table", "command-injection", _app("import os\ndef bad(v):\n    os.system(v)\ndef good(v):\n    return len(v)\nTABLE = {'bad': bad, 'good': good}", "TABLE['@@'](q)"), "bad", "good"),
    Pair("context manager", "sql-injection", _app("import sqlite3\nfrom contextlib import contextmanager\n@contextmanager\ndef db():\n    c = sqlite3.connect('d')\n    yield c\n    c.close()", "with db() as c:\n    c.execute('select ' + @@)"), "q", "'1'"),
    Pair("module constant", "command-injection", _app("import os\nfrom limits import SAFE", "if SAFE:\n    q = 'date'\nos.system(q)"), "False", "True", (("limits.py", "SAFE = @@\n"),)),
    Pair("enum", "command-injection", _app("import os\nfrom enum import Enum\nclass K(Enum):\n    A = 'a'", "os.system('echo ' + @@)"), "q", "K(q).value"),
)  # fmt: skip
