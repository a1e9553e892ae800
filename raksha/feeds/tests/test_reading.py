from __future__ import annotations

import gzip
import json

import pytest

from raksha.feeds import reading
from raksha.feeds.errors import Refused
from raksha.feeds.reading import Bounds

from .conftest import lines, zipped

RECORDS = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
FORMS = {
    "lines": lines(RECORDS),
    "lines with blanks": b"\xef\xbb\xbf" + lines(RECORDS).replace(b"\n", b"\r\n\r\n"),
    "gzip": gzip.compress(lines(RECORDS)),
    "zip": zipped(RECORDS),
}


@pytest.mark.parametrize("form", FORMS)
def test_records_are_read_in_every_form(tmp_path, form):
    path = tmp_path / "feed"
    path.write_bytes(FORMS[form])

    assert list(reading.read_json(path, Bounds())) == RECORDS


@pytest.mark.parametrize("indent", [None, 2], ids=["on one line", "over many lines"])
def test_one_document_is_one_value(tmp_path, indent):
    path = tmp_path / "feed"
    path.write_text(json.dumps(RECORDS, indent=indent))

    assert list(reading.read_json(path, Bounds())) == [RECORDS]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(lines(RECORDS))[:-5],
        gzip.compress(lines(RECORDS * 1000))[:-20],
        lines(RECORDS)[:-5],
        b"<html>Service unavailable</html>",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"id": NaN}',
    ],
    ids=[
        "cut gzip",
        "long cut gzip",
        "cut line",
        "html",
        "no utf-8",
        "deep",
        "not a number",
    ],
)
def test_what_is_cut_or_no_json_is_refused(tmp_path, content):
    path = tmp_path / "feed"
    path.write_bytes(content)

    with pytest.raises(Refused):
        list(reading.read_json(path, Bounds()))


def test_bounds_hold_for_a_line_a_document_and_all_of_it(tmp_path):
    path = tmp_path / "feed"
    path.write_bytes(gzip.compress(b'{"a": "' + b"x" * 10_000 + b'"}\n' + lines(RECORDS)))

    for bounds in (Bounds(record_bytes=5_000), Bounds(total_bytes=5_000)):
        with pytest.raises(Refused, match="than"):
            list(reading.read_json(path, bounds))
    path.write_bytes(b'{\n"a": "' + b"x" * 10_000 + b'"}')
    with pytest.raises(Refused, match="one record a line"):
        list(reading.read_json(path, Bounds(document_bytes=5_000)))
