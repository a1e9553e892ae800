"""npm, yarn, pnpm and bun in their odd shapes."""

from __future__ import annotations

import json

import pytest

from raksha.lockfiles.tests.reading_of import by_name, reading, whys


def lock(packages: dict[str, object]) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)


def test_npm_finds_the_nearest_of_nested_packages_and_the_way_to_it():
    text = lock(
        {
            "": {"dependencies": {"a": "1"}, "devDependencies": {"c": "1"}},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "2"}},
            "node_modules/a/node_modules/b": {"version": "2.0.0"},
            "node_modules/b": {"version": "1.0.0", "dev": True},
            "node_modules/c": {"version": "1.0.0", "dev": True, "dependencies": {"b": "1"}},
        }
    )

    found = {f"{p.name} {p.version}": p for p in reading("package-lock.json", text).packages}

    assert found["b 2.0.0"].via == ("a",)
    assert found["b 1.0.0"].via == ("c",)
    assert [key for key, package in found.items() if package.dev] == ["b 1.0.0", "c 1.0.0"]
    assert found["c 1.0.0"].direct is True
    assert found["b 2.0.0"].line == 18


def test_npm_workspaces_are_the_project_and_what_they_ask_for_is_direct():
    text = lock(
        {
            "": {"workspaces": ["packages/*"]},
            "node_modules/web": {"resolved": "packages/web", "link": True},
            "packages/web": {"name": "web", "version": "1.0.0", "dependencies": {"a": "1", "b": "2"}},
            "packages/web/node_modules/b": {"version": "2.0.0"},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1"}},
            "node_modules/b": {"version": "1.0.0"},
        }
    )

    found = reading("package-lock.json", text)
    named = {f"{p.name} {p.version}": p.direct for p in found.packages}

    assert named == {"b 2.0.0": True, "a 1.0.0": True, "b 1.0.0": False}
    assert found.covers == ("", "packages/web")


def test_npm_aliases_have_their_real_name_and_other_sources_are_told():
    text = lock(
        {
            "node_modules/old": {"name": "lodash", "version": "4.17.15"},
            "node_modules/fork": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/x/fork.git#abc"},
            "node_modules/tar": {"version": "1.0.0", "resolved": "https://example.org/files/tar-1.0.0.tgz"},
            "node_modules/mirror": {
                "version": "1.0.0",
                "resolved": "https://npm.example.org/mirror/-/mirror-1.0.0.tgz",
            },
            "node_modules/gone": {"version": "1.0.0", "resolved": "file:../gone"},
            "node_modules/inside": {"version": "1.0.0", "inBundle": True, "license": "MIT"},
        }
    )

    found = reading("package-lock.json", text)
    named = by_name(found)

    assert named["lodash"].version == "4.17.15"
    assert {name: p.source for name, p in named.items() if p.source} == {
        "fork": "git",
        "tar": "url",
        "gone": "path",
    }
    assert named["inside"].licence == "MIT"
    assert whys(found) == ["no_advisories"]


OLD = {
    "lockfileVersion": 1,
    "dependencies": {
        "a": {"version": "1.0.0", "requires": {"b": "^2.0.0"}, "dependencies": {"b": {"version": "2.0.0"}}},
        "b": {"version": "1.0.0", "dev": True},
        "alias": {"version": "npm:lodash@4.17.15"},
        "fork": {"version": "github:x/fork#abc", "from": "github:x/fork"},
        "tar": {"version": "https://example.org/tar.tgz"},
        "local": {"version": "file:../local"},
        "twice": {"version": "1.0.0", "requires": {"b": "2"}, "dependencies": {"b": {"version": "2.0.0"}}},
    },
}


def test_npm_version_1_nests_and_aliases():
    found = {
        f"{p.name} {p.version}".strip(): p for p in reading("package-lock.json", json.dumps(OLD)).packages
    }

    assert sorted(found) == [
        "a 1.0.0",
        "b 1.0.0",
        "b 2.0.0",
        "fork",
        "local",
        "lodash 4.17.15",
        "tar",
        "twice 1.0.0",
    ]
    assert found["b 2.0.0"].via == ("a",)
    assert [found[name].source for name in ("fork", "tar", "local")] == ["git", "url", "path"]


def test_npm_version_1_with_its_manifest_knows_what_is_direct():
    manifest = '{"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}}'

    found = {
        f"{p.name} {p.version}": p.direct
        for p in reading("package-lock.json", json.dumps(OLD), package__json=manifest).packages
    }

    assert (found["a 1.0.0"], found["b 1.0.0"], found["b 2.0.0"]) == (True, True, False)


YARN = """
# yarn lockfile v1


"@babel/core@^7.0.0", "@babel/core@^7.1.0":
  version "7.12.3"
  resolved "https://registry.example.org/@babel/core/-/core-7.12.3.tgz#aa"
  integrity sha512-aa==
  dependencies:
    "@babel/types" "^7.0.0"
    debug "^4.1.0"
  optionalDependencies:
    fsevents "^2.0.0"

"@babel/types@^7.0.0":
  version "7.12.0"

debug@^4.1.0:
  version "4.1.0"

fsevents@^2.0.0:
  version "2.0.0"

"lodash-old@npm:lodash@^4.0.0":
  version "4.17.15"

"fork@git+https://github.com/x/fork.git":
  version "1.0.0"
  resolved "git+https://github.com/x/fork.git#abc"

"local@file:./local":
  version "0.0.0"
"""


def test_yarn_1_reads_scopes_aliases_optionals_and_sources():
    named = by_name(reading("yarn.lock", YARN))

    assert {name: p.version for name, p in named.items()} == {
        "@babel/core": "7.12.3", "@babel/types": "7.12.0", "debug": "4.1.0", "fsevents": "2.0.0",
        "lodash": "4.17.15", "fork": "1.0.0", "local": "0.0.0",
    }  # fmt: skip
    assert (named["fork"].source, named["local"].source) == ("git", "path")
    assert named["fsevents"].via == ("@babel/core",)
    assert named["@babel/core"].hashes == ("sha512-aa==",)


def test_yarn_1_with_manifests_of_workspaces_knows_direct_and_dev():
    named = by_name(
        reading(
            "yarn.lock",
            YARN,
            package__json='{"private": true, "workspaces": {"packages": ["packages/*"]}, "devDependencies": {"@babel/core": "^7.1.0"}}',
            packages___web___package__json='{"dependencies": {"debug": "^4.1.0"}}',
        )
    )

    assert [name for name, p in named.items() if p.direct] == ["@babel/core", "debug"]
    assert (named["@babel/types"].dev, named["debug"].dev) == (True, False)


def test_yarn_berry_takes_a_patched_package_for_what_it_patches():
    text = """
    __metadata:
      version: 8

    "app@workspace:.":
      version: 0.0.0-use.local
      resolution: "app@workspace:."
      dependencies:
        typescript: "npm:^5.4"

    "typescript@patch:typescript@npm%3A^5.4#optional!builtin<compat/typescript>":
      version: 5.4.5
      resolution: "typescript@patch:typescript@npm%3A5.4.5#optional!builtin<compat/typescript>::version=5.4.5&hash=aa"
    """

    [package] = reading("yarn.lock", text).packages

    assert (package.name, package.version, package.direct, package.source) == (
        "typescript",
        "5.4.5",
        True,
        "",
    )


def test_yarn_berry_reads_workspaces_patches_aliases_and_protocols():
    text = """
    __metadata:
      version: 6
      cacheKey: 8

    "app@workspace:.":
      version: 0.0.0-use.local
      resolution: "app@workspace:."
      dependencies:
        typescript: ^4.0.0
        lodash-old: "npm:lodash@^4.0.0"
        web: "workspace:^"
      languageName: unknown
      linkType: soft

    "web@workspace:^, web@workspace:packages/web":
      version: 0.0.0-use.local
      resolution: "web@workspace:packages/web"
      dependencies:
        fork: "https://github.com/x/fork.git"

    "typescript@patch:typescript@^4.0.0#~builtin<compat/typescript>":
      version: 4.9.5
      resolution: "typescript@patch:typescript@npm%3A4.9.5#~builtin<compat/typescript>::version=4.9.5&hash=aa"
      checksum: bb
      languageName: node
      linkType: hard

    "typescript@npm:^4.0.0":
      version: 4.9.5
      resolution: "typescript@npm:4.9.5"
      dependencies:
        tslib: ^2.0.0

    "tslib@npm:^2.0.0":
      version: 2.0.0
      resolution: "tslib@npm:2.0.0"

    "lodash-old@npm:lodash@^4.0.0":
      version: 4.17.15
      resolution: "lodash@npm:4.17.15"

    "fork@https://github.com/x/fork.git":
      version: 1.0.0
      resolution: "fork@https://github.com/x/fork.git#commit=abc"
    """

    found = reading("yarn.lock", text)
    named = by_name(found)

    assert {name: p.version for name, p in named.items()} == {
        "typescript": "4.9.5", "tslib": "2.0.0", "lodash": "4.17.15", "fork": "1.0.0",
    }  # fmt: skip
    assert [name for name, p in named.items() if p.direct] == ["typescript", "lodash", "fork"]
    assert named["tslib"].via == ("typescript",)
    assert named["fork"].source == "git"
    assert found.covers == ("", "", "packages/web")


PNPM = {
    5: """
    lockfileVersion: 5.4
    specifiers:
      '@scope/a': ^1.0.0
      b: 1.0.0
    dependencies:
      '@scope/a': 1.0.0_react@17.0.2
    devDependencies:
      b: 2.0.0
    packages:
      /@scope/a/1.0.0_react@17.0.2:
        resolution: {integrity: sha512-aa==}
        dependencies:
          c: 3.0.0
        dev: false
      /b/2.0.0:
        resolution: {integrity: sha512-bb==}
        dev: true
      /c/3.0.0:
        resolution: {integrity: sha512-cc==}
        dev: false
    """,
    6: """
    lockfileVersion: '6.0'
    dependencies:
      '@scope/a':
        specifier: ^1.0.0
        version: 1.0.0(react@17.0.2)
    devDependencies:
      b:
        specifier: 2.0.0
        version: 2.0.0
    packages:
      /@scope/a@1.0.0(react@17.0.2):
        resolution: {integrity: sha512-aa==}
        dependencies:
          c: 3.0.0
        dev: false
      /b@2.0.0:
        resolution: {integrity: sha512-bb==}
        dev: true
      /c@3.0.0:
        resolution: {integrity: sha512-cc==}
        dev: false
    """,
    9: """
    lockfileVersion: '9.0'
    importers:
      .:
        devDependencies:
          b:
            specifier: 2.0.0
            version: 2.0.0
      packages/web:
        dependencies:
          '@scope/a':
            specifier: ^1.0.0
            version: 1.0.0(react@17.0.2)
          other:
            specifier: workspace:*
            version: link:../other
    packages:
      '@scope/a@1.0.0':
        resolution: {integrity: sha512-aa==}
        peerDependencies:
          react: '*'
      b@2.0.0:
        resolution: {integrity: sha512-bb==}
      c@3.0.0:
        resolution: {integrity: sha512-cc==}
    snapshots:
      '@scope/a@1.0.0(react@17.0.2)':
        dependencies:
          c: 3.0.0
      b@2.0.0: {}
      c@3.0.0: {}
    """,
}


@pytest.mark.parametrize("version", sorted(PNPM))
def test_every_pnpm_version_gives_the_same_packages(version):
    named = by_name(reading("pnpm-lock.yaml", PNPM[version]))

    assert {name: p.version for name, p in named.items()} == {"@scope/a": "1.0.0", "b": "2.0.0", "c": "3.0.0"}
    assert [named[name].direct for name in ("@scope/a", "b", "c")] == [True, True, False]
    assert [named[name].dev for name in ("@scope/a", "b", "c")] == [False, True, False]
    assert named["c"].via == ("@scope/a",)
    assert named["b"].hashes == ("sha512-bb==",)


def test_pnpm_aliases_and_other_sources():
    text = """
    lockfileVersion: '9.0'
    importers:
      .:
        dependencies:
          old:
            specifier: npm:lodash@4
            version: lodash@4.17.15
          fork:
            specifier: github:x/fork
            version: https://codeload.github.com/x/fork/tar.gz/abc
    packages:
      lodash@4.17.15:
        resolution: {integrity: sha512-aa==}
      fork@https://codeload.github.com/x/fork/tar.gz/abc:
        resolution: {tarball: https://codeload.github.com/x/fork/tar.gz/abc}
        version: 1.2.0
      local@file:local:
        resolution: {directory: local, type: directory}
    snapshots:
      lodash@4.17.15: {}
    """

    named = by_name(reading("pnpm-lock.yaml", text))

    assert named["lodash"].direct is True
    assert (named["fork"].version, named["fork"].source) == ("1.2.0", "git")
    assert named["local"].source == "path"


def test_pnpm_5_names_git_packages_inside_the_entry():
    text = """
    lockfileVersion: 5.3
    packages:
      github.com/x/fork/abc:
        resolution: {tarball: https://codeload.github.com/x/fork/tar.gz/abc}
        name: fork
        version: 1.0.0
      '@registry.example.org/x@1.0.0':
        resolution: {integrity: sha512-aa==}
    """

    found = reading("pnpm-lock.yaml", text)

    assert ("fork", "1.0.0", "git") in [(p.name, p.version, p.source) for p in found.packages]


def test_pnpm_writes_very_long_keys_in_two_lines():
    text = "packages:\n  ? /a@1.0.0(b@2.0.0)\n  : resolution: {integrity: sha512-aa==}\n    dev: true\n  /c@1.0.0:\n    dev: false\n"

    found = reading("pnpm-lock.yaml", text)

    assert [(p.name, p.version, p.dev) for p in found.packages] == [
        ("a", "1.0.0", True),
        ("c", "1.0.0", False),
    ]


def test_bun_nests_by_key_and_tells_development():
    text = """
    {
      "lockfileVersion": 1,
      "workspaces": {
        "": {"name": "app", "dependencies": {"a": "^1"}, "devDependencies": {"c": "1"}},
        "packages/web": {"name": "web", "dependencies": {"b": "1"}},
      },
      "packages": {
        "a": ["a@1.0.0", "", {"dependencies": {"b": "2"}}, "sha512-aa=="],
        "a/b": ["b@2.0.0", "", {}, "sha512-bb=="], // nested
        "b": ["b@1.0.0", "", {}, "sha512-bb=="],
        "c": ["c@1.0.0", "", {"dependencies": {"url": "*"}}, "sha512-cc=="],
        "url": ["url@github:x/url#abc", {}, "x"],
        "web": ["web@workspace:packages/web"],
      }
    }
    """

    found = {f"{p.name} {p.version}".strip(): p for p in reading("bun.lock", text).packages}

    assert sorted(found) == ["a 1.0.0", "b 1.0.0", "b 2.0.0", "c 1.0.0", "url"]
    assert found["b 2.0.0"].via == ("a",)
    assert [name for name, p in found.items() if p.dev] == ["c 1.0.0", "url"]
    assert found["url"].source == "git"


def test_a_package_json_alone_gives_exact_versions_and_tells_the_rest():
    text = '{"dependencies": {"a": "1.2.3", "b": "^1", "alias": "npm:lodash@4.17.15", "w": "workspace:*", "g": "x/y"}}'

    found = reading("package.json", text)

    assert [(p.name, p.version, p.source) for p in found.packages] == [
        ("a", "1.2.3", ""),
        ("lodash", "4.17.15", ""),
        ("g", "", "git"),
    ]
    assert sorted(whys(found)) == ["no_advisories", "unpinned"]
