"""Sources that are hard to read, R-08; and bugs that try not to be seen, R-10. Each holds one planted call."""

from __future__ import annotations

from collections.abc import Mapping

PLANTED = {
    "py": "planted(1)\n",
    "js": "planted(1);\n",
    "ts": "planted(1);\n",
    "java": "class P { void p() { planted(1); } }\n",
    "go": "package p\nfunc p() { planted(1) }\n",
    "rb": "planted(1)\n",
    "php": "<?php planted(1);\n",
    "yaml": "planted: 1\n",
    "json": '{"planted": 1}\n',
    "sh": "planted 1\n",
}
RULES = [
    {
        "id": "test.planted",
        "languages": ["python", "javascript", "typescript", "java", "go", "ruby", "php"],
        "severity": "ERROR",
        "message": "planted",
        "pattern": "planted(...)",
    },
    {
        "id": "test.planted-yaml",
        "languages": ["yaml", "json"],
        "severity": "ERROR",
        "message": "planted",
        "pattern-either": [{"pattern": "planted: $X"}, {"pattern": '"planted": $X'}],
    },
    {
        "id": "test.planted-shell",
        "languages": ["bash"],
        "severity": "ERROR",
        "message": "planted",
        "pattern": "planted ...",
    },
    {
        "id": "test.deep",
        "languages": ["python", "javascript"],
        "severity": "INFO",
        "message": "deep",
        "pattern": "never_there(<... planted_too($X) ...>, ..., $X)",
    },
]


def sources(depth: int, size: int) -> Mapping[str, bytes]:
    """Return 30 sources by name. depth: how deeply they nest. size: of the large ones, in bytes."""
    made = {
        "parentheses.py": f"x = {'(' * depth}1{')' * depth}\n",
        "lists.py": f"x = {'[' * depth}1{']' * depth}\n",
        "dicts.py": f"x = {'{1:' * depth}1{'}' * depth}\n",
        "lambdas.py": f"x = {'lambda: ' * depth}1\n",
        "nots.py": f"x = {'not ' * depth}1\n",
        "sums.py": f"x = {' + '.join(['1'] * depth)}\n",
        "texts.py": "x = (" + "\n".join(["'abc'"] * depth) + ")\n",
        "attributes.py": f"x = a{'.a' * depth}\n",
        "calls.py": f"x = f{'()' * depth}\n",
        "comparisons.py": f"x = {' < '.join(['a'] * depth)}\n",
        "one_line.py": "x = 1; " * (size // 7) + "\n",
        "many_functions.py": "".join(f"def f{n}(a):\n    return a\n" for n in range(size // 30)),
        "many_names.py": "def f(a0):\n"
        + "".join(f"    a{n + 1} = a{n} + g(a{n})\n" for n in range(size // 40)),
        "branches.py": "def f(a):\n" + "".join(f"    if a: a = g({n})\n" for n in range(size // 100)),
        "unterminated.py": "x = '''" + "a" * size + "\n",
        "bytes.py": "".join(map(chr, range(1, 256))) * 50 + "\n",
        "decorators.py": "@a\n" * depth + "def f(): pass\n",
        "parentheses.js": f"x = {'(' * depth}1{')' * depth};\n",
        "arrows.js": f"x = {'() => ' * depth}1;\n",
        "ternaries.js": f"x = {'a ? b : ' * depth}c;\n",
        "one_line.js": "a(1);" * (size // 5) + "\n",
        "regexes.js": "".join(f"x = /(a+)+{n}$/.test('{'a' * 60}!');\n" for n in range(size // 100)),
        "blocks.java": f"class A {{ void f() {{ {'{' * depth}{'}' * depth} }} }}\n",
        "texts.java": f"class A {{ String s = {' + '.join(['a'] * depth)}; }}\n",
        "blocks.go": f"package p\nfunc f() {{ {'{' * depth}{'}' * depth} }}\n",
        "arrays.rb": f"x = {'[' * depth}1{']' * depth}\n",
        "arrays.php": f"<?php $x = {'[' * depth}1{']' * depth};\n",
        "aliases.yaml": "a0: &a0 [x, x]\n"
        + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, min(40, depth // 25))),
        "lists.yaml": f"a: {'[' * depth}1{']' * depth}\n",
        "lists.json": f"{'[' * depth}1{']' * depth}\n",
    }
    return {name: (source + _planted(name)).encode("utf-8", "replace") for name, source in made.items()}


def _planted(name: str) -> str:
    ending = name.rpartition(".")[2]
    planted = PLANTED[ending]
    if ending == "go":
        return planted.partition("\n")[2]
    return planted.removeprefix("<?php ") if ending == "php" else planted


def hidden() -> dict[str, tuple[str, bytes]]:
    """Return 20 planted bugs by what is done to hide them: path and source; two for each of ten tricks."""
    py, js = PLANTED["py"], PLANTED["js"]
    large = "# " + "x" * 98 + "\n"
    return {
        "nosemgrep": ("a.py", b"planted(1)  # nosemgrep\n"),
        "nosemgrep with a rule": ("a.js", b"planted(1) // nosemgrep: test.planted\n"),
        "nosemgrep on the line above": ("b.py", b"# nosemgrep\nplanted(1)\n"),
        "other tools' words": ("c.py", b"planted(1)  # nosec # noqa # NOSONAR\n"),
        ".semgrepignore": ("ignored/by_semgrep.py", py.encode()),
        ".gitignore": ("ignored/by_git.js", js.encode()),
        "vendored": ("vendor/lib/a.py", py.encode()),
        "installed": ("node_modules/lib/index.js", js.encode()),
        "test folder": ("tests/test_a.py", py.encode()),
        "fixture": ("spec/fixtures/a.js", js.encode()),
        "capitals": ("LIB/A.PY", py.encode()),
        "unusual ending": ("lib/a.pyw", py.encode()),
        "no ending": ("bin/tool", b"#!/usr/bin/env -S python3 -u\nplanted(1)\n"),
        "ending of a module": ("lib/a.mjs", js.encode()),
        "large": ("large.py", (large * 12_000 + py).encode()),
        "large, minified": ("large.min.js", ("f('%s');" % ("x" * 120) * 9_000 + js).encode()),
        "NUL": ("nul.js", b"/* \0 */ " + js.encode()),
        "UTF-16": ("wide.js", ("\ufeff" + js).encode("utf-16-le")),
        "hidden folder": (".hidden/.a.py", py.encode()),
        "strange name": ("a\u202e\n b.py", py.encode()),
    }


IGNORE_FILES = {
    ".semgrepignore": b"*\n",
    ".gitignore": b"*\n",
    "ignored/.semgrepignore": b":include .gitignore\n*\n",
    ".semgrep.yml": b"rules: []\n",
}


def traps(canary: str) -> dict[str, bytes]:
    """Return 15 files with which tools that read a project's configuration run its code. R-11."""
    touch = f"touch {canary}"
    python = f"import os; os.system({touch!r})\n"
    script = (
        f'{{"name": "a", "version": "1", "scripts": {{"preinstall": "{touch}", "prepare": "{touch}"}}}}\n'
    )
    return {
        "setup.py": f"{python}from setuptools import setup\nsetup()\n".encode(),
        "conftest.py": python.encode(),
        "sitecustomize.py": python.encode(),
        "usercustomize.py": python.encode(),
        "json.py": python.encode(),
        "yaml/__init__.py": python.encode(),
        "raksha/__init__.py": python.encode(),
        "tree_sitter.py": python.encode(),
        "evil.pth": python.encode(),
        "pyproject.toml": b'[build-system]\nrequires = []\nbuild-backend = "json"\nbackend-path = ["."]\n',
        "package.json": script.encode(),
        ".eslintrc.js": f"require('child_process').execSync('{touch}')\n".encode(),
        "Makefile": f"$(shell {touch})\nall:\n\t{touch}\n".encode(),
        ".semgrep.yml": b"rules:\n- {id: a, languages: [python], message: m, severity: ERROR, pattern: 'os.$X(...)'}\n",
        ".git/config": f"[core]\n\tfsmonitor = {touch}\n\tsshCommand = {touch}\n\thooksPath = .\n".encode(),
    }
