from __future__ import annotations

import http.server
import os
import stat
import threading

import pytest

from avyay_site import embedded, places
from avyay_site.embedded import Layout
from avyay_site.places import Places


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") in (None, "Bearer right")
        self.send_response(204 if known and self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "var")
    embedded.make_folders(layout)
    return layout


def test_what_is_written_is_read_again_until_forgotten(layout):
    here = Places(pid=1, web="http://127.0.0.1:8000", gateway="http://127.0.0.1:8080", var=str(layout.var))

    places.write(layout, here)
    assert places.read(layout) == here
    places.forget(layout)

    assert places.read(layout) is None
    places.forget(layout)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_file_counts_as_none(layout, content):
    layout.addresses.write_text(content)

    assert places.read(layout) is None


def test_running_needs_a_live_process_that_answers(layout, server):
    def write(pid, web):
        places.write(layout, Places(pid=pid, web=web, gateway="http://127.0.0.1:1", var=str(layout.var)))

    write(os.getpid(), server)
    assert places.running(layout.var) is not None
    write(os.getpid(), "http://127.0.0.1:1")
    assert places.running(layout.var) is None
    write(2**22 + 1, server)  # beyond the highest process number
    assert places.running(layout.var) is None


def test_status_tells_the_answer_or_its_absence(server):
    assert places.status_of(f"{server}/healthz") == 204
    assert places.status_of(f"{server}/healthz", bearer="right") == 204
    assert places.status_of(f"{server}/healthz", bearer="wrong") == 503
    assert places.status_of("http://127.0.0.1:1/") == 0
    assert places.answers(f"{server}/healthz")
    assert not places.answers(f"{server}/other")


def test_private_files_are_replaced_whole_and_closed_to_others(tmp_path):
    path = tmp_path / "ready.json"
    path.write_text("old")
    path.chmod(0o644)

    places.write_private(path, "new")

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["ready.json"]


def test_a_child_is_alive_while_its_latest_process_is(layout):
    (layout.run / "web.pid").write_text(str(os.getpid()))
    (layout.run / "beat.pid").write_text("not a number")

    assert places.is_alive(layout, "web")
    assert not places.is_alive(layout, "beat")
    assert not places.is_alive(layout, "worker")
