"""What is loaded once must not be loaded again by every job."""

from __future__ import annotations

from pathlib import Path

from raksha.engines import semgrep, taint
from raksha.rules import loading


def test_a_job_reads_no_rule_file_that_was_read_before(monkeypatch, tmp_path):
    semgrep.warm()
    monkeypatch.setattr(loading, "read", lambda path: pytest_fail(path))
    (tmp_path / "0").write_text("import hashlib\n\nassert eval(input())\n")
    files = [{"path": "a.py", "stored": "0", "language": "python", "sha256": ""}]

    assert semgrep.run({"folder": str(tmp_path), "files": files, "only": ["a.py"]})["detections"]


def pytest_fail(path: Path) -> None:
    raise AssertionError(f"{path} was read again")


def test_every_language_of_the_data_flow_can_be_loaded():
    taint.warm()

    assert {"python", "java"} <= taint.LANGUAGES
