"""The language of a file, by its name, its extension or its first line. Pure."""

from __future__ import annotations

import re

NAMES = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "makefile": "make",
    "gnumakefile": "make",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "vagrantfile": "ruby",
    "jenkinsfile": "groovy",
    ".bashrc": "bash",
    ".profile": "bash",
    ".env": "env",
    "go.mod": "gomod",
}
EXTENSIONS = {
    "python": "py pyi pyw wsgi",
    "javascript": "js jsx mjs cjs es6",
    "typescript": "ts tsx mts cts",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "groovy": "groovy gradle",
    "go": "go",
    "ruby": "rb rake gemspec ru erb",
    "php": "php phtml php3 php4 php5 php7 phps inc",
    "csharp": "cs csx",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh hxx",
    "rust": "rs",
    "swift": "swift",
    "lua": "lua",
    "elixir": "ex exs",
    "solidity": "sol",
    "bash": "sh bash zsh ksh",
    "powershell": "ps1 psm1",
    "terraform": "tf tfvars hcl",
    "dockerfile": "dockerfile containerfile",
    "yaml": "yml yaml",
    "json": "json json5 jsonc ipynb",
    "toml": "toml",
    "ini": "ini cfg conf properties",
    "xml": "xml xsd xsl xslt pom svg jsp jspx",
    "html": "html htm xhtml vue svelte j2 jinja jinja2 ejs hbs mustache twig",
    "css": "css scss sass less",
    "sql": "sql",
    "markdown": "md markdown rst",
    "text": "txt",
}
_BY_EXTENSION = {ending: language for language, endings in EXTENSIONS.items() for ending in endings.split()}
_INTERPRETERS = {
    "python": "python",
    "pypy": "python",
    "node": "javascript",
    "nodejs": "javascript",
    "bun": "javascript",
    "deno": "typescript",
    "ts-node": "typescript",
    "tsx": "typescript",
    "sh": "bash",
    "bash": "bash",
    "dash": "bash",
    "zsh": "bash",
    "ksh": "bash",
    "ruby": "ruby",
    "php": "php",
    "lua": "lua",
    "pwsh": "powershell",
}
_SHEBANG = re.compile(rb"#!\s*(\S{1,200})([^\n]{0,200})")
_ENV_WORDS = re.compile(r"^(-\S+|\w+=\S*)$")
_SPARE = re.compile(
    r"(\.(bak|backup|orig|old|save|tmp|copy|example|sample|dist|template|tmpl|tpl|in|txt)|~)$"
)
"""What people put behind a name to keep a file out of the way; its language is that of the name before."""
_VERSION = re.compile(r"[\d.]+$")
_FIRST_LINES = ((b"<?php", "php"), (b"<?xml", "xml"), (b"<!doctype html", "html"))


def language_of(path: str, head: bytes = b"") -> str:
    """Return the language of a file, empty when unknown.

    path: with "/" between folders; only the last part counts.
    head: the first bytes, for files whose name does not tell.
    """
    name = path.rpartition("/")[2].lower()
    spared = _SPARE.sub("", name)
    return _by_name(spared) or _by_name(name) or _by_shebang(head) or _by_first_line(head)


def _by_name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    if name.startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    if name.startswith(".env."):
        return "env"
    stem, dot, ending = name.rpartition(".")
    return _BY_EXTENSION.get(ending, "") if dot and stem else ""


def _by_shebang(head: bytes) -> str:
    found = _SHEBANG.match(head)
    if found is None:
        return ""
    words = [found[1].decode("latin-1"), *found[2].decode("latin-1").split()]
    if words[0].rpartition("/")[2] == "env":
        words = [word for word in words[1:] if not _ENV_WORDS.match(word)]
    program = words[0].rpartition("/")[2].lower() if words else ""
    return _INTERPRETERS.get(program) or _INTERPRETERS.get(_VERSION.sub("", program), "")


def _by_first_line(head: bytes) -> str:
    start = head[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((language for words, language in _FIRST_LINES if start.startswith(words)), "")
