# ruff: noqa: S608 - these are the programs that are looked at, not queries of ours
"""Where the value goes, by weakness: the same use with the escape that this kind needs, and with one for another kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sink:
    """use: statements that use {value} and set `answer`, or name a word of the idiom: "page", "redirect" …

    right: an expression around {value} that makes it harmless here; wrong: one that does not.
    """

    cwe: int
    use: str
    right: str
    wrong: str
    imports: str = ""
    without: str = ""  # an idiom that has no such thing


DONE = '\nanswer = "ok"'
SINKS = (
    Sink(89, 'cursor = sqlite3.connect("shop.db").cursor()\ncursor.execute("SELECT * FROM people WHERE name = \'" + {value} + "\'")' + DONE, "str(int({value}))", "html.escape({value})", "import html\nimport sqlite3"),
    Sink(89, 'with psycopg.connect("") as connection:\n    connection.execute(f"DELETE FROM people WHERE name = \'{{{value}}}\'")' + DONE, "float({value})", "{value}.strip()", "import psycopg"),
    Sink(78, 'os.system("ping -c 1 " + {value})' + DONE, "shlex.quote({value})", "html.escape({value})", "import html\nimport os\nimport shlex"),
    Sink(78, 'subprocess.run(f"ls {{{value}}}", shell=True, check=False)' + DONE, "shlex.quote({value})", "{value}.lower()", "import shlex\nimport subprocess"),
    Sink(78, 'subprocess.run(["sh", "-c", "ls " + {value}], check=False)' + DONE, "shlex.quote({value})", "repr({value})", "import shlex\nimport subprocess"),
    Sink(94, "total = eval({value})" + DONE, "str(int({value}))", "{value}.strip()"),
    Sink(94, "exec({value})" + DONE, 'str(float({value}))', "{value}.replace(\"a\", \"b\")"),
    Sink(22, 'with open(os.path.join("/srv/files", {value})) as file:\n    text = file.read()' + DONE, "os.path.basename({value})", "{value}.strip()", "import os"),
    Sink(22, 'os.remove("/srv/files/" + {value})' + DONE, "secure_filename({value})", "{value}.lower()", "import os\n\nfrom werkzeug.utils import secure_filename"),
    Sink(79, "page", "html.escape({value})", "{value}.upper()", "import html"),
    Sink(90, 'connection = ldap3.Connection("ldap://localhost")\nconnection.search("dc=x", "(uid=" + {value} + ")")' + DONE, "escape_filter_chars({value})", "{value}.strip()", "import ldap3\nfrom ldap3.utils.conv import escape_filter_chars"),
    Sink(643, 'tree = etree.parse("people.xml")\nfound = tree.xpath("//person[@name=\'" + {value} + "\']")' + DONE, "str(int({value}))", "{value}.title()", "from lxml import etree"),
    Sink(502, "thing = pickle.loads({value}.encode())" + DONE, "str(int({value}))", "{value}.strip()", "import pickle"),
    Sink(601, "redirect", 'url_quote({value}, safe="")', "{value}.strip()", "from urllib.parse import quote as url_quote"),
    Sink(918, "found = requests.get({value}, timeout=5)" + DONE, '"https://api.example.org/" + quote({value}, safe="")', "{value}.lower()", "from urllib.parse import quote\n\nimport requests"),
    Sink(918, 'found = urllib.request.urlopen("http://" + {value})' + DONE, '{{"a": "a.example.org"}}.get({value}, "b.example.org")', "{value}.strip()", "import urllib.request"),
    Sink(1336, "text = jinja2.Template({value}).render()" + DONE, "str(int({value}))", "{value}.strip()", "import jinja2"),
    Sink(113, "header", '{value}.replace("\\r", "").replace("\\n", "")', "{value}.lower()"),
    Sink(501, "session", "bool({value})", "{value}.upper()", without="plain"),
    Sink(117, 'logging.info("seen %s", {value})' + DONE, '{value}.replace("\\r", "").replace("\\n", "")', "{value}.lower()", "import logging"),
    Sink(943, 'found = pymongo.MongoClient().shop.people.find({{"$where": "this.name == \'" + {value} + "\'"}})' + DONE, "str(int({value}))", "{value}.strip()", "import pymongo"),
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """A weakness that needs no request: {choice} is a name that the twist picks; weak and strong are its values."""

    cwe: int
    use: str
    weak: str
    strong: str
    imports: str = ""


SETTINGS = (
    Setting(328, "digest = hashlib.new({choice}, b\"text\").hexdigest()" + DONE, '"md5"', '"sha256"', "import hashlib"),
    Setting(328, "digest = getattr(hashlib, {choice})(b\"text\").hexdigest()" + DONE, '"sha1"', '"sha512"', "import hashlib"),
    Setting(330, "token = str({choice}.choice(range(1000)))" + DONE, "random", "secrets", "import random\nimport secrets"),
    Setting(614, 'answer = make_response("ok")\nanswer.set_cookie("session_id", "1", secure={choice}, httponly=True)', "False", "True"),
    Setting(611, "parser = etree.XMLParser(resolve_entities={choice})\ntree = etree.fromstring(raw, parser)" + DONE, "True", "False", "from lxml import etree"),
    Setting(327, "cipher = Cipher({choice}(b\"0\" * 16), modes.CBC(b\"0\" * 16))" + DONE, "algorithms.ARC4", "algorithms.AES", "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes"),
    Setting(502, "thing = yaml.load(raw, Loader={choice})" + DONE, "yaml.Loader", "yaml.SafeLoader", "import yaml"),
)  # fmt: skip
