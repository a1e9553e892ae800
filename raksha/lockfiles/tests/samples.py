"""One small, valid file of each kind, and the packages it holds. The fuzzers start from these."""

from __future__ import annotations

from textwrap import dedent
from typing import NamedTuple


class Sample(NamedTuple):
    """A file's path, its text, and "name version" of each package in it, sorted."""

    path: str
    text: str
    packages: list[str]


def _sample(path: str, text: str, *packages: str) -> Sample:
    return Sample(path, dedent(text).lstrip("\n"), sorted(packages))


SAMPLES = [
    _sample(
        "requirements.txt",
        """
        Flask[async]==2.0.1 ; python_version >= "3.6" \\
            --hash=sha256:aaaa
        six == 1.16.0  # inline
        """,
        "Flask 2.0.1",
        "six 1.16.0",
    ),
    _sample(
        "poetry.lock",
        """
        [[package]]
        name = "flask"
        version = "2.0.1"
        optional = false

        [package.dependencies]
        werkzeug = ">=2.0"

        [[package]]
        name = "werkzeug"
        version = "2.0.3"
        """,
        "flask 2.0.1",
        "werkzeug 2.0.3",
    ),
    _sample(
        "pdm.lock",
        """
        [[package]]
        name = "flask"
        version = "2.0.1"
        groups = ["default"]
        dependencies = ["werkzeug>=2.0"]
        files = [{file = "f.whl", hash = "sha256:aa"}]

        [[package]]
        name = "werkzeug"
        version = "2.0.3"
        groups = ["default"]
        """,
        "flask 2.0.1",
        "werkzeug 2.0.3",
    ),
    _sample(
        "uv.lock",
        """
        version = 1

        [[package]]
        name = "app"
        version = "0.1.0"
        source = { virtual = "." }
        dependencies = [{ name = "flask" }]

        [[package]]
        name = "flask"
        version = "2.0.1"
        source = { registry = "https://pypi.example.org/simple" }
        """,
        "flask 2.0.1",
    ),
    _sample(
        "pylock.toml",
        """
        lock-version = "1.0"
        [[packages]]
        name = "flask"
        version = "2.0.1"
        wheels = [{ url = "https://example.org/f.whl", hashes = { sha256 = "aa" } }]
        """,
        "flask 2.0.1",
    ),
    _sample(
        "Pipfile.lock",
        """
        {"default": {"flask": {"version": "==2.0.1", "hashes": ["sha256:aa"]}},
         "develop": {"pytest": {"version": "==7.0.0"}}}
        """,
        "flask 2.0.1",
        "pytest 7.0.0",
    ),
    _sample(
        "pyproject.toml", '[project]\nname = "a"\ndependencies = ["flask==2.0.1", "six"]\n', "flask 2.0.1"
    ),
    _sample("Pipfile", '[packages]\nflask = "==2.0.1"\nsix = "*"\n', "flask 2.0.1"),
    _sample("setup.cfg", "[options]\ninstall_requires =\n    flask==2.0.1\n    six\n", "flask 2.0.1"),
    _sample(
        "package-lock.json",
        """
        {"name": "a", "lockfileVersion": 3, "packages": {
          "": {"dependencies": {"express": "^4.0.0"}},
          "node_modules/express": {"version": "4.17.1", "license": "MIT", "dependencies": {"qs": "6.7.0"}},
          "node_modules/qs": {"version": "6.7.0"}}}
        """,
        "express 4.17.1",
        "qs 6.7.0",
    ),
    _sample(
        "yarn.lock",
        """
        # yarn lockfile v1


        express@^4.0.0, "express@^4.1.0":
          version "4.17.1"
          resolved "https://registry.example.org/express/-/express-4.17.1.tgz#aa"
          dependencies:
            "@scope/qs" "6.7.0"

        "@scope/qs@6.7.0":
          version "6.7.0"
        """,
        "@scope/qs 6.7.0",
        "express 4.17.1",
    ),
    _sample(
        "pnpm-lock.yaml",
        """
        lockfileVersion: '9.0'
        importers:
          .:
            dependencies:
              express:
                specifier: ^4.0.0
                version: 4.17.1
        packages:
          express@4.17.1:
            resolution: {integrity: sha512-aa==}
            engines: {node: '>= 0.10.0'}
          qs@6.7.0:
            resolution: {integrity: sha512-bb==}
        snapshots:
          express@4.17.1:
            dependencies:
              qs: 6.7.0
          qs@6.7.0: {}
        """,
        "express 4.17.1",
        "qs 6.7.0",
    ),
    _sample(
        "bun.lock",
        """
        {
          // Bun writes commas before brackets.
          "lockfileVersion": 1,
          "workspaces": {"": {"name": "a", "dependencies": {"express": "^4.0.0",},},},
          "packages": {
            "express": ["express@4.17.1", "", {"dependencies": {"qs": "6.7.0"}}, "sha512-aa"],
            "qs": ["qs@6.7.0", "", {}, "sha512-bb"],
          },
        }
        """,
        "express 4.17.1",
        "qs 6.7.0",
    ),
    _sample("package.json", '{"dependencies": {"express": "4.17.1", "qs": "^6.7.0"}}', "express 4.17.1"),
    _sample(
        "go.mod",
        """
        module example.org/app

        go 1.21

        require github.com/gin-gonic/gin v1.6.0

        require (
        \tgolang.org/x/text v0.3.6 // indirect
        )
        """,
        "github.com/gin-gonic/gin 1.6.0",
        "golang.org/x/text 0.3.6",
    ),
    _sample(
        "sums/go.sum",
        "example.org/a v1.0.0 h1:aa=\nexample.org/a v1.0.0/go.mod h1:bb=\n",
        "example.org/a 1.0.0",
    ),
    _sample("go.work", "go 1.21\n\nuse (\n\t./a\n)\n"),
    _sample(
        "pom.xml",
        """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <groupId>org.example</groupId><artifactId>app</artifactId><version>1.0</version>
          <properties><log4j>2.14.1</log4j></properties>
          <dependencies><dependency>
            <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>${log4j}</version>
          </dependency></dependencies>
        </project>
        """,
        "org.apache.logging.log4j:log4j-core 2.14.1",
    ),
    _sample("gradle.lockfile", "# comment\na.b:c:1.0=runtimeClasspath\nempty=\n", "a.b:c 1.0"),
    _sample("build.gradle", "dependencies {\n  implementation 'a.b:c:1.0'\n}\n", "a.b:c 1.0"),
    _sample(
        "gradle/libs.versions.toml",
        '[versions]\nv = "1.0"\n[libraries]\nc = { module = "a.b:c", version.ref = "v" }\n',
        "a.b:c 1.0",
    ),
    _sample(
        "Cargo.lock",
        """
        version = 3

        [[package]]
        name = "app"
        version = "0.1.0"
        dependencies = ["serde"]

        [[package]]
        name = "serde"
        version = "1.0.1"
        source = "registry+https://github.com/rust-lang/crates.io-index"
        checksum = "aa"
        """,
        "serde 1.0.1",
    ),
    _sample("Cargo.toml", '[dependencies]\nserde = "=1.0.1"\nlog = "0.4"\n', "serde 1.0.1"),
    _sample(
        "Gemfile.lock",
        """
        GEM
          remote: https://rubygems.example.org/
          specs:
            rack (2.0.1)
            rails (5.0.0)
              rack (~> 2.0)

        PLATFORMS
          ruby

        DEPENDENCIES
          rails (~> 5.0)
        """,
        "rack 2.0.1",
        "rails 5.0.0",
    ),
    _sample(
        "composer.lock",
        """
        {"packages": [{"name": "symfony/http-kernel", "version": "v4.4.0", "license": ["MIT"], "require": {"php": ">=7"}}],
         "packages-dev": [{"name": "phpunit/phpunit", "version": "9.0.0"}]}
        """,
        "phpunit/phpunit 9.0.0",
        "symfony/http-kernel v4.4.0",
    ),
    _sample("composer.json", '{"require": {"php": ">=7", "a/b": "1.2.3", "c/d": "^1"}}', "a/b 1.2.3"),
    _sample(
        "packages.lock.json",
        """
        {"version": 1, "dependencies": {"net6.0": {
          "Newtonsoft.Json": {"type": "Direct", "resolved": "12.0.1", "contentHash": "aa", "dependencies": {"X.Y": "1.0.0"}},
          "X.Y": {"type": "Transitive", "resolved": "1.0.0"}}}}
        """,
        "Newtonsoft.Json 12.0.1",
        "X.Y 1.0.0",
    ),
    _sample(
        "app.deps.json",
        """
        {"targets": {".NETCoreApp,Version=v6.0": {"app/1.0.0": {"dependencies": {"X.Y": "1.0.0"}}, "X.Y/1.0.0": {}}},
         "libraries": {"app/1.0.0": {"type": "project"}, "X.Y/1.0.0": {"type": "package", "sha512": "aa"}}}
        """,
        "X.Y 1.0.0",
    ),
    _sample("packages.config", '<packages><package id="X.Y" version="1.0.0" /></packages>', "X.Y 1.0.0"),
    _sample(
        "app.csproj",
        '<Project><ItemGroup><PackageReference Include="X.Y" Version="1.0.0" /></ItemGroup></Project>',
        "X.Y 1.0.0",
    ),
    _sample(
        "bom.cdx.json",
        """
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"bom-ref": "app", "name": "app"}},
         "components": [{"bom-ref": "a", "name": "flask", "version": "2.0.1", "purl": "pkg:pypi/flask@2.0.1"}],
         "dependencies": [{"ref": "app", "dependsOn": ["a"]}]}
        """,
        "flask 2.0.1",
    ),
    _sample(
        "bom.cdx.xml",
        """
        <bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library" bom-ref="a">
          <name>flask</name><version>2.0.1</version><purl>pkg:pypi/flask@2.0.1</purl>
        </component></components></bom>
        """,
        "flask 2.0.1",
    ),
    _sample(
        "bom.spdx.json",
        """
        {"spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-app"],
         "packages": [{"SPDXID": "SPDXRef-app", "name": "app"},
          {"SPDXID": "SPDXRef-a", "name": "flask", "versionInfo": "2.0.1", "licenseDeclared": "BSD-3-Clause",
           "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/flask@2.0.1"}]}],
         "relationships": [{"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"}]}
        """,
        "flask 2.0.1",
    ),
    _sample(
        "bom.spdx",
        """
        SPDXVersion: SPDX-2.3
        PackageName: flask
        SPDXID: SPDXRef-a
        PackageVersion: 2.0.1
        ExternalRef: PACKAGE-MANAGER purl pkg:pypi/flask@2.0.1
        PackageComment: <text>over
        lines</text>
        """,
        "flask 2.0.1",
    ),
]
BY_PATH = {sample.path: sample for sample in SAMPLES}
