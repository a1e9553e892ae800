"""From nothing to an answered request: a fresh clone, a fresh environment, `make up`. Run by `.ci/run`."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.platform import BASE_DIR, Platform, wait_until

MOST_SECONDS = 90.0
LATER_SECONDS = 8.0


@pytest.mark.processes
def test_a_fresh_clone_answers_a_request_and_leaves_no_process(open_folder):
    clone = open_folder / "avyay"
    began_at = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(BASE_DIR), str(clone)], check=True)
    platform = Platform(open_folder, root=clone)
    make = ("make", "up")

    platform.start(make_command(platform, *make))
    answer = platform.ask("Hello")
    first_seconds = time.monotonic() - began_at
    stop_seconds = stop_all(platform)
    later_seconds = platform.start(make_command(platform, *make))
    stop_all(platform)

    assert answer.status_code == 200, answer.text
    assert platform.processes() == []
    first = f"clone to answered request {first_seconds:.1f} s (at most {MOST_SECONDS:.0f} with a warm package cache)"
    later = f"later start {later_seconds:.1f} s (at most {LATER_SECONDS:.0f}), stop {stop_seconds:.1f} s"
    print(f"{first}\n{later}")  # noqa: T201 - shown by `-rP`


def make_command(platform, *make):
    """Hand the option over as a person would: it follows in ARGS."""
    return ("sh", "-c", f'exec {" ".join(make)} ARGS="$1 $2"', "make")


def stop_all(platform):
    """Signal make alone, as a service manager may: it hands the signal on."""
    seconds = platform.stop()
    wait_until(lambda: platform.processes() == [], 10)
    return seconds
