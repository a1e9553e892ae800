"""A Celery worker or beat that says when it is ready, by making a file: asking it over the broker takes seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from celery import signals

from avyay_site.celery import app


def main() -> None:
    """Run `celery <arguments after the first>`; the first names the file."""
    sign = Path(sys.argv[1])

    def show(**_: Any) -> None:
        sign.touch()

    signals.worker_ready.connect(show, weak=False)
    signals.beat_init.connect(show, weak=False)
    app.start(sys.argv[2:])


if __name__ == "__main__":
    main()
