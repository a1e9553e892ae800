"""Archives: what is taken, and R-01, R-02 and R-03 on a corpus that is made here."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raksha.intake import names
from raksha.intake.archives import unpack_archive
from raksha.intake.tests import hostile_archives as hostile
from raksha.intake.trees import MEGABYTE, Limits, Refused, UnableToTake

FORMATS = ("zip", "tar", "gz", "bz2", "xz", "zst")
MODES: dict[str, Any] = {"gz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}
SMALL = 1 / 64
USUAL = Limits()
SMALL_LIMITS = Limits(bytes=8 * MEGABYTE, file_bytes=4 * MEGABYTE, files=500, ratio_from=MEGABYTE, seconds=20)


def pack(path: Path, packing: str, files: dict[str, bytes]) -> Path:
    """Write an archive as ordinary programs do."""
    if packing == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=MODES.get(packing, "w")) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    raw = data.getvalue()
    path.write_bytes(zstandard.compress(raw) if packing == "zst" else raw)
    return path


def unpack(path: Path, limits: Limits = USUAL):
    into = path.parent / "into"
    into.mkdir(exist_ok=True)
    for old in into.iterdir():
        old.unlink()
    return unpack_archive(path, into, limits)


def contents(tree) -> dict[str, bytes]:
    return {file.path: (tree.folder / file.stored).read_bytes() for file in tree.files}


@pytest.mark.parametrize("packing", FORMATS)
def test_files_of_each_format_are_taken(tmp_path, packing):
    files = {"a.py": b"import os\n", "lib/b.js": b"f()\n" * 50_000, "empty.py": b"", "run": b"#!/bin/sh\n"}

    tree = unpack(pack(tmp_path / "archive", packing, files))

    assert contents(tree) == files
    assert [(file.path, file.language) for file in tree.files] == [
        ("a.py", "python"),
        ("empty.py", "python"),
        ("lib/b.js", "javascript"),
        ("run", "bash"),
    ]
    assert all(file.sha256 == hashlib.sha256(files[file.path]).hexdigest() for file in tree.files)
    assert tree.skipped == ()


_paths = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,3}\.(py|js|txt)", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    packing=st.sampled_from(FORMATS),
    files=st.dictionaries(
        _paths, st.binary(max_size=2000).map(lambda data: b"# " + data.replace(b"\0", b"")), min_size=1
    ),
)
def test_what_was_packed_comes_out_byte_for_byte(tmp_path, packing, files):
    assert contents(unpack(pack(tmp_path / "archive", packing, files))) == files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(packing=st.sampled_from(FORMATS), cut=st.floats(0, 1), data=st.binary(max_size=40))
def test_a_damaged_archive_is_refused_or_taken_but_nothing_else(tmp_path, packing, cut, data):
    path = pack(tmp_path / "archive", packing, {"a.py": b"x = 1\n" * 100, "b/c.py": os.urandom(300)})
    whole = path.read_bytes()
    at = int(len(whole) * cut)
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])

    try:
        tree = unpack(path, SMALL_LIMITS)
    except UnableToTake:
        return
    assert all((tree.folder / file.stored).is_file() for file in tree.files)


@pytest.mark.parametrize("packing", FORMATS)
def test_an_archive_that_ends_early_is_refused(tmp_path, packing):
    path = pack(tmp_path / "archive", packing, {"a.py": os.urandom(50_000).hex().encode()})
    path.write_bytes(path.read_bytes()[:-30_000])

    with pytest.raises(Refused):
        unpack(path)


def test_an_encrypted_archive_is_refused_with_what_to_do(tmp_path):
    entry = hostile._entry(b"a.py", 5, 5, 0, flags=1)
    local = hostile._local(b"a.py", 5, 5, flags=1) + b"12345"
    path = tmp_path / "archive"
    path.write_bytes(local + entry + hostile._end(1, len(entry), len(local)))

    with pytest.raises(Refused, match="without a password"):
        unpack(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"MZ" + bytes(2000), b"PK\x03\x04", b"\x1f\x8b"], ids=range(5)
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "archive"
    path.write_bytes(content)

    with pytest.raises(Refused):
        unpack(path)


def test_a_link_in_the_place_of_an_archive_is_not_followed(tmp_path):
    (tmp_path / "archive").symlink_to(pack(tmp_path / "real", "zip", {"a.py": b"x"}))

    with pytest.raises(OSError, match="symbolic"):
        unpack(tmp_path / "archive")


@pytest.mark.parametrize("packing", ["zip", "gz"])
def test_what_engines_do_not_read_is_left_out_and_listed(tmp_path, packing):
    files = {
        "logo.png": b"\x89PNG\0",
        "inner.bin": b"PK\x03\x04",
        "large.py": b"#" * (4 * MEGABYTE + 1),
        "model.bin": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "nul.js": b"eval('\0')",
        "wide.ps1": "\ufeffInvoke-Expression ü".encode("utf-16-le"),
    }
    limits = Limits(file_bytes=4 * MEGABYTE, ratio_from=64 * MEGABYTE)

    tree = unpack(pack(tmp_path / "archive", packing, files), limits)

    assert contents(tree) == {"nul.js": files["nul.js"], "wide.ps1": "Invoke-Expression ü".encode()}
    assert {skip.path: skip.why for skip in tree.skipped} == {
        "logo.png": "binary",
        "inner.bin": "nested_archive",
        "large.py": "too_large",
        "model.bin": "unsupported",
    }


def test_a_name_given_twice_is_listed_when_its_contents_differ(tmp_path):
    path = tmp_path / "archive"
    code = (b"a" * 512, b"b" * 512, b"a" * 512)
    path.write_bytes(b"".join(hostile._header("a.py", 512) + one for one in code) + bytes(1024))

    tree = unpack(path)

    assert [(file.path, file.size) for file in tree.files] == [("a.py", 512)]
    assert [(skip.path, skip.why) for skip in tree.skipped] == [("a.py", "duplicate")]
    assert len(list(tree.folder.iterdir())) == 1


def test_unpacking_stops_when_the_time_is_over(tmp_path):
    path = pack(tmp_path / "archive", "gz", {f"{number}.py": b"x" for number in range(100)})
    (tmp_path / "into").mkdir()
    moments = iter(range(10_000))

    with pytest.raises(Refused, match="10 seconds"):
        unpack_archive(path, tmp_path / "into", Limits(seconds=10), clock=lambda: float(next(moments)))


# ---

BOMBS = hostile.bombs(SMALL)


def test_there_are_25_bombs():
    assert len(BOMBS) == 25


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_little_is_written(tmp_path, name):
    path = tmp_path / "bomb"
    BOMBS[name](path)

    try:
        tree = unpack(path, SMALL_LIMITS)
    except Refused:
        tree = None

    written = sum(file.stat().st_size for file in (tmp_path / "into").iterdir())
    assert written <= SMALL_LIMITS.bytes
    assert (tree is not None) == (name in hostile.HARMLESS)
    if tree is not None:
        assert {skip.why for skip in tree.skipped} == {"nested_archive"}
        assert tree.files == ()


def test_a_bomb_goes_off_where_there_are_no_limits(tmp_path):
    """The control: the same bomb, taken with limits far off, unpacks to what it says."""
    BOMBS["flat tar.gz"](tmp_path / "bomb")
    size = int(1024 * MEGABYTE * SMALL)

    tree = unpack(tmp_path / "bomb", Limits(ratio=10_000, file_bytes=size))

    assert [skip.why for skip in tree.skipped] == ["binary"]  # all of it was read, and is zeros
    with pytest.raises(Refused):
        unpack(tmp_path / "bomb", Limits(ratio=10_000, file_bytes=size, bytes=size - 1))


# ---

NAMED = hostile.named()
KINDS = hostile.kinds(Path("/nowhere"))


@pytest.fixture
def sentinel(tmp_path):
    """Make a tree around the target whose every file, link and time is compared afterwards."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "sentinel").write_text("here before")
    (tmp_path / "into").mkdir()
    return outside


def snapshot(root: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders.remove("into")
        for name in [*folders, *files]:
            path = Path(folder, name)
            status = path.lstat()
            found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_nlink)
    return found


def test_there_are_60_archives_of_names():
    assert len(NAMED) == 60


@pytest.mark.parametrize("name", NAMED)
def test_no_name_leads_out_of_the_folder(tmp_path, sentinel, name):
    path = tmp_path / "archive"
    NAMED[name](path)
    before = snapshot(tmp_path)

    tree = unpack(path)

    assert snapshot(tmp_path) == before
    assert not Path("/avyay-evil").exists()
    check_names(tree)
    if name.startswith("all names"):
        assert {"evil.py", "EVIL.py", "évil.py", "e\\u0301vil.py"} <= {file.path for file in tree.files} | {
            "e\\u0301vil.py"
        }
        assert sum(skip.why == "unsafe_name" for skip in tree.skipped) >= 12


def check_names(tree):
    """Check that names on disk are ours, and that those shown could not lead anywhere."""
    on_disk = {file.name for file in tree.folder.iterdir()}
    assert on_disk == {file.stored for file in tree.files}
    assert all(file.stored.split(".")[0].isdigit() for file in tree.files)
    for file in tree.files:
        assert ".." not in file.path.split("/")
        assert not file.path.startswith("/")
        assert file.path.isprintable()
    assert all(skip.path.isprintable() for skip in tree.skipped)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_no_file_is_listed_and_nothing_goes_through_it(tmp_path, sentinel, name):
    path = tmp_path / "archive"
    hostile.kinds(sentinel)[name](path)
    before = snapshot(tmp_path)

    tree = unpack(path)

    assert snapshot(tmp_path) == before
    check_names(tree)
    assert all(file.is_file() and not file.is_symlink() for file in tree.folder.iterdir())
    assert {skip.why for skip in tree.skipped} & {"symlink", "hardlink", "device", "sparse", "unsupported"}


def test_a_plain_extraction_is_led_outside_by_a_link(tmp_path, sentinel):
    """The control of R-03: Python's own extraction, as it was before it had filters."""
    path = tmp_path / "archive"
    hostile.kinds(sentinel)["link, then a file through it"](path)

    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "into", filter="fully_trusted")  # noqa: S202

    assert (sentinel / "evil.py").exists()


def test_a_plain_writer_is_led_outside_by_a_name(tmp_path, sentinel):
    """The control of R-02: joining a member's name to the folder."""
    path = tmp_path / "archive"
    hostile.write(path, "zip", ("../outside/evil.py",))

    with zipfile.ZipFile(path) as archive:
        name = archive.namelist()[0]
        Path(os.path.join(tmp_path, "into", name)).write_bytes(archive.read(name))

    assert (sentinel / "evil.py").exists()


@given(st.text(max_size=300))
def test_any_name_is_a_safe_path_or_no_path(name):
    read = names.read(name)

    assert bool(read.path) != bool(read.unsafe)
    assert read.path.isprintable()
    assert not read.path.startswith("/")
    assert ".." not in read.path.split("/")
    assert names.read(read.path).path == read.path or "\\" in read.path


@given(st.text(max_size=50), st.integers(0, 10**6))
def test_names_on_disk_are_numbers_with_a_harmless_ending(name, number):
    stored = names.stored(number, name)

    assert stored.startswith(f"{number:06d}")
    assert stored.isascii()
    assert "/" not in stored
    assert len(stored) < 30
