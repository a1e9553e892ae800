"""R-04: addresses and revisions that are more than they look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.intake import urls
from raksha.intake.trees import Refused

HOSTS = ("github.com", "git.example.org")
HOSTILE = (
    "file:///etc/passwd",
    "file://github.com/owner/name",
    "/etc/passwd",
    "../../etc",
    "ext::sh -c touch% /tmp/canary",
    "ext::sh",
    "fd::17",
    "ssh://git@github.com/owner/name",
    "git@github.com:owner/name",
    "github.com:owner/name",
    "git://github.com/owner/name",
    "ftp://github.com/owner/name",
    "ftps://github.com/owner/name",
    "http://github.com/owner/name",
    "HTTPS://github.com/owner/name",
    "--upload-pack=touch /tmp/canary",
    "--upload-pack=touch${IFS}/tmp/canary",
    "-c core.sshCommand=touch",
    "-oProxyCommand=touch",
    "-",
    "--",
    "https://github.com/--upload-pack=x/name",
    "https://github.com/-owner/name",
    "https://github.com/owner/-name",
    "https://user@github.com/owner/name",
    "https://user:password@github.com/owner/name",
    "https://github.com@evil.example/owner/name",
    "https://evil.example#@github.com/owner/name",
    "https://evil.example\\@github.com/owner/name",
    "https://github.com:443/owner/name",
    "https://github.com:22/owner/name",
    "https://github.com:/owner/name",
    "https://127.0.0.1/owner/name",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/owner/name",
    "https://[::ffff:127.0.0.1]/owner/name",
    "https://2130706433/owner/name",
    "https://0x7f000001/owner/name",
    "https://0177.0.0.1/owner/name",
    "https://127.1/owner/name",
    "https://localhost/owner/name",
    "https://evil.example/owner/name",
    "https://github.com.evil.example/owner/name",
    "https://evilgithub.com/owner/name",
    "https://github.com./owner/name",
    "https://.github.com/owner/name",
    "https://gıthub.com/owner/name",
    "https://ｇithub.com/owner/name",
    "https://xn--gthub-n4a.com/owner/name",
    "https://github。com/owner/name",
    "https://github.com／owner/name",
    "https://GITHUB.COM/owner/name",
    "https://git%68ub.com/owner/name",
    "https://github.com/owner/name\r\nHost: evil.example",
    "https://github.com/owner/name\n",
    "\nhttps://github.com/owner/name",
    " https://github.com/owner/name",
    "https://github.com/owner/name ",
    "https://github.com/owner/na me",
    "https://github.com/owner/name\0",
    "https://github.com/owner/name%00",
    "https://github.com/owner/name%0d%0a",
    "https://github.com/owner/name?x=1",
    "https://github.com/owner/name#main",
    "https://github.com/owner/name;touch",
    "https://github.com/owner/$(touch)",
    "https://github.com/owner/`touch`",
    "https://github.com/owner/name|touch",
    "https://github.com/owner/..",
    "https://github.com/../name",
    "https://github.com/owner/name/../other",
    "https://github.com/./owner/name",
    "https://github.com//owner/name",
    "https://github.com/owner",
    "https://github.com/",
    "https://github.com",
    "https://github.com/owner/name/tree/main",
    "https://github.com/owner/.git",
    "https://github.com/" + "a" * 400 + "/name",
    "",
)


def test_there_are_80_hostile_addresses():
    assert len(set(HOSTILE)) == 80


@pytest.mark.parametrize("url", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_address_is_refused(url):
    with pytest.raises(Refused):
        urls.read_url(url, HOSTS)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://github.com/owner/name", "https://github.com/owner/name.git"),
        ("https://github.com/owner/name/", "https://github.com/owner/name.git"),
        ("https://github.com/owner/name.git", "https://github.com/owner/name.git"),
        ("https://github.com/Owner-1/na.me_2", "https://github.com/Owner-1/na.me_2.git"),
        ("https://git.example.org/group/part/name", "https://git.example.org/group/part/name.git"),
    ],
)
def test_an_ordinary_address_is_taken(url, asked):
    assert urls.read_url(url, HOSTS).url == asked


def test_only_hosts_that_are_named_are_asked():
    with pytest.raises(Refused, match="RAKSHA_GIT_HOSTS"):
        urls.read_url("https://git.example.org/group/name")


@given(st.text(max_size=80))
def test_what_is_taken_asks_nobody_else(text):
    try:
        address = urls.read_url(text, HOSTS)
    except Refused:
        return
    assert address.host in HOSTS
    assert address.url.startswith(f"https://{address.host}/")
    assert address.url.isascii()


@pytest.mark.parametrize(
    "revision",
    [
        "-x", "--upload-pack=x", "a b", "a..b", "a~1", "a^", "a:b", "+a", "a*", "a?", "a[", "@{1}", "a@{1}", "/a", "a/",
        "a//b", ".a", "a/.b", "a.", "a.lock", "a\n", "a\0", "é", "refs/heads/*", "@", "x" * 201, "a\\b", "a.lock/b",
    ],
    ids=range(28),
)  # fmt: skip
def test_a_hostile_revision_is_refused(revision):
    with pytest.raises(Refused):
        urls.read_revision(revision)


@pytest.mark.parametrize(
    "revision", ["main", "v1.2.3", "release/2026-01", "a" * 40, "feature_x+y", "user@topic"]
)
def test_an_ordinary_revision_is_taken(revision):
    assert urls.read_revision(revision) == revision


def test_no_revision_is_the_default_branch():
    assert urls.read_revision("") == "HEAD"
    assert urls.is_commit("a" * 40)
    assert not urls.is_commit("main")
