"""Run one job under a plan of one's choice: `python -m raksha.sandbox.tests.walled PLAN JOB FUNCTION REQUEST`.

The host always takes the strongest plan; this shows what the others hold.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys

from raksha.sandbox import children
from raksha.sandbox.walls import Job, Plan


def main(plan: str, job: str, function: str, request: str) -> None:
    """Print the job's answer."""
    importlib.import_module(function.partition(":")[0])  # as a host has, before the walls stand
    ours, theirs = socket.socketpair()
    child, scratch = children.start(
        Plan(**json.loads(plan)),
        Job.from_json(json.loads(job)),
        children.Work(function=function),
        children.Ends(theirs.fileno(), sys.stderr.fileno()),
    )
    theirs.close()
    ours.sendall(request.encode())
    ours.shutdown(socket.SHUT_WR)
    with ours.makefile("rb") as stream:
        sys.stdout.write(stream.read().decode())
    os.waitpid(child, 0)
    children.sweep(scratch)


if __name__ == "__main__":
    main(*sys.argv[1:])
