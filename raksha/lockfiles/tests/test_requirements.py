"""requirements.txt in the shapes that people and tools write."""

from __future__ import annotations

import pytest

from raksha import lockfiles
from raksha.lockfiles.tests.reading_of import by_name, reading, whys


def versions(text: str) -> dict[str, str]:
    return {name: package.version for name, package in by_name(reading("requirements.txt", text)).items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Django==3.2.1", {"Django": "3.2.1"}),
        ("Django == 3.2.1", {"Django": "3.2.1"}),
        ("Django===3.2.1", {"Django": "3.2.1"}),
        ("Django (==3.2.1)", {"Django": "3.2.1"}),
        ("drf-yasg[validation, x]==1.20.0", {"drf-yasg": "1.20.0"}),
        ('uvloop==0.17 ; sys_platform != "win32" and python_version>="3.8"', {"uvloop": "0.17"}),
        ("requests>=2.0,==2.31.0", {"requests": "2.31.0"}),
        ("torch==1.9.0+cpu", {"torch": "1.9.0+cpu"}),
        ("six==1.16.0 --hash=sha256:ab --hash=sha256:cd", {"six": "1.16.0"}),
        ("six==1.16.0 # a comment", {"six": "1.16.0"}),
        ("zope.interface==5.0;python_version<'3'", {"zope.interface": "5.0"}),
        ("a==1.0 --global-option='x'", {"a": "1.0"}),
        ("Django==3.*", {}),
        ("Django>=3", {}),
        ("Django", {}),
        ("# Django==1.0", {}),
        ("--index-url https://pypi.example.org/simple", {}),
        ("-e .", {}),
        ("-e .[full]", {}),
        ("./local/thing", {}),
        ("../thing", {}),
        ("", {}),
    ],
)
def test_a_line_gives_a_package_only_when_it_fixes_one_version(line, expected):
    assert versions(line) == expected


def test_continued_lines_are_one_and_a_comment_ends_them():
    text = """
    alembic==1.4.3 \\
        --hash=sha256:4e02 \\
        --hash=sha256:5334 \\
        # via -r main.in
    amqp==2.6.1 \\
        --hash=sha256:70cd
    """

    found = by_name(reading("requirements.txt", text))

    assert found["alembic"].hashes == ("sha256:4e02", "sha256:5334")
    assert (found["alembic"].line, found["amqp"].line) == (1, 5)


def test_comments_of_pip_compile_tell_direct_from_transitive_with_the_way():
    text = """
    celery==4.4.7
        # via -r requirements.in
    kombu==4.6.11
        # via
        #   celery
    amqp==2.6.1  # via kombu, celery
    six==1.0
        # via
        #   -c constraints.txt
        #   app (pyproject.toml)
    """

    found = by_name(reading("requirements.txt", text))

    assert [found[name].direct for name in ("celery", "kombu", "amqp", "six")] == [True, False, False, True]
    assert found["amqp"].via == ("celery",)


def test_what_the_list_does_not_name_is_the_project():
    found = by_name(
        reading("requirements.txt", "flask==2.0.1\n    # via app\nwerkzeug==2.0.3\n    # via flask\n")
    )

    assert [package.direct for package in found.values()] == [True, False]


def test_other_comments_do_not_look_like_origins():
    found = by_name(reading("requirements.txt", "# Testing\n\na==1.0\n# Documentation\nb==2.0\n"))

    assert all(package.direct for package in found.values())


def test_without_comments_the_file_it_was_made_from_tells_what_is_direct():
    made = "flask==2.0.1 --hash=sha256:aa\nwerkzeug==2.0.3 --hash=sha256:bb\n"

    with_origin = by_name(
        reading("requirements.txt", made, requirements__in="# web\nFlask[async]>=2  # why\n")
    )
    without = by_name(reading("requirements.txt", made))

    assert [package.direct for package in with_origin.values()] == [True, False]
    assert [package.direct for package in without.values()] == [None, None]


def test_unpinned_names_are_told_in_one_word():
    found = reading("requirements.txt", "a==1\nDjango>=2.2,<2.3\nPyYAML\n")

    assert whys(found) == ["unpinned"]
    assert "Django, PyYAML" in found.problems[0].says


@pytest.mark.parametrize(
    ("line", "name", "version", "source"),
    [
        ("-e git+https://example.org/x/thing.git@v1#egg=thing", "thing", "", "git"),
        ("git+ssh://git@example.org/x/thing.git", "thing", "", "git"),
        ("thing @ git+https://example.org/x/thing@abc", "thing", "", "git"),
        ("thing @ https://example.org/thing-1.2.3-py3-none-any.whl", "thing", "1.2.3", "url"),
        ("https://example.org/thing-1.2.3.tar.gz#sha256=aa", "thing", "1.2.3", "url"),
        ("thing @ file:///opt/thing", "thing", "", "path"),
    ],
)
def test_what_is_from_no_registry_is_named_and_not_matched(line, name, version, source):
    found = reading("requirements.txt", line)

    assert [(p.name, p.version, p.source) for p in found.packages] == [(name, version, source)]
    assert whys(found) == ["no_advisories"]


def test_included_files_are_read_whatever_their_name():
    files = {
        "requirements.txt": b"-r deps/common.in\n-c other.txt\na==1\n",
        "deps/common.in": b"-r deeper.in\nb==2\n",
        "deps/deeper.in": b"c==3\n-r common.in\n",
        "other.txt": b"some words\nd==4\n",
    }

    found = lockfiles.read_all(files)

    assert {p.name for reading in found.values() for p in reading.packages} == {"a", "b", "c", "d"}
    assert set(found) == set(files)


def test_an_include_that_leaves_the_tree_is_not_followed():
    assert (
        reading("requirements.txt", "-r ../../etc/passwd\n--requirement=https://example.org/r.txt\n").includes
        == ()
    )


@pytest.mark.parametrize(
    ("path", "dev"),
    [
        ("requirements-dev.txt", True),
        ("requirements/test.txt", True),
        ("docs/requirements.txt", True),
        ("requirements.txt", False),
    ],
)
def test_the_name_tells_what_is_for_development(path, dev):
    assert reading(path, "a==1").packages[0].dev is dev


def test_a_text_file_of_any_name_is_read_if_nearly_all_of_it_is_pins():
    assert lockfiles.read("main.txt", b"# pins\na==1.0\nb==2.0 \\\n  --hash=sha256:aa\n") is not None
    assert lockfiles.read("notes.txt", b"Dear all,\nplease use a==1.0.\nThanks\n") is None
    assert lockfiles.read("robots.txt", b"User-agent: *\nDisallow: /\n") is None


def test_powershell_writes_utf_16():
    found = lockfiles.read("requirements.txt", "Flask==2.0.1\r\nsix==1.16.0\r\n".encode("utf-16"))

    assert found is not None
    assert [package.name for package in found.packages] == ["Flask", "six"]
