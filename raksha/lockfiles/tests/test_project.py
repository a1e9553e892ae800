"""All files of a tree together, and what each name means."""

from __future__ import annotations

import json

import pytest

from raksha import lockfiles
from raksha.lockfiles.kinds import UNKNOWN

NPM_LOCK = json.dumps(
    {"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}
).encode()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("requirements.txt", "requirements"),
        ("requirements-dev.txt", "requirements"),
        ("requirements_test.txt", "requirements"),
        ("dev-requirements.txt", "requirements"),
        ("requirements/prod.txt", "requirements"),
        ("api/requirements/base.txt", "requirements"),
        ("constraints.txt", "requirements"),
        ("a/Pipfile.lock", "pipfile-lock"),
        ("npm-shrinkwrap.json", "package-lock"),
        ("x/pnpm-lock.yaml", "pnpm"),
        ("gradle/dependency-locks/compile.lockfile", "gradle-lock"),
        ("settings.gradle", ""),
        ("app/build.gradle.kts", "gradle-build"),
        ("src/App.csproj", "nuget-project"),
        ("App.deps.json", "nuget-deps"),
        ("sbom.cdx.json", "cyclonedx-json"),
        ("README.txt", ""),
        ("my_requirements_notes.md", ""),
        ("package.json.bak", ""),
        ("CARGO.LOCK", "cargo-lock"),
    ],
)
def test_a_name_tells_the_kind(path, kind):
    assert lockfiles.kind_of(path) == kind


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_a_lockfile_of_another_tool_is_reported(name):
    found = lockfiles.read(f"sub/{name}", b"whatever")

    assert found is not None
    assert [problem.why for problem in found.problems] == ["unknown_lockfile"]


def test_a_file_that_is_no_lockfile_is_nothing():
    assert lockfiles.read("src/main.py", b"import os") is None
    assert not lockfiles.is_wanted("src/main.py")


def test_a_manifest_counts_only_where_no_lockfile_speaks_for_it():
    manifest = b'{"dependencies": {"b": "1.0.0", "c": "^1"}}'

    found = lockfiles.read_all(
        {"web/package.json": manifest, "web/package-lock.json": NPM_LOCK, "other/package.json": manifest}
    )

    assert sorted(found) == ["other/package.json", "web/package-lock.json"]


def test_members_of_a_yarn_workspace_are_covered_by_its_lockfile_and_strangers_are_not():
    files = {
        "yarn.lock": b'# yarn lockfile v1\n\na@^1:\n  version "1.0.0"\n',
        "package.json": b'{"workspaces": ["packages/*"]}',
        "packages/web/package.json": b'{"dependencies": {"a": "^1"}}',
        "examples/old/package.json": b'{"dependencies": {"z": "1.0.0"}}',
    }

    found = lockfiles.read_all(files)

    assert sorted(found) == ["examples/old/package.json", "yarn.lock"]
    assert found["yarn.lock"].packages[0].direct is True


def test_members_of_a_cargo_workspace_are_covered_from_above():
    files = {"Cargo.lock": b"version = 3\n", "crates/a/Cargo.toml": b'[dependencies]\nx = "=1.0.0"\n'}

    assert sorted(lockfiles.read_all(files)) == ["Cargo.lock"]


def test_pinned_requirements_speak_for_a_pyproject_but_those_for_development_do_not():
    manifest = b'[project]\nname = "a"\ndependencies = ["flask"]\n'

    with_main = lockfiles.read_all({"pyproject.toml": manifest, "requirements/main.txt": b"flask==2.0.1\n"})
    with_dev = lockfiles.read_all({"pyproject.toml": manifest, "requirements-dev.txt": b"pytest==7.0\n"})

    assert sorted(with_main) == ["requirements/main.txt"]
    assert sorted(with_dev) == ["pyproject.toml", "requirements-dev.txt"]


def test_a_broken_manifest_beside_a_lockfile_does_not_spoil_it():
    for lock in ("package-lock.json", "yarn.lock"):
        data = NPM_LOCK if lock.endswith("json") else b'# yarn lockfile v1\n\na@^1:\n  version "1.0.0"\n'
        found = lockfiles.read_all({lock: data, "package.json": b"{broken"})

        assert [p.name for p in found[lock].packages] == ["a"]


@pytest.mark.parametrize(
    ("path", "strange", "empty"),
    [
        ("package-lock.json", "{}", '{"lockfileVersion": 3, "packages": {"": {}}}'),
        ("yarn.lock", "# nothing", "# yarn lockfile v1\n"),
        ("pnpm-lock.yaml", "hello: world", "lockfileVersion: '9.0'\n"),
        ("poetry.lock", "a = 1", '[metadata]\nlock-version = "2.0"\n'),
        ("uv.lock", "a = 1", "version = 1\n"),
        ("Cargo.lock", "a = 1", "version = 3\n"),
        ("composer.lock", "{}", '{"packages": [], "packages-dev": []}'),
        ("Pipfile.lock", "{}", '{"_meta": {}, "default": {}, "develop": {}}'),
        ("gradle.lockfile", "hello", "empty=\n"),
        ("go.mod", "hello", "module example.org/a\n"),
    ],
)
def test_a_lockfile_without_packages_is_clean_only_if_it_was_understood(path, strange, empty):
    for text, words in ((strange, ["parse_error"]), (empty, [])):
        found = lockfiles.read(path, text.encode())

        assert found is not None
        assert [problem.why for problem in found.problems] == words
