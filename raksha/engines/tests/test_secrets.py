from __future__ import annotations

import json

from raksha.engines import secrets
from raksha.engines.results import EngineResult

TOKEN = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
KEY = (
    "-----BEGIN RSA "
    + "PRIVATE KEY-----\n"
    + "MIIEpQIBAAKCAQEAn6/O8li+SX4m98LLYt\n" * 4
    + "-----END RSA "
    + "PRIVATE KEY-----"
)


def run(tmp_path, text: str, path: str = "app/settings.py") -> EngineResult:
    (tmp_path / "000001.py").write_text(text)
    request = {"folder": str(tmp_path), "files": [{"path": path, "stored": "000001.py"}], "salt": "00ff"}
    return EngineResult.from_json(json.loads(json.dumps(secrets.run(request))), files=[path])


def test_a_secret_never_leaves_the_engine(tmp_path):
    result = run(tmp_path, f"# settings\nTOKEN = '{TOKEN}'; again = '{TOKEN}'\nkey = '''{KEY}'''\n")

    assert [found.rule for found in result.detections] == [
        "secret.github-token",
        "secret.github-token",
        "secret.private-key",
    ]
    said = json.dumps(result.to_json())
    assert TOKEN not in said
    assert TOKEN[4:] not in said
    assert "MIIEpQIBAAKCAQEAn6" not in said


def test_the_place_is_the_secret_and_the_line_is_shown_masked(tmp_path):
    (found,) = run(tmp_path, f"# settings\nTOKEN = '{TOKEN}'  # nosec\nafter = 1\n").detections

    assert (found.place.line, found.place.column, found.place.end_line, found.place.end_column) == (
        2,
        10,
        2,
        50,
    )
    assert found.snippet.startswith("TOKEN = 'ghp_…")
    assert found.snippet.endswith("'  # nosec")
    assert found.suppressed == "nosec"
    assert found.cwe == (798,)


def test_lines_after_a_secret_of_many_lines_keep_their_numbers(tmp_path):
    first, second = run(tmp_path, f"'''{KEY}'''\nTOKEN = '{TOKEN}'\n").detections

    assert first.place.line == 1
    assert second.snippet.startswith("TOKEN = 'ghp_…")


def test_examples_weigh_less_except_what_is_critical(tmp_path):
    line = 'api_key = "q7Rk2LmX9wZt4VbN8cPd"\n'

    assert run(tmp_path, line).detections[0].severity == "medium"
    assert run(tmp_path, line, "tests/test_app.py").detections[0].severity == "low"
    assert run(tmp_path, f"x = '{TOKEN}'\n", "tests/test_app.py").detections[0].severity == "critical"


def test_a_file_that_cannot_be_read_is_listed(tmp_path):
    request = {"folder": str(tmp_path), "files": [{"path": "gone.py", "stored": "000009.py"}]}

    (skip,) = EngineResult.from_json(secrets.run(request), files=["gone.py"]).skipped

    assert (skip.path, skip.why) == ("gone.py", "unreadable")


def test_a_binary_is_judged_by_its_name(tmp_path):
    (tmp_path / "000001.p12").write_bytes(b"\x30\x82\x00\x00\x02")
    request = {"folder": str(tmp_path), "files": [{"path": "server.p12", "stored": "000001.p12"}]}

    (found,) = EngineResult.from_json(secrets.run(request), files=["server.p12"]).detections

    assert found.rule == "secret.pkcs12-file"
