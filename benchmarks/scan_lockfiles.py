"""R-13: how long the largest and worst files that each lockfile reader takes can hold it up.

Each file is made just as large as its reader allows, of entries or of one repeated trap. Processor seconds count,
since others may be at work on the machine.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks import common
from raksha import lockfiles
from raksha.lockfiles.loading import LARGEST

MOST_SECONDS = 5.0
SLACK = 400


class Case(NamedTuple):
    """A file made of a head, a piece repeated with a number in it, and a tail."""

    path: str
    form: str
    piece: str
    head: str = ""
    tail: str = ""


ENTRIES = [
    Case("package-lock.json", "json", '"node_modules/p%":{"version":"1.0.0","dependencies":{"p1":"1"}},', '{"packages":{', "}}"),
    Case("npm-shrinkwrap.json", "json", '"p%":{"version":"1.0.0","requires":{"p1":"1"}},', '{"dependencies":{', "}}"),
    Case("bun.lock", "json", '"p%":["p%@1.0.0","",{},"sha512-a"],', '{"packages":{', "}}"),
    Case("composer.lock", "json", '{"name":"a/p%","version":"1.0.0"},', '{"packages":[', "]}"),
    Case("Pipfile.lock", "json", '"p%":{"version":"==1.0.0"},', '{"default":{', "}}"),
    Case("app.deps.json", "json", '"P%/1.0.0":{"type":"package"},', '{"libraries":{', "}}"),
    Case("a.cdx.json", "bom", '{"bom-ref":"%","purl":"pkg:npm/p%@1.0.0"},', '{"bomFormat":"CycloneDX","components":[', "]}"),
    Case("a.spdx", "bom", "PackageName: p%\nSPDXID: SPDXRef-%\n", "SPDXVersion: SPDX-2.3\n"),
    Case("a.cdx.xml", "xml", "<component><purl>pkg:npm/p%@1.0.0</purl></component>", "<bom><components>", "</components></bom>"),
    Case("requirements.txt", "text", "p%==1.0.0 --hash=sha256:abcdef\n"),
    Case("yarn.lock", "text", '"p%@^1.0.0":\n  version "1.0.0"\n  dependencies:\n    p1 "^1.0.0"\n\n'),
    Case("go.mod", "text", "require a.b/c% v1.0.0\n"),
    Case("Gemfile.lock", "text", "    g% (1.0)\n      g1\n", "GEM\n  specs:\n"),
    Case("pnpm-lock.yaml", "yaml", "  p%@1.0.0:\n    resolution: {integrity: sha512-aa}\n", "lockfileVersion: '9.0'\npackages:\n"),
    Case("poetry.lock", "toml", '[[package]]\nname = "p%"\nversion = "1.0"\n\n'),
    Case("pyproject.toml", "toml", '"p%==1.0.0",', "[project]\ndependencies=[", "]"),
]  # fmt: skip
TRAPS = [
    Case("requirements.txt", "text", "\n"),
    Case("requirements.txt", "text", "a==1,\\\n"),
    Case("go.mod", "text", '\\"', 'require "'),
    Case("bun.lock", "json", '"\\"'),
    Case("bun.lock", "json", "/*"),
    Case("pnpm-lock.yaml", "yaml", " 'a\n", "packages:\n"),
    Case("pnpm-lock.yaml", "yaml", '"\\", ', "a: {"),
    Case("poetry.lock", "toml", "[%.a.b.c.d.e.f.g]\n"),
    Case("poetry.lock", "toml", "a%=1\n"),
    Case("pom.xml", "xml", "<a/>", "<project>", "</project>"),
    Case("build.gradle", "text", "a 'b:"),
]


def written(case: Case) -> bytes:
    """Make the file, as large as its reader takes."""
    size = LARGEST[case.form] - SLACK
    if "%" in case.piece:
        body = "".join(_numbered(case.piece, size)).rstrip(",")
    else:
        body = case.piece * ((size - len(case.head) - len(case.tail)) // len(case.piece))
    return (case.head + body + case.tail).encode()


def _numbered(piece: str, size: int) -> Iterator[str]:
    made = number = 0
    while made < size - SLACK:
        text = piece.replace("%", str(number))
        made += len(text)
        number += 1
        yield text


def measure() -> list[dict[str, object]]:
    """Read every file once."""
    rows: list[dict[str, object]] = []
    for kind, cases in (("entries", ENTRIES), ("trap", TRAPS)):
        for case in cases:
            data = written(case)
            started = time.process_time()
            reading = lockfiles.read(case.path, data)
            seconds = time.process_time() - started
            found = reading.packages if reading is not None else ()
            words = sorted({problem.why for problem in reading.problems}) if reading is not None else []
            rows.append(
                {"file": case.path, "kind": kind, "piece": case.piece[:24], "megabytes": round(len(data) / 1e6, 1),
                 "seconds": round(seconds, 2), "packages": len(found), "left_out": words}
            )  # fmt: skip
    return rows


def main() -> None:
    """Print the table and keep the result."""
    rows = measure()
    for row in rows:
        print(
            f"{row['file']:<20} {row['megabytes']:>6} MB {row['seconds']:>6} s {row['packages']:>6}  {row['left_out']}"
        )
    slowest = max(float(str(row["seconds"])) for row in rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"slowest {slowest} s of {MOST_SECONDS} allowed, {memory} MB at most")
    result = {"slowest_seconds": slowest, "allowed_seconds": MOST_SECONDS, "memory_mb": memory, "rows": rows}
    common.write("scan_lockfiles", {**result, "machine": common.machine()})


if __name__ == "__main__":
    main()
