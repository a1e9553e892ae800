"""Where data must not arrive as it came."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.javascript.models.tables import Table, merged, names, sink
from raksha.taint.library import RECEIVER, Called, Clean, Passes, Sets, Sink

SQL = r"db|conn|pool|client|sql|knex|pg|mysql|maria|sequelize|manager|repo|prisma|trx|orm|database|query"
FIXED_HOST = r"https?://[\w.-]+(:\d+)?[/?#]|/(?![/\\])."
STATEMENT = re.compile(
    r"\s*(select|insert|update|delete|replace|with|create|drop|alter|pragma)\b", re.IGNORECASE
)
SHELLS = frozenset(
    {"sh", "bash", "zsh", "dash", "cmd", "cmd.exe", "powershell", "/bin/sh", "/bin/bash", "node", "python"}
)


def is_page(called: Called) -> bool:
    """A text is sent as HTML unless another type was set; objects are sent as JSON."""
    given = called.arg(0)
    if given is None or given.refs or called.receiver is None:
        return False
    told = called.world.known(called.receiver, "content type")
    if told is None or not told.consts:
        return True
    return any("html" in str(one) or "xml" in str(one) for one in told.consts)


def runs_shell(called: Called) -> bool:
    """`spawn("sh", ["-c", x])`, or the option shell: true."""
    given = called.constants(0) or ()
    if any(str(one) in SHELLS for one in given):
        return True
    for option in called.args[1:]:
        told = called.world.known(option, "shell") if option.refs else None
        if told is not None and told.consts != (False,):
            return True
    return False


def names_type(called: Called) -> bool:
    given = called.constants(0)
    return bool(given) and str(given[0]).lower() == "content-type"  # type: ignore[index]


def follows_entities(called: Called) -> bool:
    options = called.arg(1)
    told = called.world.known(options, "noent") if options is not None and options.refs else None
    return told is not None and told.consts != (False,)


def starts_as_sql(called: Called) -> bool:
    """Names as short as `get` are of many libraries; only a text that begins as SQL tells that it is a database."""
    given = called.arg(0)
    return given is not None and STATEMENT.match(given.head) is not None


def is_text(called: Called) -> bool:
    function = called.arg(0)
    return function is not None and not function.callables


RUNS = "runs as a command"
TABLE: Table = merged(
    names("*. query execute raw unsafe $queryRawUnsafe $executeRawUnsafe whereRaw orderByRaw havingRaw joinRaw selectRaw",
          sink(kinds.SQL, "runs as SQL", on=SQL)),
    names("*. all get run each", sink(kinds.SQL, "runs as SQL", when=starts_as_sql, on=r"^(?!.*(app|router|cache|redis|headers|params|map)).*(db|sql|conn|database)")),
    names("*. query execute $queryRawUnsafe", Clean()),
    names("child_process. exec execSync", sink(kinds.COMMAND, RUNS)),
    names("child_process. spawn spawnSync execFile execFileSync fork", sink(kinds.COMMAND, RUNS, 0),
          sink(kinds.COMMAND, RUNS, 1, when=runs_shell)),
    names("shelljs.exec execa.command execa.execaCommand cross-spawn", sink(kinds.COMMAND, RUNS)),
    names("eval Function vm.runInNewContext vm.runInThisContext vm.runInContext vm.Script vm.compileFunction vm2.VM.run",
          sink(kinds.CODE, "runs as code", 0, 1)),
    names("window|globalThis. eval Function", sink(kinds.CODE, "runs as code")),
    names("setTimeout setInterval setImmediate window.setTimeout window.setInterval",
          sink(kinds.CODE, "runs as code", when=is_text)),
    names("fs|fs.promises|fs/promises|fs-extra|graceful-fs. readFile readFileSync writeFile writeFileSync appendFile appendFileSync"
          " createReadStream createWriteStream unlink unlinkSync readdir readdirSync rm rmSync open openSync stat statSync"
          " rename copyFile copyFileSync mkdir mkdirSync access rmdir existsSync readJson",
          sink(kinds.PATH, "used as a path"), Clean()),
    names("web.Response. download sendfile", sink(kinds.PATH, "file that is sent")),
    names("web.Response. sendFile", sink(kinds.PATH, "file that is sent", when=lambda called: not called.has(1) or not called.arg(1).refs)),  # type: ignore[union-attr]
    names("web.Response. send write end", sink(kinds.XSS, "is sent as HTML", when=is_page)),
    names("web.Response. type", Sets("content type", fluent=True)),
    names("web.Response. contentType", Sets("content type", fluent=True)),
    names("web.Response. setHeader set header append", sink(kinds.HEADER, "value of a header", 0, 1),
          Sets("content type", (1,), fluent=True, when=names_type), Passes((), "web.Response", gives=RECEIVER)),
    names("web.Response. status code sendStatus json jsonp cookie clearCookie links vary",
          Passes((), "web.Response", gives=RECEIVER)),
    names("web.Response. redirect location", sink(kinds.REDIRECT, "where the browser is sent", 0, 1, head=FIXED_HOST)),
    names("koa.Context. redirect", sink(kinds.REDIRECT, "where the browser is sent", head=FIXED_HOST)),
    names("next/navigation.redirect next/server.NextResponse.redirect", sink(kinds.REDIRECT, "where the browser is sent", head=FIXED_HOST)),
    names("location|window.location|document.location. assign replace", sink(kinds.REDIRECT, "where the browser is sent", head=FIXED_HOST)),
    names("window.open", sink(kinds.REDIRECT, "where the browser is sent", head=FIXED_HOST)),
    names("document. write writeln", sink(kinds.XSS, "becomes HTML", 0, 1)),
    names("*. insertAdjacentHTML", sink(kinds.XSS, "becomes HTML", 1)),
    names("*. createContextualFragment", sink(kinds.XSS, "becomes HTML")),
    names("*. html append prepend after before", sink(kinds.XSS, "becomes HTML", on=r"^(\$|jQuery)\(")),
    {"html of an element": sink(kinds.XSS, "becomes HTML")},
    names("*. innerHTML= outerHTML= srcdoc=", sink(kinds.XSS, "becomes HTML")),
    names("location.href= window.location= document.location= window.location.href= document.location.href= self.location=",
          sink(kinds.REDIRECT, "where the browser is sent", head=FIXED_HOST)),
    names("web.Request.session.*=", sink(kinds.TRUST, "kept in the session")),
    names("koa.Context.body=", sink(kinds.XSS, "is sent as HTML", when=is_page)),
    names("fetch axios axios.get axios.post axios.put axios.delete axios.request axios.head got got.get got.post request"
          " request.get request.post node-fetch needle needle.get superagent.get superagent.post undici.request undici.fetch"
          " http.get http.request https.get https.request request-promise", sink(kinds.SSRF, "address that is asked", 0, head=FIXED_HOST)),
    names("serialize-javascript.deserialize node-serialize.unserialize serialize-to-js.deserialize funcster.deepDeserialize cryo.parse"
          " v8.deserialize", sink(kinds.DESERIALIZATION, "is turned into objects")),
    names("ejs.render ejs.compile pug.render pug.compile jade.render jade.compile handlebars.compile Handlebars.compile nunjucks.renderString"
          " nunjucks.compile mustache.render lodash.template _.template dot.template eta.render swig.render doT.template"
          " handlebars.precompile", sink(kinds.TEMPLATE, "read as a template")),
    names("*. search", Sink(kinds.LDAP, (0, 1), "runs as an LDAP search", on="ldap|client")),
    names("xpath. select select1 parse evaluate", sink(kinds.XPATH, "runs as XPath")),
    names("document.evaluate", sink(kinds.XPATH, "runs as XPath")),
    names("libxmljs|libxmljs2. parseXml parseXmlString parseXML", sink(kinds.XXE, "is parsed with entities", when=follows_entities)),
    names("*. find findOne findOneAndUpdate findOneAndDelete updateOne updateMany deleteOne deleteMany countDocuments aggregate"
          " findByIdAndUpdate remove count", sink(kinds.NOSQL, "runs as a query", 0, on=r"coll|model|mongo|db|^[A-Z]|users?"), Clean()),
    names("RegExp", sink(kinds.REGEX, "used as a regular expression")),
    names("console. log error warn info debug", sink(kinds.LOG, "written to the log", 0, 1, 2), Clean()),
    names("*. info warn error debug", Sink(kinds.LOG, (0, 1), "written to the log", on=r"log|winston|pino"), Clean()),
)  # fmt: skip
