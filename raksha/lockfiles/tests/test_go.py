"""go.mod, go.sum and go.work."""

from __future__ import annotations

from raksha.lockfiles.tests.reading_of import by_name, reading, whys

MOD = """
module example.org/app // the app

go 1.21

require github.com/a/one v1.2.3
require (
\tgithub.com/b/two/v2 v2.0.0-20201009132224-3f39dc1ed9f4 // indirect
\tgithub.com/c/three v3.2.2+incompatible
\t"github.com/d/four" v0.1.0 // see https://example.org
\tgithub.com/e/gone v1.0.0
\tgithub.com/f/local v1.0.0
)

exclude github.com/e/gone v1.0.0

replace (
\tgithub.com/a/one => github.com/fork/one v1.2.4
\tgithub.com/c/three v1.0.0 => github.com/never/three v1.0.0
)
replace github.com/f/local => ../local

retract v1.0.0
tool example.org/tool
"""


def test_requirements_are_read_with_replacements_and_exclusions():
    found = reading("go.mod", MOD)
    named = by_name(found)

    assert {name: (p.version, p.source) for name, p in named.items()} == {
        "github.com/fork/one": ("1.2.4", ""),
        "github.com/b/two/v2": ("2.0.0-20201009132224-3f39dc1ed9f4", ""),
        "github.com/c/three": ("3.2.2+incompatible", ""),
        "github.com/d/four": ("0.1.0", ""),
        "github.com/f/local": ("1.0.0", "path"),
    }
    assert [name for name, p in named.items() if not p.direct] == ["github.com/b/two/v2"]
    assert named["github.com/d/four"].line == 9
    assert whys(found) == ["no_advisories"]


def test_a_toolchain_line_names_the_standard_library():
    named = by_name(reading("go.mod", "module a\ngo 1.21.0\ntoolchain go1.22.3\n"))

    assert named["stdlib"].version == "1.22.3"
    assert by_name(reading("go.mod", "module a\ngo 1.21.0\ntoolchain default\n")) == {}


def test_an_old_go_mod_is_completed_from_its_go_sum():
    sums = """
    github.com/a/one v1.0.0 h1:aa=
    github.com/x/deep v1.0.0/go.mod h1:bb=
    github.com/x/deep v1.2.0 h1:cc=
    github.com/x/deep v1.10.0 h1:dd=
    github.com/x/deep v1.10.0/go.mod h1:dd=
    """

    old = by_name(reading("go.mod", "module a\ngo 1.16\nrequire github.com/a/one v1.0.0\n", go__sum=sums))
    new = by_name(reading("go.mod", "module a\ngo 1.17\nrequire github.com/a/one v1.0.0\n", go__sum=sums))

    assert {name: p.version for name, p in old.items()} == {
        "github.com/a/one": "1.0.0",
        "github.com/x/deep": "1.10.0",
    }
    assert old["github.com/x/deep"].path == "go.sum"
    assert list(new) == ["github.com/a/one"]


def test_a_go_sum_beside_a_go_mod_adds_nothing_of_its_own():
    assert reading("go.sum", "github.com/x/deep v1.2.0 h1:cc=\n", go__mod="module a\n").packages == ()


def test_a_workspace_replaces_for_its_modules_and_tells_what_is_missing():
    work = "go 1.21\nuse (\n\t./a\n\t./b\n)\nreplace github.com/x/deep => github.com/y/deep v9.0.0\n"
    module = "module a\ngo 1.21\nrequire github.com/x/deep v1.0.0\n"

    named = by_name(reading("a/go.mod", module, go__work=work))

    assert named["github.com/y/deep"].version == "9.0.0"
    assert whys(reading("go.work", work, a___go__mod=module)) == ["unreadable"]
