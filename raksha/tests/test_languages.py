import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.languages import language_of


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/a.py", "python"),
        ("SRC/A.PY", "python"),
        ("a.tsx", "typescript"),
        ("Dockerfile", "dockerfile"),
        ("deploy/Dockerfile.prod", "dockerfile"),
        ("api.dockerfile", "dockerfile"),
        (".github/workflows/ci.yml", "yaml"),
        ("main.tf", "terraform"),
        ("x.d.ts", "typescript"),
        (".py", ""),
        ("LICENSE", ""),
        ("a.py/b", ""),
        ("Gemfile", "ruby"),
        (".env.local", "env"),
        ("a.py.bak", "python"),
        ("a.php~", "php"),
        ("settings.py.txt", "python"),
        ("requirements.txt", "text"),
        ("requirements.in", ""),
    ],
)
def test_a_name_tells_the_language(path, language):
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("head", "language"),
    [
        (b"#!/usr/bin/env python3\n", "python"),
        (b"#!/usr/bin/python3.12 -u\n", "python"),
        (b"#!/usr/bin/env -S FOO=1 node --x\n", "javascript"),
        (b"#! /bin/sh -e\n", "bash"),
        (b"<?php echo 1;", "php"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "xml"),
        (b"#!/usr/bin/env\n", ""),
        (b"#!\n", ""),
        (b"hello", ""),
    ],
)
def test_the_first_line_tells_where_the_name_does_not(head, language):
    assert language_of("bin/run", head) == language


def test_the_name_goes_before_the_first_line():
    assert language_of("a.js", b"#!/usr/bin/env python\n") == "javascript"


@given(st.text(max_size=40), st.binary(max_size=100))
def test_any_name_and_any_start_give_a_word(path, head):
    assert isinstance(language_of(path, head), str)
