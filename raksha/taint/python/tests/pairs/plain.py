"""Programs without a framework, configuration, and XML, LDAP and the like."""

from __future__ import annotations

from raksha.taint.python.tests.pairs.making import Pair

WEB = "from flask import Flask, request, abort, jsonify\napp = Flask(__name__)\n"


def _view(head: str, body: str) -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{WEB}{head}\n@app.post('/')\ndef view():\n    q = request.form['q']\n{lines}\n"


PAIRS = (
    Pair("typed input", "code-injection", "import ast\nx = @@(input('> '))\nprint(x)\n", "eval", "ast.literal_eval"),
    Pair("argument", "command-injection", "import os, sys, shlex\nos.system('ls ' + @@)\n", "sys.argv[1]", "shlex.quote(sys.argv[1])"),
    Pair("query", "sql-injection", "import sqlite3, sys\ndb = sqlite3.connect('d')\nfor row in db.execute(@@):\n    print(row)\n", "'select * from t where a = ' + sys.argv[1]", "'select * from t where a = ?', (sys.argv[1],)"),
    Pair("socket", "deserialization", "import json, pickle, socket\ns = socket.socket()\nd = s.recv(1024)\nprint(@@.loads(d))\n", "pickle", "json"),
    Pair("server", "path-traversal", "import os\nfrom http.server import BaseHTTPRequestHandler\nclass H(BaseHTTPRequestHandler):\n    def do_GET(self):\n        p = @@\n        self.wfile.write(open(p, 'rb').read())\n", "'/srv' + self.path", "'/srv/' + os.path.basename(self.path)"),
    Pair("ldap", "ldap-injection", _view("import ldap3\nfrom ldap3.utils.conv import escape_filter_chars", "c = ldap3.Connection('s')\nc.search('dc=x', '(uid=%s)' % @@)\nreturn jsonify(1)"), "q", "escape_filter_chars(q)"),
    Pair("python-ldap", "ldap-injection", _view("import ldap\nfrom ldap.filter import escape_filter_chars", "c = ldap.initialize('ldap://x')\nc.search_s('dc=x', 2, f'(uid={@@})')\nreturn jsonify(1)"), "q", "escape_filter_chars(q)"),
    Pair("xpath", "xpath-injection", _view("from lxml import etree", "t = etree.parse('a.xml')\nt.xpath(@@)\nreturn jsonify(1)"), "\"//u[@n='\" + q + \"']\"", "'//u[@n=$n]', n=q"),
    Pair("quote refused", "xpath-injection", _view("from lxml import etree", "t = etree.parse('a.xml')\n@@\nt.xpath(\"//u[@n='\" + q + \"']\")\nreturn jsonify(1)"), "pass", "if \"'\" in q:\n    abort(400)"),
    Pair("lxml", "xxe", _view("from lxml import etree", "etree.fromstring(q, etree.XMLParser(resolve_entities=@@))\nreturn jsonify(1)"), "True", "False"),
    Pair("sax feature", "xxe", _view("import io, xml.sax, xml.sax.handler", "p = xml.sax.make_parser()\np.setFeature(xml.sax.handler.feature_external_ges, @@)\np.parse(io.StringIO(q))\nreturn jsonify(1)"), "True", "False"),
    Pair("etree", "xml-bomb", _view("import defusedxml.ElementTree\nimport xml.etree.ElementTree", "@@.ElementTree.fromstring(q)\nreturn jsonify(1)"), "xml.etree", "defusedxml"),
    Pair("mongo", "nosql-injection", _view("import pymongo", "db = pymongo.MongoClient().shop\nreturn jsonify(db.users.find_one({'name': @@}))"), "request.json['name']", "str(request.json['name'])"),
    Pair("jinja", "xss", _view("from jinja2 import Environment", "e = Environment(autoescape=@@)\nreturn e.from_string('<b>{{ q }}').render(q=q)"), "False", "True"),
    Pair("jinja source", "template-injection", _view("from jinja2 import Environment", "e = Environment(autoescape=True)\nreturn e.from_string(@@).render(q=q)"), "'Hi ' + q", "'Hi {{ q }}'"),
    Pair("autoescape", "autoescape-off", "from jinja2 import Environment\nenv = Environment(@@)\n", "", "autoescape=True"),
    Pair("pathlib", "path-traversal", _view("from pathlib import Path", "p = Path('/srv') / @@\nreturn jsonify(p.read_text())"), "q", "Path(q).name"),
    Pair("resolved", "path-traversal", _view("from pathlib import Path", "p = (Path('/srv') / q).resolve()\n@@\nreturn jsonify(p.read_text())"), "pass", "if not p.is_relative_to('/srv'):\n    abort(404)"),
    Pair("mode", "loose-permissions", "import os\nos.chmod('f', @@)\n", "0o777", "0o600"),
    Pair("temporary", "insecure-temporary-file", "import tempfile\nname = tempfile.@@\n", "mktemp()", "mkstemp()[1]"),
    Pair("cipher", "weak-cipher", "from Crypto.Cipher import AES, DES\nc = @@\n", "DES.new(b'12345678', DES.MODE_CBC)", "AES.new(key, AES.MODE_GCM)"),
    Pair("mode of a cipher", "weak-cipher", "from Crypto.Cipher import AES\nc = AES.new(key, AES.@@)\n", "MODE_ECB", "MODE_GCM"),
    Pair("hazmat", "weak-cipher", "from cryptography.hazmat.primitives.ciphers import algorithms, modes, Cipher\nc = Cipher(algorithms.@@(key), modes.GCM(iv))\n", "ARC4", "AES"),
    Pair("key", "weak-key", "from cryptography.hazmat.primitives.asymmetric import rsa\nk = rsa.generate_private_key(public_exponent=65537, key_size=@@)\n", "1024", "4096"),
    Pair("tls", "weak-tls", "import ssl\nc = ssl.SSLContext(ssl.@@)\n", "PROTOCOL_TLSv1", "PROTOCOL_TLS_CLIENT"),
    Pair("context", "certificate-check-off", "import ssl\nc = ssl.@@()\n", "_create_unverified_context", "create_default_context"),
    Pair("host name", "certificate-check-off", "import ssl\nc = ssl.create_default_context()\nc.check_hostname = @@\n", "False", "True"),
    Pair("host key", "host-key-check-off", "import paramiko\nc = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.@@())\n", "AutoAddPolicy", "RejectPolicy"),
    Pair("token", "unverified-token", "import jwt\ndef read(t):\n    return jwt.decode(t, KEY, algorithms=['HS256'], options={'verify_signature': @@})\n", "False", "True"),
    Pair("password", "hard-coded-credential", "import os\nDB_PASSWORD = @@\n", "'hunter2-prod'", "os.environ['DB_PASSWORD']"),
    Pair("connection", "hard-coded-credential", "import os, psycopg2\ndb = psycopg2.connect(host='h', password=@@)\n", "'s3cret!x'", "os.environ['PW']"),
    Pair("md5 not for security", "weak-hash", "import hashlib\nh = hashlib.md5(b'x'@@)\n", "", ", usedforsecurity=False"),
    Pair("yaml", "unsafe-loader", "import yaml\nd = yaml.load(open('f'), Loader=yaml.@@)\n", "Loader", "SafeLoader"),
    Pair("telnet", "cleartext-transport", "import @@\n", "telnetlib", "paramiko"),
    Pair("tar", "archive-extraction", "import tarfile\nt = tarfile.open('a.tar')\nt.extractall('d'@@)\n", "", ", filter='data'"),
    Pair("reset code", "weak-random", "import random, secrets\ndef reset_token():\n    return ''.join(@@.choice('abc') for _ in range(9))\n", "random", "secrets"),
    Pair("hidden text", "bidirectional-text", "x = 1  # @@\n", "\u202e admin", "admin"),
    Pair("wildcard", "wildcard-injection", "import os\nos.system('chown root @@')\n", "*", "a"),
    Pair("settings", "debug-on", "INSTALLED_APPS = []\nDEBUG = @@\n", "True", "False"),
)  # fmt: skip
