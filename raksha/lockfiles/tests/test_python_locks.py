"""poetry.lock, pdm.lock, uv.lock, Pipfile.lock and the manifests beside them."""

from __future__ import annotations

from raksha.lockfiles.tests.reading_of import by_name, reading, whys

POETRY = """
[[package]]
name = "Flask"
version = "2.0.1"
category = "main"
[package.dependencies]
Werkzeug = ">=2.0"
colorama = [{version = "*", markers = "x"}]
[package.source]
type = "legacy"
url = "https://pypi.example.org"
[[package]]
name = "werkzeug"
version = "2.0.3"
category = "main"
[[package]]
name = "pytest"
version = "6.0"
category = "dev"
[[package]]
name = "ours"
version = "0.1"
[package.source]
type = "git"
url = "https://example.org/ours.git"
[metadata.files]
Flask = [{file = "f.whl", hash = "sha256:aa"}]
"""


def test_poetry_tells_groups_sources_hashes_and_lines():
    found = reading("poetry.lock", POETRY)
    named = by_name(found)

    assert named["Flask"].hashes == ("sha256:aa",)
    assert named["Flask"].source == ""  # another index is a registry too
    assert named["ours"].source == "git"
    assert [named[name].dev for name in ("Flask", "werkzeug", "pytest")] == [False, False, True]
    assert named["werkzeug"].line == 12
    assert whys(found) == ["no_advisories"]


def test_poetry_without_a_manifest_takes_what_nobody_asks_for_as_direct():
    named = by_name(reading("poetry.lock", POETRY))

    assert named["Flask"].direct is True
    assert named["werkzeug"].direct is None
    assert named["werkzeug"].via == ("Flask",)


def test_poetry_with_its_manifest_knows_what_is_direct():
    manifest = """
    [tool.poetry.dependencies]
    python = "^3.8"
    Werkzeug = "*"
    [tool.poetry.group.test.dependencies]
    pytest = "*"
    """

    named = by_name(reading("poetry.lock", POETRY, pyproject__toml=manifest))

    assert [named[name].direct for name in ("werkzeug", "pytest")] == [True, True]
    assert named["werkzeug"].via == ()


def test_poetry_2_has_groups_on_the_package():
    text = """
    [[package]]
    name = "a"
    version = "1"
    groups = ["main", "dev"]
    [[package]]
    name = "b"
    version = "1"
    groups = ["dev"]
    """

    named = by_name(reading("poetry.lock", text))

    assert (named["a"].dev, named["b"].dev) == (False, True)


def test_poetry_may_lock_two_versions_of_one_name():
    text = (
        '[[package]]\nname = "numpy"\nversion = "1.21.6"\n[[package]]\nname = "numpy"\nversion = "1.26.0"\n'
    )

    assert [p.version for p in reading("poetry.lock", text).packages] == ["1.21.6", "1.26.0"]


def test_uv_takes_members_of_the_workspace_for_the_project():
    text = """
    version = 1
    [[package]]
    name = "app"
    version = "0.1.0"
    source = { editable = "." }
    dependencies = [{ name = "lib" }, { name = "flask", extra = ["async"], marker = "x" }]
    [package.optional-dependencies]
    extra = [{ name = "redis" }]
    [package.dev-dependencies]
    dev = [{ name = "pytest" }]
    [[package]]
    name = "lib"
    version = "0.1.0"
    source = { editable = "packages/lib" }
    dependencies = [{ name = "attrs" }]
    [[package]]
    name = "attrs"
    version = "22.1.0"
    source = { registry = "https://pypi.example.org/simple" }
    sdist = { url = "https://example.org/a.tar.gz", hash = "sha256:aa" }
    wheels = [{ url = "https://example.org/a.whl", hash = "sha256:bb" }]
    [[package]]
    name = "flask"
    version = "2.0.1"
    source = { registry = "https://pypi.example.org/simple" }
    dependencies = [{ name = "werkzeug" }]
    [[package]]
    name = "werkzeug"
    version = "2.0.3"
    source = { git = "https://example.org/w?rev=1#abc" }
    [[package]]
    name = "redis"
    version = "4.0"
    source = { registry = "https://pypi.example.org/simple" }
    [[package]]
    name = "pytest"
    version = "7.0"
    source = { registry = "https://pypi.example.org/simple" }
    """

    found = reading("uv.lock", text)
    named = by_name(found)

    assert "app" not in named
    assert "lib" not in named
    assert [named[name].direct for name in ("attrs", "flask", "werkzeug", "redis", "pytest")] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert [name for name, package in named.items() if package.dev] == ["pytest"]
    assert (named["werkzeug"].via, named["werkzeug"].source) == (("flask",), "git")
    assert named["attrs"].hashes == ("sha256:aa", "sha256:bb")
    assert found.covers == ("", "", "packages/lib")


def test_uv_tells_forked_versions_apart():
    text = """
    [[package]]
    name = "app"
    version = "0"
    source = { virtual = "." }
    dependencies = [{ name = "numpy", version = "1.26.0", source = { registry = "x" } }]
    [[package]]
    name = "numpy"
    version = "1.26.0"
    source = { registry = "x" }
    [[package]]
    name = "numpy"
    version = "2.0.0"
    source = { registry = "x" }
    """

    found = reading("uv.lock", text).packages

    assert [(p.version, p.direct) for p in found] == [("1.26.0", True), ("2.0.0", None)]


def test_pdm_tells_groups_and_takes_extras_as_one_package():
    text = """
    [[package]]
    name = "uvicorn"
    version = "0.20"
    groups = ["default"]
    dependencies = ["click>=7.0", "h11>=0.8; python_version > \\"3\\""]
    [[package]]
    name = "uvicorn"
    version = "0.20"
    extras = ["standard"]
    groups = ["default"]
    dependencies = ["httptools"]
    [[package]]
    name = "click"
    version = "8.0"
    groups = ["default", "dev"]
    [[package]]
    name = "httptools"
    version = "0.5"
    groups = ["default"]
    [[package]]
    name = "pytest"
    version = "7.0"
    groups = ["dev"]
    """

    named = by_name(
        reading("pdm.lock", text, pyproject__toml='[project]\ndependencies = ["uvicorn[standard]>=0.1"]\n')
    )

    assert named["uvicorn"].direct is True
    assert [named[name].via for name in ("click", "httptools")] == [("uvicorn",), ("uvicorn",)]
    assert [name for name, package in named.items() if package.dev] == ["pytest"]


def test_pipfile_lock_knows_direct_ones_by_the_pipfile():
    text = """
    {"_meta": {}, "default": {"flask": {"version": "==2.0.1", "markers": "x"}, "werkzeug": {"version": "==2.0.3"},
     "ours": {"git": "https://example.org/ours.git", "ref": "abc"}},
     "develop": {"pytest": {"version": "==7.0.0"}, "werkzeug": {"version": "==2.0.3"}}}
    """

    named = by_name(
        reading("Pipfile.lock", text, Pipfile='[packages]\nFlask = "*"\n[dev-packages]\npytest = "*"\n')
    )

    assert named["flask"].direct is True
    assert named["pytest"].dev is True
    assert named["werkzeug"].dev is False  # wanted by both
    assert (named["ours"].version, named["ours"].source) == ("", "git")


def test_a_manifest_alone_gives_what_it_pins_and_tells_the_rest():
    text = """
    [project]
    dependencies = ["flask==2.0.1", "six>=1", "ours @ git+https://example.org/ours"]
    [project.optional-dependencies]
    dev = ["pytest==7.0"]
    [tool.poetry.dependencies]
    django = "3.2.1"
    requests = {version = "^2", extras = ["x"]}
    local = {path = "../local"}
    """

    found = reading("pyproject.toml", text)
    named = by_name(found)

    assert {name: package.version for name, package in named.items()} == {
        "flask": "2.0.1", "pytest": "7.0", "django": "3.2.1", "ours": "", "local": "",
    }  # fmt: skip
    assert named["pytest"].dev is True
    assert found.is_manifest_only
    assert "six, requests" in found.problems[0].says


def test_a_pylock_that_names_no_dependencies_leaves_open_what_is_direct():
    text = '[[packages]]\nname = "a"\nversion = "1"\n[[packages]]\nname = "a"\nversion = "2"\n'

    found = reading("pylock.toml", text).packages

    assert [(p.version, p.line, p.direct) for p in found] == [("1", 2, None), ("2", 5, None)]


def test_a_pylock_names_sources():
    text = """
    [[packages]]
    name = "a"
    version = "1.0"
    dependencies = [{ name = "b" }]
    [[packages]]
    name = "b"
    vcs = { type = "git", url = "https://example.org/b", commit-id = "abc" }
    """

    named = by_name(reading("pylock.dev.toml", text))

    assert named["b"].source == "git"
    assert named["b"].via == ("a",)
