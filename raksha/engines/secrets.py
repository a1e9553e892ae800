"""Secrets in files: what the detectors find, masked before it leaves this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from raksha.coverage import Skip
from raksha.detections import Confidence, Detection, Place, Severity
from raksha.engines.results import EngineResult
from raksha.secrets.finding import MOST_PER_FILE, Secret, find
from raksha.secrets.masking import mask

CWE = (798,)
OWASP = ("A07:2021",)
LONGEST_LINE = 200
SILENCERS = ("gitleaks:allow", "pragma: allowlist secret", "nosec", "trufflehog:ignore")
ADVICE = (
    "Whoever can read this file can use it. Revoke it where it was given out, give out a new one, and read it "
    "from the environment or a secret store; taking it out of the file leaves it in the history."
)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Look for secrets in the files of a request; see `raksha.engines` for its shape.

    salt: hexadecimal, of the installation; digests of secrets are keyed with it.
    """
    started = time.monotonic()
    folder, salt = Path(request["folder"]), bytes.fromhex(request.get("salt", ""))
    found: list[Detection] = []
    skipped: list[Skip] = []
    for file in request["files"]:
        try:
            text = _text(folder / file["stored"])
        except OSError as exc:
            skipped.append(Skip(file["path"], "unreadable", f"It could not be read: {exc.strerror}."))
            continue
        secrets = find(text, file["path"])
        if len(secrets) >= MOST_PER_FILE:
            skipped.append(Skip(file["path"], "limit", f"Only the first {MOST_PER_FILE} secrets are listed."))
        found.extend(_detections(secrets, text, file["path"], salt))
    return EngineResult(
        detections=tuple(found), skipped=tuple(skipped), seconds=time.monotonic() - started
    ).to_json()


def _text(path: Path) -> str:
    data = path.read_bytes()
    # A binary has no lines to read; its name may say enough.
    return "" if b"\0" in data[:8192] else data.decode("utf-8", errors="replace")


def _detections(secrets: list[Secret], text: str, path: str, salt: bytes) -> Iterator[Detection]:
    masked = _masked(text, secrets, salt)
    for secret in secrets:
        place = _place(text, secret, path)
        yield Detection(
            engine="secrets",
            rule=f"secret.{secret.detector.id}",
            kind="secret",
            severity=_severity(secret, path),
            confidence=_confidence(secret, path),
            title=secret.detector.title,
            message=f"{secret.detector.title} in the source. {ADVICE}",
            place=place,
            matched=mask(secret.value, salt=salt),
            cwe=CWE,
            owasp=OWASP,
            snippet=masked[place.line],
            suppressed=_silencer(text, secret),
            facts={"secret": mask(secret.value, salt=salt)},
        )


def _masked(text: str, secrets: list[Secret], salt: bytes) -> Mapping[int, str]:
    """Return the first line of each secret as it may be shown, by its number: every secret of it masked."""
    parts: list[str] = []
    at = 0
    for secret in secrets:
        # The mask keeps the number of lines, so that line numbers hold.
        parts += [text[at : secret.start], mask(secret.value, salt=salt), "\n" * secret.value.count("\n")]
        at = max(secret.end, at)
    lines = "".join([*parts, text[at:]]).split("\n")
    numbers = {text.count("\n", 0, secret.start) + 1 for secret in secrets}
    return {number: lines[number - 1].strip()[:LONGEST_LINE] for number in numbers}


def _place(text: str, secret: Secret, path: str) -> Place:
    line, column = _position(text, secret.start)
    end_line, end_column = _position(text, secret.end)
    return Place(path, line, column, end_line, end_column)


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _silencer(text: str, secret: Secret) -> str:
    end = text.find("\n", secret.end)
    line = text[text.rfind("\n", 0, secret.start) + 1 : end if end >= 0 else len(text)].lower()
    return next((word for word in SILENCERS if word in line), "")


def _severity(secret: Secret, path: str) -> Severity:
    if secret.detector.severity != "critical" and is_for_show(path):
        return "low"
    return secret.detector.severity


def _confidence(secret: Secret, path: str) -> Confidence:
    return "low" if is_for_show(path) else secret.detector.confidence


def is_for_show(path: str) -> bool:
    """Say whether a file is there for tests, examples or readers."""
    lowered = f"/{path.lower()}"
    folders = (
        "/tests/",
        "/test/",
        "/testdata/",
        "/fixtures/",
        "/examples/",
        "/example/",
        "/docs/",
        "/__tests__/",
        "/spec/",
    )
    return (
        any(folder in lowered for folder in folders)
        or "/test_" in lowered
        or "_test." in lowered
        or ".test." in lowered
    )
