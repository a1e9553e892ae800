"""Maven and Gradle."""

from __future__ import annotations

import pytest

from raksha.lockfiles.tests.reading_of import by_name, reading, whys

PARENT = """
<project>
  <groupId>org.example</groupId><artifactId>parent</artifactId><version>2.0</version>
  <properties><spring>5.3.17</spring><other>0.1</other></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>1.7.30</version></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.12</version><scope>test</scope></dependency>
  </dependencies></dependencyManagement>
</project>
"""
CHILD = """
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>2.0</version></parent>
  <artifactId>child</artifactId>
  <properties><other>${inner}</other><inner>9.9</inner></properties>
  <dependencies>
    <dependency><groupId>org.springframework</groupId><artifactId>spring-beans</artifactId><version>${spring}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>sibling</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>x</groupId><artifactId>other</artifactId><version>${other}</version></dependency>
    <dependency><groupId>x</groupId><artifactId>exact</artifactId><version>[1.5]</version></dependency>
    <dependency><groupId>x</groupId><artifactId>range</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>x</groupId><artifactId>unknown</artifactId><version>${nowhere}</version></dependency>
  </dependencies>
  <profiles><profile><dependencies>
    <dependency><groupId>x</groupId><artifactId>profiled</artifactId><version>1</version></dependency>
  </dependencies></profile></profiles>
  <build><plugins><plugin><groupId>x</groupId><artifactId>plugin</artifactId><version>1</version></plugin></plugins></build>
</project>
"""


def test_a_pom_takes_properties_and_managed_versions_from_its_parent():
    found = reading("child/pom.xml", CHILD, pom__xml=PARENT)
    named = by_name(found)

    assert {name: p.version for name, p in named.items()} == {
        "org.springframework:spring-beans": "5.3.17",
        "org.slf4j:slf4j-api": "1.7.30",
        "junit:junit": "4.12",
        "org.example:sibling": "2.0",
        "x:other": "9.9",
        "x:exact": "1.5",
        "x:profiled": "1",
    }
    assert [name for name, p in named.items() if p.dev] == ["junit:junit"]
    assert named["org.slf4j:slf4j-api"].line == 7
    assert "x:range, x:unknown" in found.problems[0].says
    assert found.is_manifest_only


def test_a_pom_without_its_parent_tells_what_it_cannot_know():
    found = reading("child/pom.xml", CHILD)

    assert "org.slf4j:slf4j-api" not in by_name(found)
    assert "spring-beans" in found.problems[0].says


def test_properties_that_name_each_other_end():
    text = "<project><properties><a>${b}</a><b>${a}</b></properties><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>${a}</version></dependency></dependencies></project>"

    assert reading("pom.xml", text).packages == ()


def test_gradle_locks_tell_tests_and_direct_ones_by_the_script():
    lock = """
    # This is a Gradle generated file.
    com.google.guava:guava:31.1-jre=compileClasspath,runtimeClasspath
    org.deep:deep:1.0=runtimeClasspath
    junit:junit:4.12=testCompileClasspath,testRuntimeClasspath
    empty=annotationProcessor
    """
    script = "dependencies {\n  implementation 'com.google.guava:guava:31.+'\n  testImplementation(\"junit:junit:4.12\")\n}\n"

    named = by_name(reading("gradle.lockfile", lock, build__gradle=script))

    assert [named[name].dev for name in ("com.google.guava:guava", "junit:junit")] == [False, True]
    assert [p.direct for p in named.values()] == [True, False, True]
    assert by_name(reading("gradle.lockfile", lock))["org.deep:deep"].direct is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("implementation 'a.b:c:1.0'", ("a.b:c", "1.0", False)),
        ('implementation("a.b:c:1.0")', ("a.b:c", "1.0", False)),
        ('testImplementation "a.b:c:1.0@jar"', ("a.b:c", "1.0", True)),
        ('api(platform("a.b:c:1.0"))', ("a.b:c", "1.0", False)),
        ("def v = '1.5'\nimplementation \"a.b:c:$v\"", ("a.b:c", "1.5", False)),
        ("ext.v = '1.5'\nimplementation \"a.b:c:${v}\"", ("a.b:c", "1.5", False)),
        ("implementation group: 'a.b', name: 'c', version: '1.0'", ("a.b:c", "1.0", False)),
        ("/* x */ implementation 'a.b:c:1.0' // implementation 'd:e:1'", ("a.b:c", "1.0", False)),
    ],
)
def test_a_build_script_spells_out_dependencies_in_many_ways(line, expected):
    found = reading("build.gradle", f"dependencies {{\n{line}\n}}")

    assert [(p.name, p.version, p.dev) for p in found.packages] == [expected]


def test_what_a_build_script_computes_is_told():
    found = reading("build.gradle.kts", 'implementation("a.b:c:${versions.c}")\nimplementation("d:e:1.+")\n')

    assert found.packages == ()
    assert "a.b:c, d:e" in found.problems[0].says


def test_a_catalogue_resolves_references():
    text = """
    [versions]
    guava = "31.1-jre"
    rich = { strictly = "2.0" }
    [libraries]
    guava = { module = "com.google.guava:guava", version.ref = "guava" }
    grouped = { group = "a.b", name = "c", version = "1.0" }
    short = "d:e:3.0"
    rich = { module = "r:r", version.ref = "rich" }
    managed = { module = "m:m" }
    """

    found = reading("gradle/libs.versions.toml", text)

    assert {p.name: p.version for p in found.packages} == {
        "com.google.guava:guava": "31.1-jre", "a.b:c": "1.0", "d:e": "3.0", "r:r": "2.0",
    }  # fmt: skip
    assert whys(found) == ["unpinned"]
