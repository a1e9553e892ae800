"""How far Go code reaches into what is vulnerable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.advisories import Symbols
from raksha.reachability import Reach, reach, uses

PATH = "example.org/vuln/parser"


def judged(source: str, *names: str, path: str = PATH) -> Reach:
    return reach({"main.go": uses(source)}, [Symbols(path, names)])


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('package a\nimport "example.org/vuln/parser"\nfunc f() { parser.Parse(x) }', "called"),
        ('package a\nimport p "example.org/vuln/parser"\nfunc f() { p.Parse(x) }', "called"),
        ('package a\nimport (\n\t"fmt"\n\tp "example.org/vuln/parser" // words\n)\nvar g = p.Parse', "called"),
        ('package a\nimport . "example.org/vuln/parser"\nfunc f() { Parse(x) }', "called"),
        ('package a\nimport "example.org/vuln/parser"\nfunc f() { parser.\n\t\tParse(x) }', "called"),
        ('package a\nimport "example.org/vuln/parser"\nfunc f() { parser.Other(x) }', "imported"),
        ('package a\nimport "example.org/vuln/parser"\n// parser.Parse(x)\nvar s = "parser.Parse(x)"', "imported"),
        ('package a\nimport "example.org/vuln/parser"\n/* parser.Parse(x) */ var s = `parser.Parse`', "imported"),
        ('package a\nimport _ "example.org/vuln/parser"\n', "imported"),
        ('package a\nimport "example.org/other/parser"\nfunc f() { parser.Parse(x) }', "not imported"),
        ('package a\n// import "example.org/vuln/parser"\n', "not imported"),
        ("package a\n", "not imported"),
    ],
)  # fmt: skip
def test_a_function_is_called_only_through_its_own_package(source, word):
    assert judged(source, "Parse").word == word


def test_a_use_has_its_place():
    source = 'package a\n\nimport "example.org/vuln/parser"\n\nfunc f() {\n\tparser.Parse(x)\n}\n'

    assert judged(source, "Parse").places == (("main.go", 6, "Parse"),)


def test_a_method_is_called_by_its_name_where_the_package_is_imported():
    used = 'package a\nimport "example.org/vuln/parser"\nfunc f() { d := parser.New()\n d.Decode(x) }'

    assert judged(used, "Decoder.Decode").word == "called"
    assert judged(used, "Decoder.Close").word == "imported"
    assert judged("package a\nfunc f() { d.Decode(x) }", "Decoder.Decode").word == "not imported"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("github.com/go-redis/redis/v8", "redis"),
        ("gopkg.in/yaml.v2", "yaml"),
        ("github.com/mattn/go-sqlite3", "sqlite3"),
        ("github.com/a/b-c", "b_c"),
    ],
)
def test_a_package_goes_by_the_name_that_its_path_suggests(path, name):
    assert judged(f'package a\nimport "{path}"\nvar x = {name}.Do()', "Do", path=path).word == "called"


def test_an_advisory_without_symbols_is_about_every_package_of_its_module():
    source = 'package a\nimport "example.org/vuln/deep"\n'

    assert reach({"a.go": uses(source)}, [], "example.org/vuln").word == "imported"
    assert reach({"a.go": uses(source)}, [], "example.org/vul").word == "not imported"


def test_without_source_or_names_nothing_is_known():
    assert reach({}, [Symbols(PATH, ("Parse",))]).word == "unknown"
    assert reach({"a.go": uses("package a")}, []).word == "unknown"


def test_one_file_that_calls_outweighs_all_that_do_not():
    files = {
        "a.go": uses("package a"),
        "b.go": uses('package a\nimport "example.org/vuln/parser"\nvar x = parser.Parse()'),
    }

    assert reach(files, [Symbols(PATH, ("Parse",))]).word == "called"


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    uses(text)
    uses(f'import (\n{text}\n)\nvar a = "{text}')
