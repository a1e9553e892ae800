from __future__ import annotations

import pytest

from raksha.related import Index

ENTRIES = [
    ("CVE-2017-5638", "Apache", "Struts"),
    ("CVE-2020-17530", "Apache", "Struts"),
    ("CVE-2021-44228", "Apache", "Log4j2"),
    ("CVE-2020-11651", "SaltStack", "Salt"),
    ("CVE-2020-11023", "JQuery", "JQuery"),
    ("CVE-2010-4344", "Exim", "Mail Transfer Agent (MTA)"),
    ("CVE-2019-0001", "D-Link", "DIR-300 Router"),
    ("CVE-2020-0601", "Microsoft", "Windows"),
    ("CVE-2023-38035", "Ivanti", "Sentry"),
]


@pytest.mark.parametrize(
    ("package", "cves"),
    [
        ("org.apache.struts:struts2-core", ("CVE-2020-17530", "CVE-2017-5638")),
        ("org.apache.logging.log4j:log4j-core", ("CVE-2021-44228",)),
        ("salt", ("CVE-2020-11651",)),
        ("jquery", ("CVE-2020-11023",)),
        ("basalt", ()),
        ("sentry", ()),
        ("github.com/cloudnativelabs/kube-router", ()),
        ("github.com/microsoft/go-crypto-winnative", ()),
        ("scalyr-agent-2", ()),
        ("", ()),
    ],
)
def test_only_names_whose_telling_words_agree_are_related(package, cves):
    assert Index(ENTRIES).find(package) == cves
