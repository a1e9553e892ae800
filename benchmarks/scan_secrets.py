"""Secrets: recall and false alarms on labelled samples, and the noise and speed on an installed package's source.

python -m benchmarks.scan_secrets [--data FOLDER] [--source FOLDER]
data: holds secrets/*.jsonl, lines of {"id", "rule", "path", "secret", "b64"}; default ../shared/data/scan.
Ends with status 1 if a bar is missed: F1 88, false alarms 6 %.
"""

from __future__ import annotations

import argparse
import base64
import json
import sysconfig
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import common
from raksha.secrets.finding import find

LEAST_F1 = 0.88
MOST_FALSE = 0.06
MOST_BYTES = 1_000_000


def main() -> None:
    """Score, print a table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=common.ROOT.parent / "shared" / "data" / "scan")
    parser.add_argument("--source", type=Path, default=Path(sysconfig.get_paths()["purelib"]) / "django")
    options = parser.parse_args()
    samples = [
        json.loads(line)
        for file in sorted((options.data / "secrets").glob("*.jsonl"))
        for line in file.open()
    ]
    if not samples:
        raise SystemExit(f"No samples in {options.data / 'secrets'}; name the folder with --data.")
    score = _score(samples)
    noise = _noise(options.source)
    print(f"{'samples':<44}{len(samples):>10}")
    print(f"{'recall':<44}{score['recall']:>10.1%}")
    print(f"{'false alarms (bar 6 %)':<44}{score['false_alarms']:>10.1%}")
    print(f"{'F1 (bar 88 %)':<44}{score['f1']:>10.1%}")
    print(f"{options.source.name + ': medium or higher per 1,000 lines':<44}{noise['per_1000_lines']:>10.4f}")
    print(f"{options.source.name + ': MB a second':<44}{noise['mb_per_second']:>10.1f}")
    result = {"machine": common.machine(), "samples": len(samples), **score, "noise": noise}
    print(f"\nkept in {common.write('scan_secrets', result).relative_to(common.ROOT)}")
    if score["f1"] < LEAST_F1 or score["false_alarms"] > MOST_FALSE:
        raise SystemExit(1)


def _score(samples: list[dict[str, Any]]) -> dict[str, float]:
    counted: Counter[tuple[bool, bool]] = Counter()
    for sample in samples:
        text = base64.b64decode(sample["b64"]).decode("utf-8", errors="replace")
        counted[bool(sample["secret"]), bool(find(text + "\n", sample["path"] or "sample.txt"))] += 1
    right, missed, wrong, quiet = (
        counted[key] for key in ((True, True), (True, False), (False, True), (False, False))
    )
    recall, precision = right / (right + missed), right / max(right + wrong, 1)
    return {
        "recall": round(recall, 4),
        "false_alarms": round(wrong / max(wrong + quiet, 1), 4),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
    }


def _noise(folder: Path) -> dict[str, float]:
    texts = [
        (str(file.relative_to(folder)), file.read_text("utf-8", errors="replace"))
        for file in sorted(folder.rglob("*.py"))
        if file.stat().st_size <= MOST_BYTES
    ]
    started = time.perf_counter()
    found = [secret for path, text in texts for secret in find(text, path)]
    seconds = time.perf_counter() - started
    lines, size = sum(text.count("\n") for _, text in texts), sum(len(text) for _, text in texts)
    heavy = sum(secret.detector.severity in {"critical", "high", "medium"} for secret in found)
    return {
        "files": len(texts), "lines": lines, "found": len(found),
        "per_1000_lines": round(1000 * heavy / lines, 4), "mb_per_second": round(size / 1e6 / seconds, 2),
    }  # fmt: skip


if __name__ == "__main__":
    main()
