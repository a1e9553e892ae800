"""Repositories: what is taken of them, and R-04, R-05 and R-06 against a server of the tests' own."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from avyay_site import outbound
from raksha.intake import git as intake
from raksha.intake.tests import git_server as server
from raksha.intake.trees import MEGABYTE, Limits, Refused, Unavailable
from raksha.sandbox import Host

pytestmark = pytest.mark.processes
if not Path(server.BACKEND).exists():
    pytest.skip("git-http-backend is not installed.", allow_module_level=True)


@pytest.fixture(scope="module")
def host():
    with Host() as host:
        yield host


@pytest.fixture
def root(open_folder):
    open_folder.chmod(0o755)
    return open_folder


@pytest.fixture
def into(tmp_path):
    place = tmp_path / "scan" / "code"
    place.mkdir(parents=True, mode=0o700)
    return place


def fetch(stage, host, into, *, path="/repository", revision="HEAD", limits=Limits(seconds=20), token=""):  # noqa: B008
    return intake.fetch(stage.remote(path, token=token), revision, into, limits, sandbox=host)


def contents(tree):
    return {file.path: (tree.folder / file.stored).read_bytes() for file in tree.files}


FILES = {
    "a.py": b"import os\n",
    "lib/b.js": b"f()\n" * 5000,
    "lib/empty.py": b"",
    "lib/same.py": b"import os\n",
}


def test_a_revision_is_taken_with_its_commit(root, into, host):
    commit = server.commit(root / "repository", FILES)
    with server.serving(root) as stage:
        tree = fetch(stage, host, into)

    assert contents(tree) == FILES
    assert (tree.commit, tree.revision, tree.skipped) == (commit, "", ())
    assert list(into.parent.iterdir()) == [into]  # nothing of git's is left


@pytest.mark.parametrize("kind", ["branch", "tag", "annotated tag", "commit"])
def test_a_branch_a_tag_and_a_commit_are_revisions(root, into, host, kind):
    first = server.commit(root / "repository", FILES)
    folder = root / "repository"
    server.git(folder, "branch", "branch")
    server.git(folder, "tag", "tag")
    server.git(folder, "tag", "-a", "-m", "x", "annotated")
    (folder / "later.py").write_text("x")
    server.git(folder, "add", "-A")
    server.git(folder, "commit", "-q", "-m", "second")
    revision = {"annotated tag": "annotated", "commit": first}.get(kind, kind)

    with server.serving(root) as stage:
        tree = fetch(stage, host, into, revision=revision)

    assert (tree.commit, tree.revision) == (first, revision)
    assert contents(tree) == FILES


def test_a_token_goes_by_a_header_and_is_in_no_argument(root, into, host):
    server.commit(root / "repository", FILES)
    seen: list[str] = []

    def look(handler):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with_errors = path.read_bytes() if path.exists() else b""
            seen.append(with_errors.decode(errors="replace"))
        return False

    with server.serving(root, look) as stage:
        fetch(stage, host, into, token="s3cret-token")

    told = {headers.get("Authorization") for _, headers in stage.asked}
    assert told == {"Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0LXRva2Vu"}
    assert any("fetch" in words and "--depth=1" in words for words in seen)
    assert not any("s3cret" in words or "eC1hY2" in words for words in seen)


@pytest.mark.parametrize("token", ["a b", "a\r\nHost: x", "é", "x" * 501], ids=range(4))
def test_a_token_that_is_none_is_refused(into, host, token):
    with pytest.raises(Refused, match="token"):
        intake.fetch_repository("https://github.com/a/b", "", into, Limits(), sandbox=host, token=token)


@pytest.mark.parametrize(
    ("path", "revision", "says"),
    [
        ("/nothing", "HEAD", "not there, or is private"),
        ("/repository", "nothing", "no such branch or tag"),
        ("/repository", "1" * 40, "no such commit"),
    ],
)
def test_what_is_not_there_is_said_to_be_missing(root, into, host, path, revision, says):
    server.commit(root / "repository", FILES)
    with server.serving(root) as stage, pytest.raises(Refused, match=says):
        fetch(stage, host, into, path=path, revision=revision)


def test_a_server_that_cannot_be_reached_may_be_tried_again(root, into, host):
    with server.serving(root) as stage:
        pass

    with pytest.raises(Unavailable):
        fetch(stage, host, into)


def test_a_machine_without_git_is_told_so(into, host, monkeypatch):
    monkeypatch.setattr(intake, "GIT", "git-that-is-not-there")

    with pytest.raises(Unavailable, match="not installed"):
        intake.fetch(intake.Remote("https://x.example/a/b.git", ""), "HEAD", into, Limits(), sandbox=host)


# --- where it connects to


@pytest.mark.parametrize(
    "where", ["https://127.0.0.1:{port}/elsewhere", "http://169.254.169.254", "file:///etc"]
)
def test_a_redirect_is_not_followed(root, into, host, where):
    server.commit(root / "repository", FILES)
    with (
        server.serving(root) as other,
        server.serving(root, server.redirects(where.format(port=other.port))) as stage,
        pytest.raises(Refused, match="moved"),
    ):
        fetch(stage, host, into)

    assert other.asked == []


def test_the_name_leads_to_the_pinned_address_only(root, into, host):
    """No resolver knows the name that the tests use, and the job has none to ask."""
    server.commit(root / "repository", FILES)
    with server.serving(root) as stage:
        remote = stage.remote("/repository")
        unpinned = intake.Remote(remote.url, "other.example:443:127.0.0.1", ca_file=remote.ca_file)
        with pytest.raises(Unavailable):
            intake.fetch(unpinned, "HEAD", into, Limits(seconds=20), sandbox=host)

    assert stage.asked == []


@pytest.mark.parametrize("answer", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_inside_is_refused_before_git_is_started(into, answer, monkeypatch):
    monkeypatch.setattr(outbound, "_look_up", lambda *_: ["140.82.112.3", answer])

    with Host() as host, pytest.raises(Refused, match="not a public address"):
        intake.fetch_repository("https://github.com/a/b", "", into, Limits(), sandbox=host)

    assert host.pid is None


def test_addresses_are_pinned_as_curl_wants_them(into):
    found = [ip_address("140.82.112.3"), ip_address("2001:db8::1")]

    assert intake._pin("github.com", lambda *_: found) == "github.com:443:140.82.112.3,[2001:db8::1]"


def test_an_option_in_the_place_of_an_address_is_an_address(root, into, host):
    canary = root / "canary"
    remote = intake.Remote(f"--upload-pack=touch {canary};", "x:443:127.0.0.1")

    with pytest.raises((Refused, Unavailable)):
        intake.fetch(remote, "HEAD", into, Limits(seconds=10), sandbox=host)

    assert not canary.exists()


def test_without_the_two_dashes_the_same_option_is_carried_out(root):
    """The control of R-04: what a fixed argument list without "--" does."""
    server.commit(root / "repository", FILES)
    canary = root / "canary"

    subprocess.run(
        ["git", "fetch", f"--upload-pack=touch {canary};", str(root / "repository"), "HEAD"],
        cwd=root / "repository", env=server.HOME, capture_output=True, check=False,
    )  # fmt: skip

    assert canary.exists()


@pytest.mark.parametrize(
    "url", ["ext::sh -c 'touch {canary}'", "file://{root}/repository", "{root}/repository"]
)
def test_other_protocols_are_refused_by_git_itself(root, into, host, url):
    server.commit(root / "repository", FILES)
    canary = root / "canary"
    remote = intake.Remote(url.format(canary=canary, root=root), "x:443:127.0.0.1")

    with pytest.raises((Refused, Unavailable)):
        intake.fetch(remote, "HEAD", into, Limits(seconds=10), sandbox=host)

    assert not canary.exists()
    assert list(into.iterdir()) == []


# --- what a repository would have run


def crafted(root: Path, canary: Path) -> str:
    """Make a repository that would run something in each way that git has, and return its commit."""
    touch = f"touch {canary}"
    folder = root / "repository"
    server.commit(
        folder,
        {
            ".gitattributes": b"*.py filter=evil diff=evil\n*.bin filter=lfs\n",
            ".gitmodules": b'[submodule "s"]\n\tpath = s\n\turl = https://169.254.169.254/s\n\tupdate = !%b\n'
            % touch.encode(),
            ".lfsconfig": f'[lfs]\n\turl = https://169.254.169.254/\n[filter "evil"]\n\tsmudge = {touch}\n'.encode(),
            ".githooks/post-checkout": f"#!/bin/sh\n{touch}\n".encode(),
            ".envrc": touch.encode(),
            "a.py": b"import os\n",
            "large.bin": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        },
    )
    blob = server.blob(folder, f"[core]\n\tfsmonitor = {touch}\n\tsshCommand = {touch}\n".encode())
    hook = server.blob(folder, f"#!/bin/sh\n{touch}\n".encode())
    link = server.blob(folder, b".git/hooks")
    return server.commit_tree(
        folder,
        [
            ("100644", blob, "sub/config"),
            ("100755", hook, "sub/hooks/post-checkout"),
            ("160000", "1" * 40, "s"),
            ("120000", link, "hooks"),
            ("120000", server.blob(folder, b"/etc/passwd"), "passwd"),
        ],
    )


def test_nothing_of_a_repository_is_run_or_fetched_besides(root, into, host, tmp_path):
    canary = tmp_path / "canary"
    tmp_path.chmod(0o777)
    crafted(root, canary)
    with server.serving(root) as stage:
        tree = fetch(stage, host, into)

    assert not canary.exists()
    assert contents(tree)["a.py"] == b"import os\n"
    assert {skip.path: skip.why for skip in tree.skipped} == {
        "s": "submodule",
        "hooks": "symlink",
        "passwd": "symlink",
        "large.bin": "unsupported",
    }
    assert {path for path, _ in stage.asked} == {
        "/repository.git/info/refs?service=git-upload-pack",
        "/repository.git/git-upload-pack",
    }
    assert all(stat.S_ISREG(file.lstat().st_mode) for file in into.iterdir())


def test_an_ordinary_clone_runs_what_the_same_repository_and_its_owner_say(root, tmp_path):
    """The control of R-05: a smudge filter that a machine's owner once allowed, and a hook in a template."""
    canary = tmp_path / "canary"
    crafted(root, canary)

    subprocess.run(
        ["git", "-c", f"filter.evil.smudge=touch {canary}; cat", "clone", "-q", str(root / "repository"), "clone"],
        cwd=tmp_path, env=server.HOME, capture_output=True, check=False,
    )  # fmt: skip

    assert canary.exists()


def test_hostile_names_in_a_tree_are_text_only(root, into, host):
    folder = root / "repository"
    server.commit(folder, {"a.py": b"x"})
    blob = server.blob(folder, b"import os\n")
    names = [".git/config", "..", "a\nb.py", "C:\\x.py", "\x1b[2J.py"]
    lines = b"".join(
        b"100644 blob %s\t%s\0" % (blob.encode(), name.encode()) for name in names if "/" not in name
    )
    tree_id = server.git(folder, "mktree", "-z", given=lines)
    inner = server.git(folder, "mktree", given=f"100644 blob {blob}\tconfig".encode())
    outer = server.git(
        folder, "mktree", given=f"040000 tree {inner}\t.git\n040000 tree {tree_id}\tsub".encode()
    )
    server.git(folder, "update-ref", "refs/heads/main", server.git(folder, "commit-tree", "-m", "x", outer))

    with server.serving(root) as stage:
        tree = fetch(stage, host, into)

    assert {file.path for file in tree.files} == {
        ".git/config",
        "sub/a\\x0ab.py",
        "sub/C:/x.py",
        "sub/\\x1b[2J.py",
    }
    assert [(skip.path, skip.why) for skip in tree.skipped] == [("sub/..", "unsafe_name")]
    assert {file.name for file in into.iterdir()} == {file.stored for file in tree.files}


# --- bombs

SMALL = Limits(bytes=8 * MEGABYTE, file_bytes=MEGABYTE, files=2000, seconds=30)


def folder_size(place: Path) -> int:
    return sum(path.lstat().st_size for path in place.rglob("*") if not path.is_symlink())


def test_a_tree_that_doubles_at_every_level_is_refused(root, into, host):
    folder = root / "repository"
    server.commit(folder, {"a.py": b"x"})
    inner = server.git(folder, "mktree", given=f"100644 blob {server.blob(folder, b'x')}\tf.py".encode())
    for _ in range(30):
        lines = "\n".join(f"040000 tree {inner}\t{name}" for name in "abcdefgh")
        inner = server.git(folder, "mktree", given=lines.encode())
    server.git(folder, "update-ref", "refs/heads/main", server.git(folder, "commit-tree", "-m", "x", inner))
    began = time.monotonic()

    with server.serving(root) as stage, pytest.raises(Refused, match="more than 2,000 files"):
        fetch(stage, host, into, limits=SMALL)

    assert time.monotonic() - began < SMALL.seconds
    assert folder_size(into.parent) <= SMALL.bytes


@pytest.mark.parametrize("kind", ["pack without end", "one byte a second"])
def test_a_server_that_never_ends_is_left(root, into, host, kind):
    server.commit(root / "repository", FILES)
    answer = server.drips if kind == "one byte a second" else server.pack_without_end(200 * MEGABYTE)
    limits = replace(SMALL, seconds=2) if kind == "one byte a second" else SMALL
    began = time.monotonic()

    with server.serving(root, answer) as stage, pytest.raises((Refused, Unavailable)):
        fetch(stage, host, into, limits=limits)

    assert time.monotonic() - began < limits.seconds + 5
    assert folder_size(into.parent) <= SMALL.bytes
    assert list(into.parent.iterdir()) == [into]


def test_a_repository_beyond_the_size_is_refused(root, into, host):
    server.commit(root / "repository", {f"{n}.bin": os.urandom(MEGABYTE) for n in range(9)})

    with server.serving(root) as stage, pytest.raises(Refused, match="larger than"):
        fetch(stage, host, into, limits=SMALL)


def test_a_blob_that_unpacks_to_far_more_is_left_out(root, into, host):
    server.commit(root / "repository", {"bomb.py": b"#" * (30 * MEGABYTE), "a.py": b"import os\n"})

    with server.serving(root) as stage:
        tree = fetch(stage, host, into, limits=SMALL)

    assert contents(tree) == {"a.py": b"import os\n"}
    assert [(skip.path, skip.why) for skip in tree.skipped] == [("bomb.py", "too_large")]


def test_a_fetch_that_nobody_wants_any_more_ends(root, into, host):
    with server.serving(root, server.drips) as stage, pytest.raises(Unavailable, match="stopped"):
        intake.fetch(
            stage.remote("/repository"),
            "HEAD",
            into,
            Limits(seconds=20),
            sandbox=host,
            is_cancelled=lambda: True,
        )
