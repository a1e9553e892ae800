"""CycloneDX and SPDX."""

from __future__ import annotations

import json

import pytest

from raksha import lockfiles
from raksha.lockfiles.tests.reading_of import by_name, reading, whys

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"component": {"bom-ref": "app", "type": "application", "name": "app"}},
    "components": [
        {
            "bom-ref": "log4j",
            "name": "log4j-core",
            "version": "2.14.1",
            "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
            "licenses": [{"license": {"id": "Apache-2.0"}}],
            "hashes": [{"alg": "SHA-256", "content": "aa"}],
            "components": [{"bom-ref": "inner", "name": "inner", "purl": "pkg:npm/%40scope/inner@1.0.0"}],
        },
        {"bom-ref": "go", "name": "x", "purl": "pkg:golang/github.com/a/b@v1.2.3"},
        {"bom-ref": "left", "name": "left", "purl": "pkg:npm/left@1.0.0", "scope": "excluded"},
        {"bom-ref": "deb", "name": "openssl", "purl": "pkg:deb/debian/openssl@1.1"},
        {"bom-ref": "bare", "name": "bare", "version": "1"},
    ],
    "dependencies": [{"ref": "app", "dependsOn": ["go"]}, {"ref": "go", "dependsOn": ["log4j"]}],
}


def test_cyclonedx_gives_packages_with_way_licence_and_hashes():
    found = reading("bom.json", json.dumps(CYCLONEDX))
    named = by_name(found)

    assert {name: (p.ecosystem, p.version) for name, p in named.items()} == {
        "org.apache.logging.log4j:log4j-core": ("Maven", "2.14.1"),
        "@scope/inner": ("npm", "1.0.0"),
        "github.com/a/b": ("Go", "1.2.3"),
    }
    log4j = named["org.apache.logging.log4j:log4j-core"]
    assert (log4j.direct, log4j.via, log4j.licence) == (False, ("github.com/a/b",), "Apache-2.0")
    assert log4j.hashes == ("SHA-256:aa",)
    assert named["github.com/a/b"].direct is True


def test_components_that_cannot_be_matched_are_counted():
    says = " ".join(problem.says for problem in reading("bom.json", json.dumps(CYCLONEDX)).problems)

    assert "1 components have no package URL" in says
    assert "1 of deb" in says


@pytest.mark.parametrize("version", ["1.2", "1.4", "1.6"])
def test_cyclonedx_xml_of_every_version_reads_alike(version):
    text = f"""
    <?xml version="1.0"?>
    <bom xmlns="http://cyclonedx.org/schema/bom/{version}">
      <metadata><component type="application" bom-ref="app"><name>app</name></component></metadata>
      <components>
        <component type="library" bom-ref="a"><name>a</name><version>1</version>
          <hashes><hash alg="SHA-1">aa</hash></hashes>
          <licenses><license><id>MIT</id></license><license><name>Mine</name></license></licenses>
          <purl>pkg:npm/a@1.0.0</purl></component>
        <component type="library" bom-ref="b"><name>b</name><licenses><expression>MIT OR ISC</expression></licenses>
          <purl>pkg:npm/b@2.0.0</purl></component>
      </components>
      <dependencies><dependency ref="app"><dependency ref="a"/></dependency>
        <dependency ref="a"><dependency ref="b"/></dependency></dependencies>
    </bom>
    """

    found = lockfiles.read(
        "anything.xml", "\n".join(line.strip() for line in text.strip().split("\n")).encode()
    )

    assert found is not None
    assert [(p.name, p.version, p.direct, p.via, p.licence) for p in found.packages] == [
        ("a", "1.0.0", True, (), "MIT AND Mine"),
        ("b", "2.0.0", False, ("a",), "MIT OR ISC"),
    ]
    assert found.packages[0].line == 8


def test_a_bill_is_known_by_how_it_begins():
    assert lockfiles.read("release.json", json.dumps(CYCLONEDX).encode()) is not None
    assert lockfiles.read("data.json", b'{"components": []}') is None


SPDX = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {"SPDXID": "SPDXRef-app", "name": "app", "versionInfo": "1"},
        {
            "SPDXID": "SPDXRef-a",
            "name": "a",
            "versionInfo": "1.0.0",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "MIT",
            "externalRefs": [
                {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:a:a:1"},
                {"referenceType": "purl", "referenceLocator": "pkg:npm/a"},
            ],
        },
        {
            "SPDXID": "SPDXRef-b",
            "name": "b",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/b@2.0.0"}],
        },
    ],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-app",
        },
        {"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"},
        {
            "spdxElementId": "SPDXRef-b",
            "relationshipType": "DEV_DEPENDENCY_OF",
            "relatedSpdxElement": "SPDXRef-a",
        },
    ],
}


def test_spdx_json_follows_relationships_both_ways():
    found = reading("app.spdx.json", json.dumps(SPDX))
    named = by_name(found)

    assert (named["a"].version, named["a"].licence, named["a"].direct) == ("1.0.0", "MIT", True)
    assert (named["b"].via, named["b"].dev) == (("a",), True)
    assert found.problems == ()  # the application itself is no component that could not be matched


def test_spdx_tag_value_says_the_same():
    text = """
    SPDXVersion: SPDX-2.2
    DocumentName: app
    # a comment
    PackageName: app
    SPDXID: SPDXRef-app
    PackageLicenseComments: <text>words
    PackageName: trap
    </text>
    PackageName: a
    SPDXID: SPDXRef-a
    PackageVersion: 1.0.0
    PackageLicenseDeclared: MIT
    ExternalRef: SECURITY cpe23Type cpe:2.3:a:a:a:1
    ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0.0
    FileName: ./x
    SPDXID: SPDXRef-file
    Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app
    Relationship: SPDXRef-app DEPENDS_ON SPDXRef-a
    """

    named = by_name(reading("app.spdx", text))

    assert list(named) == ["a"]
    assert (named["a"].direct, named["a"].licence, named["a"].line) == (True, "MIT", 9)


def test_spdx_3_is_told_and_not_guessed():
    assert whys(reading("app.spdx.json", '{"spdxVersion": "SPDX-3.0"}')) == ["unsupported"]
