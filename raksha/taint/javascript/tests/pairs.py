"""Programs in pairs: one holds the fault, the other differs by a branch, key, index, guard or escape only."""

from __future__ import annotations

from dataclasses import dataclass, field

HEAD = """const express = require("express"), cp = require("child_process"), fs = require("fs"), path = require("path");
const crypto = require("crypto"), axios = require("axios"), he = require("he"), ejs = require("ejs");
const xpath = require("xpath"), yaml = require("js-yaml"), serial = require("node-serialize"), app = express();
"""
EXPRESS = HEAD + "app.get('/p', async (req, res) => {{ const q = req.query.q;\n{}\n}});\n"


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    cwe: int
    bad: dict[str, str]
    good: dict[str, str] = field(default_factory=dict)


SINKS = {
    "sql": (89, "db.query('select * from t where a = ' + {});"),
    "command": (78, "cp.exec('ls ' + {});"), "shell": (78, "cp.spawn('sh', ['-c', {}]);"),
    "code": (94, "eval({});"), "path": (22, "fs.readFileSync('/data/' + {});"), "xss": (79, "res.send('<b>' + {} + '</b>');"),
    "redirect": (601, "res.redirect({});"), "ssrf": (918, "await axios.get({});"),
    "template": (1336, "ejs.render({}, {{}});"), "xpath": (643, "xpath.select('//a[@b=' + {} + ']', doc);"),
    "object": (502, "serial.unserialize({});"), "regex": (1333, "new RegExp({});"),
    "log": (117, "console.log('asked ' + {});"), "header": (113, "res.setHeader('X-A', {});"),
    "nosql": (943, "await User.findOne({{ name: {} }});"), "session": (501, "req.session.name = {};"),
    "ldap": (90, "ldapClient.search('(uid=' + {} + ')', cb);"),
}  # fmt: skip
FLOWS = {
    "branch": ("let v = 'a', n = 86; if (7 * 42 - n > 200) v = q;", "let v = q, n = 86; if (7 * 42 - n > 200) v = 'a';", "v"),
    "key": ("const o = {{ a: q, b: 'x' }};", "const o = {{ a: 'x', b: q }};", "o.a"),
    "index": ("const l = ['a', q, 'b']; l.shift();", "const l = [q, 'a', 'b']; l.shift();", "l[0]"),
    "map": ("const m = new Map(); m.set('a', q); m.set('b', 'x');", "const m = new Map(); m.set('b', q); m.set('a', 'x');", "m.get('a')"),
    "switch": ("let v; switch ('ABC'[1]) {{ case 'A': v = 'x'; break; case 'B': v = q; break; default: v = 'y'; }}",
               "let v; switch ('ABC'[1]) {{ case 'A': v = q; break; case 'B': v = 'x'; break; default: v = q; }}", "v"),
    "list": ("const v = q; if (!['a', 'b'].includes(v)) console.info('no');", "const v = q; if (!['a', 'b'].includes(v)) return;", "v"),
    "pattern": ("const v = q; if (!/^.*$/.test(v)) return;", "const v = q; if (!/^[a-z0-9]+$/.test(v)) return;", "v"),
    "lambda": ("const f = (a, b) => a; const v = f(q, 'x');", "const f = (a, b) => b; const v = f(q, 'x');", "v"),
    "destructured": ("const {{ a, b }} = {{ a: q, b: 'x' }};", "const {{ b: a, a: b }} = {{ a: q, b: 'x' }};", "a"),
    "number": ("const v = `${{q}}`;", "const v = parseInt(q, 10);", "v"),
    "promise": ("const v = await Promise.resolve(q);", "const v = await Promise.resolve('x');", "v"),
    "mapped": ("const v = [q].map(x => x.trim())[0];", "const v = [q].map(x => 'x')[0];", "v"),
    "table": ("const t = {{ a: 'x' }}; const v = t.hasOwnProperty('a') ? q : 'x';",
              "const t = {{ a: 'x' }}; const v = t.a;", "v"),
}  # fmt: skip


def express() -> list[Pair]:
    """Every sink with some flows, so that each flow meets several sinks and the other way round."""
    made = []
    flows = list(FLOWS.items())
    for number, (word, (cwe, sink)) in enumerate(SINKS.items()):
        for step in range(4):
            flow, (bad, good, value) = flows[(number * 3 + step * 4) % len(flows)]
            body = sink.format(value)
            made.append(Pair(f"{word} by {flow}", cwe, _app(bad.format(), body), _app(good.format(), body)))
    return made


def _app(*lines: str) -> dict[str, str]:
    return {"app.js": EXPRESS.format("\n".join(lines))}


def _pair(name: str, cwe: int, bad: str, good: str) -> Pair:
    return Pair(name, cwe, _app(bad), _app(good))


def _files(
    name: str, cwe: int, main: str, other: str, bad: str, good: str, path: str = "lib/helper.js"
) -> Pair:
    ending = path.rpartition(".")[2]
    return Pair(name, cwe, {f"app.{ending}": main, path: other.replace("@", bad)},
                {f"app.{ending}": main, path: other.replace("@", good)})  # fmt: skip


ESCAPES = [
    _pair("escaped html", 79, "res.send('<b>' + he.decode(q));", "res.send('<b>' + he.encode(q));"),
    _pair("plain text", 79, "res.type('html').send(q);", "res.type('text/plain').send(q);"),
    _pair("base name", 22, "fs.readFileSync('/a/' + path.join(q));", "fs.readFileSync('/a/' + path.basename(q));"),
    _pair("resolved path", 22, "const f = path.resolve('/a', q); fs.readFileSync(f);",
          "const f = path.resolve('/a', q); if (!f.startsWith('/a/')) return; fs.readFileSync(f);"),
    _pair("bound parameter", 89, "db.query('select ' + q);", "db.query('select ?', [q]);"),
    _pair("array of arguments", 78, "cp.exec('ls ' + q);", "cp.execFile('ls', [q]);"),
    _pair("text for a query", 943, "User.find({ a: q });", "User.find({ a: String(q) });"),
    _pair("type test", 943, "User.find({ a: q });", "if (typeof q !== 'string') return; User.find({ a: q });"),
    _pair("fixed host", 918, "axios.get('http://' + q);", "axios.get('https://a.example/' + q);"),
    _pair("encoded", 79, "res.send(decodeURIComponent(q));", "res.send(encodeURIComponent(q));"),
    _pair("one line", 117, "console.log(q.replace(/a/g, ''));", "console.log(q.replace(/[\\r\\n]/g, ''));"),
    _pair("trimmed path", 22, "const f = q.trim(); fs.readFileSync('/a/' + f);", "const f = q.trim(); if (f.includes('..')) return; fs.readFileSync('/a/' + f);"),
    _pair("callback", 78, "foo(() => { cp.exec(q); });", "if (!/^[a-z]+$/.test(q)) return; foo(() => { cp.exec(q); });"),
    _pair("promisified", 78, "const run = require('util').promisify(cp.exec); await run('ls ' + q);", "const run = require('util').promisify(cp.exec); await run('ls');"),
    _pair("database", 89, "database.all(`select ${q}`, (e, r) => res.json(r));", "database.all('select ?', [q], (e, r) => res.json(r));"),
    _pair("weak hash", 328, "crypto.createHash('md5');", "crypto.createHash('sha256');"),
    _pair("weak cipher", 327, "crypto.createCipheriv('des-ecb', k, v);", "crypto.createCipheriv('aes-256-gcm', k, v);"),
    _pair("cookie", 614, "res.cookie('a', 'b', { httpOnly: true });", "res.cookie('a', 'b', { httpOnly: true, secure: true });"),
    _pair("certificate", 295, "const o = { rejectUnauthorized: false };", "const o = { rejectUnauthorized: true };"),
]  # fmt: skip
COMMON = "const cp = require('child_process'), h = require('./lib/helper');\nexports.go = (req, res) => cp.exec(h.pick(req.query.a, 'x'));"
MODULE = "import { exec } from 'node:child_process';\nimport { pick } from './lib/helper.js';\nexport function go(req, res) { exec(pick(req.query.a, 'x')); }"
CLASS = "const Box = require('./lib/helper'), cp = require('child_process');\nmodule.exports = (req, res) => { const b = new Box(req.body.a); cp.exec(b.value()); };"
TYPED = """import { Controller, Get, Query } from '@nestjs/common';
import { Store } from './lib/helper';
@Controller() export class C { constructor(private readonly store: Store) {}
  @Get() get(@Query('a') a: string) { return new Store().pick(a); } }"""
FILES = [
    _files(
        "common modules",
        78,
        COMMON,
        "function pick(a, b) { return @; }\nmodule.exports = { pick };",
        "a",
        "b",
    ),
    _files("exports", 78, COMMON, "exports.pick = (a, b) => @;", "a", "b"),
    _files("modules", 78, MODULE, "export const pick = (a, b) => @;", "a", "b"),
    _files(
        "class",
        78,
        CLASS,
        "class Box { #v; constructor(v) { this.#v = v; this.w = 'x'; } value() { return this.@; } }\nmodule.exports = Box;",
        "#v",
        "w",
    ),
    _files(
        "typescript",
        78,
        TYPED,
        "import { exec } from 'child_process';\nexport class Store { pick(a: string) { exec(@); return 1; } }",
        "a",
        "'a'",
        "lib/helper.ts",
    ),
]
KOA = "const db = make(); router.get('/', async (ctx) => { const { a, b } = ctx.query; @ });"
BROWSER = "const el = document.getElementById('a'); const v = location.hash.slice(1); @"


def _plain(name: str, cwe: int, head: str, bad: str, good: str, path: str = "a.js") -> Pair:
    return Pair(name, cwe, {path: head.replace("@", bad)}, {path: head.replace("@", good)})


OTHERS = [
    _plain("koa body", 79, KOA, "ctx.body = '<b>' + a;", "ctx.body = { a };"),
    _plain("koa sql", 89, KOA, "await db.query(`select ${a}`);", "await db.query(`select ${Number(a)}`);"),
    _plain("koa redirect", 601, KOA, "ctx.redirect(a);", "ctx.redirect('/b?a=' + a);"),
    _plain("html", 79, BROWSER, "el.innerHTML = v;", "el.textContent = v;"),
    _plain("write", 79, BROWSER, "document.write(v);", "document.write(encodeURIComponent(v));"),
    _plain("cleaned", 79, BROWSER, "el.innerHTML = v.trim();", "el.innerHTML = DOMPurify.sanitize(v);"),
    _plain("location", 601, BROWSER, "window.location = v;", "window.location = '/a/' + v;"),
    _plain("timer", 94, BROWSER, "setTimeout(v, 10);", "setTimeout(() => v, 10);"),
    _plain("jquery", 79, BROWSER, "$('#a').html(v);", "$('#a').text(v);"),
    _plain("message", 79, "window.addEventListener('message', (e) => { @ });", "document.body.innerHTML = e.data;", "document.body.innerText = e.data;"),
    _plain("jsx", 79, "function V() { const v = location.hash; return @; }", "<p dangerouslySetInnerHTML={{__html: v}}/>", "<p>{v}</p>", "a.jsx"),
]  # fmt: skip
SHORT_NAMES = [
    _pair("short name", 89, "db.get('select ' + q);", "db.get(q);"),
    _plain(
        "koa answer",
        79,
        "module.exports = (ctx) => { @ };",
        "ctx.body = ctx.query.a;",
        "ctx.res.end(ctx.body);",
    ),
]
PAIRS = [*SHORT_NAMES, *express(), *ESCAPES, *FILES, *OTHERS]
