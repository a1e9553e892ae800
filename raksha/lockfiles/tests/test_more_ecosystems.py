"""Cargo, RubyGems, Composer and NuGet."""

from __future__ import annotations

from raksha.lockfiles.tests.reading_of import by_name, reading, whys


def test_cargo_takes_the_workspace_for_the_project():
    text = """
    [[package]]
    name = "app"
    version = "0.1.0"
    dependencies = ["rand 0.8.5", "serde", "trycmd"]

    [[package]]
    name = "rand"
    version = "0.7.0"
    source = "registry+https://github.com/rust-lang/crates.io-index"

    [[package]]
    name = "rand"
    version = "0.8.5"
    source = "sparse+https://index.crates.io/"
    dependencies = ["libc 0.2.0 (registry+https://github.com/rust-lang/crates.io-index)"]

    [[package]]
    name = "libc"
    version = "0.2.0"
    source = "registry+https://github.com/rust-lang/crates.io-index"

    [[package]]
    name = "serde"
    version = "1.0.0"
    source = "git+https://github.com/x/serde#abc"

    [[package]]
    name = "trycmd"
    version = "0.1.0"
    source = "registry+https://github.com/rust-lang/crates.io-index"

    [metadata]
    "checksum libc 0.2.0 (registry+https://github.com/rust-lang/crates.io-index)" = "aa"
    """

    found = reading("Cargo.lock", text, Cargo__toml='[dev-dependencies]\ntrycmd = "0.1"\n')
    named = {f"{p.name} {p.version}": p for p in found.packages}

    assert sorted(named) == ["libc 0.2.0", "rand 0.7.0", "rand 0.8.5", "serde 1.0.0", "trycmd 0.1.0"]
    assert [named[key].direct for key in ("rand 0.8.5", "rand 0.7.0", "libc 0.2.0")] == [True, None, False]
    assert named["libc 0.2.0"].via == ("rand",)
    assert named["libc 0.2.0"].hashes == ("aa",)
    assert named["serde 1.0.0"].source == "git"
    assert [key for key, p in named.items() if p.dev and p.direct] == ["trycmd 0.1.0"]


def test_gems_of_several_platforms_count_once_and_sources_are_told():
    text = """
    GIT
      remote: https://github.com/x/fork.git
      revision: abc
      specs:
        fork (1.0.0)
          rack (>= 1.0)

    PATH
      remote: .
      specs:
        ours (0.1.0)
          nokogiri

    GEM
      remote: https://rubygems.org/
      specs:
        nokogiri (1.13.6)
          racc (~> 1.4)
        nokogiri (1.13.6-x86_64-linux)
          racc (~> 1.4)
        racc (1.6.0)
        rack (2.2.3.pre)

    PLATFORMS
      ruby
      x86_64-linux

    DEPENDENCIES
      fork!
      ours!
      rack (~> 2.2)

    RUBY VERSION
       ruby 3.0.0p0

    BUNDLED WITH
       2.3.0
    """

    named = by_name(reading("Gemfile.lock", text))

    assert {name: p.version for name, p in named.items()} == {
        "fork": "1.0.0", "nokogiri": "1.13.6", "racc": "1.6.0", "rack": "2.2.3.pre",
    }  # fmt: skip
    assert named["fork"].source == "git"
    assert [name for name, p in named.items() if p.direct] == ["fork", "nokogiri", "rack"]
    assert named["racc"].via == ("nokogiri",)


def test_composer_tells_development_licences_and_the_way():
    text = """
    {"packages": [
       {"name": "symfony/http-kernel", "version": "v4.4.0", "license": ["MIT"], "require": {"php": ">=7", "Psr/Log": "^1"}},
       {"name": "psr/log", "version": "1.1.0", "license": ["MIT", "Apache-2.0"], "dist": {"shasum": "aa"}},
       {"name": "ours/lib", "version": "dev-main", "dist": {"type": "path"}}],
     "packages-dev": [{"name": "phpunit/phpunit", "version": "9.0.0"}]}
    """
    manifest = '{"require": {"php": ">=7", "Symfony/Http-Kernel": "^4", "ours/lib": "*"}, "require-dev": {"phpunit/phpunit": "^9"}}'

    named = by_name(reading("composer.lock", text, composer__json=manifest))

    assert named["psr/log"].via == ("symfony/http-kernel",)
    assert named["psr/log"].licence == "MIT OR Apache-2.0"
    assert named["psr/log"].hashes == ("sha1:aa",)
    assert [name for name, p in named.items() if p.dev] == ["phpunit/phpunit"]
    assert [p.direct for p in named.values()] == [True, False, True, True]
    assert named["ours/lib"].source == "path"


def test_nuget_locks_join_frameworks_and_leave_projects_out():
    text = """
    {"version": 1, "dependencies": {
      "net6.0": {
        "A": {"type": "Direct", "requested": "[1.0.0, )", "resolved": "1.0.0", "contentHash": "aa", "dependencies": {"B": "2.0.0"}},
        "B": {"type": "Transitive", "resolved": "2.0.0"},
        "lib": {"type": "Project", "dependencies": {"C": "[3.0.0, )"}},
        "C": {"type": "CentralTransitive", "resolved": "3.0.0"}},
      "net6.0/win-x64": {"B": {"type": "Transitive", "resolved": "2.0.0"}}}}
    """

    named = by_name(reading("packages.lock.json", text))

    assert {name: (p.version, p.direct) for name, p in named.items()} == {
        "A": ("1.0.0", True), "B": ("2.0.0", False), "C": ("3.0.0", True),
    }  # fmt: skip
    assert named["B"].via == ("A",)


def test_a_project_file_takes_versions_from_properties_and_from_one_central_place():
    central = """
    <Project><PropertyGroup><SerilogVersion>2.0.0</SerilogVersion></PropertyGroup>
      <ItemGroup><PackageVersion Include="Serilog" Version="$(SerilogVersion)" /></ItemGroup></Project>
    """
    text = """
    <Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><X>1.2.3</X></PropertyGroup>
      <ItemGroup Condition="'$(A)' == 'b'">
        <PackageReference Include="A" Version="$(X)" />
        <PackageReference Include="Serilog" />
        <PackageReference Include="Tool"><Version>[3.0.0]</Version><PrivateAssets>all</PrivateAssets></PackageReference>
        <PackageReference Include="Loose" Version="1.*" />
      </ItemGroup></Project>
    """

    found = reading("src/app/app.csproj", text, Directory__Packages__props=central)
    named = by_name(found)

    assert {name: p.version for name, p in named.items()} == {
        "A": "1.2.3",
        "Serilog": "2.0.0",
        "Tool": "3.0.0",
    }
    assert named["Tool"].dev is True
    assert whys(found) == ["unpinned", "unpinned"]


def test_packages_config_marks_development():
    text = """
    <?xml version="1.0" encoding="utf-8"?>
    <packages>
      <package id="jQuery" version="1.9.1" targetFramework="net45" />
      <package id="Analyzers" version="1.0.0" developmentDependency="true" />
    </packages>
    """

    named = by_name(reading("packages.config", text))

    assert [(p.name, p.version, p.dev, p.line) for p in named.values()] == [
        ("jQuery", "1.9.1", False, 3), ("Analyzers", "1.0.0", True, 4),
    ]  # fmt: skip


def test_deps_json_tells_what_the_program_asks_for():
    text = """
    {"targets": {".NETCoreApp,Version=v6.0": {
       "app/1.0.0": {"dependencies": {"A": "1.0.0", "lib": "1.0.0"}},
       "A/1.0.0": {"dependencies": {"B": "2.0.0"}}, "B/2.0.0": {}, "lib/1.0.0": {"dependencies": {"C": "3.0.0"}}}},
     "libraries": {"app/1.0.0": {"type": "project"}, "lib/1.0.0": {"type": "project"},
       "A/1.0.0": {"type": "package"}, "B/2.0.0": {"type": "package"}, "C/3.0.0": {"type": "package"}}}
    """

    named = by_name(reading("app.deps.json", text))

    assert {name: p.direct for name, p in named.items()} == {"A": True, "B": False, "C": True}
