from __future__ import annotations

import os

import pytest

from raksha.intake.folders import read_folder
from raksha.intake.trees import Limits, Refused


@pytest.fixture
def root(tmp_path):
    place = tmp_path / "project"
    place.mkdir()
    return place


def put(root, name, content=b"x = 1\n"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(root, limits=None):
    into = root.parent / "into"
    into.mkdir()
    return read_folder(root, into, limits or Limits())


def whys(tree):
    return {skip.path: skip.why for skip in tree.skipped}


def test_files_are_taken_with_their_paths_and_languages(root):
    put(root, "a.py")
    put(root, "lib/run", b"#!/bin/sh\n")

    tree = read(root)

    assert [(file.path, file.language) for file in tree.files] == [("a.py", "python"), ("lib/run", "bash")]
    assert tree.skipped == ()


def test_links_and_pipes_are_listed_and_not_followed(root, tmp_path):
    (tmp_path / "secret.py").write_text("secret")
    (root / "link.py").symlink_to(tmp_path / "secret.py")
    (root / "folder").symlink_to(tmp_path)
    (root / "round").symlink_to(root)
    os.mkfifo(root / "pipe.py")

    tree = read(root)

    assert tree.files == ()
    assert whys(tree) == {"link.py": "symlink", "folder": "symlink", "round": "symlink", "pipe.py": "device"}


def test_installed_packages_are_there_for_secrets_and_lockfiles_but_not_as_source(root):
    put(root, "a.js", b"f()")
    put(root, "node_modules/p/index.js", b"eval(x)")
    put(root, "node_modules/p/node_modules/q/package-lock.json", b"{}")

    tree = read(root)

    assert {file.path: file.why_skipped for file in tree.files} == {
        "a.js": "",
        "node_modules/p/index.js": "dependencies",
        "node_modules/p/node_modules/q/package-lock.json": "dependencies",
    }
    assert whys(tree) == {"node_modules": "dependencies"}


def test_the_data_of_tools_is_left_out(root):
    put(root, ".git/config")
    put(root, "lib/__pycache__/a.py")

    assert whys(read(root)) == {".git": "ignored", "lib/__pycache__": "ignored"}


def test_hostile_ignore_files_are_files_like_others(root):
    for name in (".gitignore", ".semgrepignore", ".dockerignore"):
        put(root, name, b"*\n")
    put(root, "a.py")

    assert len(read(root).files) == 4


def test_what_is_beyond_a_limit_is_listed_or_refused(root):
    put(root, "large.py", b"x" * 2000)
    put(root, "a.py")

    assert whys(read(root, Limits(file_bytes=1000))) == {"large.py": "too_large"}
    with pytest.raises(Refused, match="more than 1 files"):
        read_folder(root, _new(root), Limits(files=1))
    with pytest.raises(Refused, match="more than 10 bytes"):
        read_folder(root, _new(root), Limits(bytes=10))


def _new(root):
    into = root.parent / f"into-{len(list(root.parent.iterdir()))}"
    into.mkdir()
    return into


def test_a_folder_inside_the_folder_does_not_take_itself_in(root):
    put(root, "a.py")
    into = root / "into"
    into.mkdir()

    assert [file.path for file in read_folder(root, into, Limits()).files] == ["a.py"]


def test_deep_folders_are_cut_and_listed(root):
    put(root, "/".join(["d"] * 220) + "/a.py")

    tree = read(root)

    assert tree.files == ()
    assert set(whys(tree).values()) == {"limit"}


def test_what_is_no_folder_is_refused(root):
    with pytest.raises(Refused, match="not a folder"):
        read_folder(root / "nothing", root, Limits())
