"""R-13: whatever bytes stand in a lockfile, the answer is packages or a word, soon."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raksha import lockfiles
from raksha.coverage import Skip
from raksha.lockfiles import loading
from raksha.lockfiles.kinds import KINDS
from raksha.lockfiles.tests.samples import BY_PATH, SAMPLES

PATHS = [sample.path for sample in SAMPLES]
TREE = {sample.path: sample.text.encode() for sample in SAMPLES}


def read(path: str, data: bytes) -> lockfiles.Reading:
    reading = lockfiles.read(path, data, TREE)
    assert reading is not None
    assert all(isinstance(problem, Skip) and problem.says for problem in reading.problems)
    assert all(package.name and "\0" not in package.name for package in reading.packages)
    return reading


def test_there_is_a_sample_of_every_kind():
    assert {lockfiles.kind_of(path) for path in PATHS} == set(KINDS)


@pytest.mark.parametrize("path", PATHS)
def test_a_sample_gives_its_packages(path):
    found = read(path, BY_PATH[path].text.encode())

    assert sorted(f"{package.name} {package.version}" for package in found.packages) == BY_PATH[path].packages
    assert not [problem for problem in found.problems if problem.why == "parse_error"]


@pytest.mark.parametrize("path", PATHS)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(path):
    text = BY_PATH[path].text
    written = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()

    assert read(path, written).packages == read(path, text.encode()).packages


@pytest.mark.parametrize("path", PATHS)
@given(data=st.binary(max_size=200))
@settings(max_examples=20)
def test_any_bytes_give_packages_or_a_word(path, data):
    read(path, data)


def mutated(text: str, seed: int) -> bytes:
    """Cut, double, swap and replace pieces of a valid file."""
    chance = random.Random(seed)  # noqa: S311 (damage, not secrets)
    data = bytearray(text.encode())
    for _ in range(chance.randint(1, 4)):
        start, length = chance.randrange(len(data) + 1), chance.randint(1, 20)
        piece = bytes(data[start : start + length])
        change = chance.choice(
            [b"", piece + piece, b"\n", b"{", b"]", b'"', b": ", b"\\", b"0", b"null", b"[[", b"&a", b"\0"]
        )
        data[start : start + length] = change
    return bytes(data)


@pytest.mark.parametrize("path", PATHS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_any_damage_to_a_valid_file_gives_packages_or_a_word(path, seed):
    read(path, mutated(BY_PATH[path].text, seed))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
JSON_PATHS = [path for path in PATHS if path.endswith((".json", "Pipfile.lock", "composer.lock"))]


@pytest.mark.parametrize("path", JSON_PATHS)
@given(value=VALUES, seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_a_wrong_type_anywhere_in_json_gives_packages_or_a_word(path, value, seed):
    document = json.loads(BY_PATH[path].text)
    chance, node = random.Random(seed), document  # noqa: S311 (damage, not secrets)
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = chance.choice(keys)
        if not isinstance(node[key], (dict, list)) or chance.random() < 0.4:
            node[key] = value
            break
        node = node[key]

    read(path, json.dumps(document).encode())


BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 100 + b'"><!ENTITY c "&b;&b;&b;">]><project>&c;</project>'
DEEP = 100_000
ATTACKS = {
    "xml bomb": ("pom.xml", BOMB),
    "xml external entity": (
        "bom.cdx.xml",
        b'<!DOCTYPE b [<!ENTITY e SYSTEM "file:///etc/passwd">]><bom>&e;</bom>',
    ),
    "deep xml": ("packages.config", b"<packages>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</packages>"),
    "yaml aliases": ("pnpm-lock.yaml", b"a: &a [x, x]\nb: &b [*a, *a]\npackages: *b\n"),
    "yaml tag": ("pnpm-lock.yaml", b"packages: !!python/object/apply:os.system ['true']\n"),
    "deep yaml": ("pnpm-lock.yaml", b"".join(b" " * i + b"a:\n" for i in range(1000))),
    "deep flow yaml": ("pnpm-lock.yaml", b"a: " + b"[" * DEEP),
    "deep json": ("package-lock.json", b'{"a":' * DEEP),
    "deep json list": ("composer.lock", b"[" * DEEP),
    "deep toml": ("poetry.lock", b"a = " + b"[" * 20_000),
    "dotted toml": ("Cargo.lock", b".".join([b"a"] * 20_000) + b" = 1"),
    "wide number": ("package.json", b'{"version": ' + b"9" * 100_000 + b"}"),
}


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_on_a_parser_ends_in_a_word(name):
    path, data = ATTACKS[name]

    found = read(path, data)

    assert found.packages == ()
    assert [problem.why for problem in found.problems] == ["parse_error"]


@pytest.mark.parametrize(
    "path", ["package-lock.json", "requirements.txt", "yarn.lock", "pnpm-lock.yaml", "uv.lock", "pom.xml"]
)
def test_a_file_beyond_the_limit_is_not_read(path, monkeypatch):
    monkeypatch.setattr(loading, "LARGEST", dict.fromkeys(loading.LARGEST, 1000))
    monkeypatch.setattr("raksha.lockfiles.blocks.LARGEST", loading.LARGEST)

    found = read(path, b" " * 1001)

    assert [problem.why for problem in found.problems] == ["too_large"]


def test_no_reader_takes_more_than_64_megabytes():
    assert max(loading.LARGEST.values()) == 64 * loading.MEGABYTE


def test_a_name_that_no_package_can_have_is_left_out_with_a_word():
    data = json.dumps(
        {
            "packages": {
                "node_modules/" + "x" * 400: {"version": "1.0.0"},
                "node_modules/ok": {"version": "1.0.0"},
            }
        }
    )

    found = read("package-lock.json", data.encode())

    assert [package.name for package in found.packages] == ["ok"]
    assert [problem.why for problem in found.problems] == ["parse_error"]


def test_a_chain_of_dependencies_has_a_bounded_way():
    entries = {
        f"node_modules/p{i}": {"version": "1.0.0", "dependencies": {f"p{i + 1}": "1"}} for i in range(2000)
    }
    data = json.dumps({"packages": {"": {"dependencies": {"p0": "1"}}, **entries}})

    found = read("package-lock.json", data.encode())

    assert len(found.packages) == 2000
    assert max(len(package.via) for package in found.packages) <= 32
