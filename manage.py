#!/usr/bin/env python
"""Run a management command. `up` starts the platform; other commands find it, or borrow its database meanwhile."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext

NEEDS_NOTHING = frozenset(
    {
        "--help",
        "--version",
        "check",
        "compilemessages",
        "collectstatic",
        "demo",
        "diffsettings",
        "doctor",
        "findstatic",
        "help",
        "makemessages",
        "marga_config",
        "marga_decide",
        "marga_train",
        "spectacular",
        "startapp",
        "version",
    }
)


def main(argv: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - says so in words, where an older python3 is the default
        sys.stderr.write(
            "Avyay needs Python 3.11 or newer; run it with a newer python3, or set PYTHON for make.\n"
        )
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avyay_site.settings")
    command = argv[1] if len(argv) > 1 else "help"
    if command == "up":
        from avyay_site import start

        return start.main(argv[2:])
    from avyay_site.embedded import UnableToStart
    from avyay_site.env import WrongVariable

    try:
        with database_for(command, argv[2:]):
            from django.core.management import execute_from_command_line

            execute_from_command_line(argv)
    except (WrongVariable, UnableToStart) as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    return 0


def database_for(command: str, options: list[str]) -> AbstractContextManager[None]:
    """Return what keeps the embedded servers up meanwhile, for a command that needs them."""
    if command in NEEDS_NOTHING or "--help" in options or "-h" in options:
        return nullcontext()
    from avyay_site import borrowing, env, plan

    return borrowing.borrow(
        plan.layout(), postgres=not env.text("DATABASE_URL"), redis=not env.text("REDIS_URL")
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv))
