"""The last one out: waits until the supervisor is gone, however it went, and ends what it left. No Django here.

`manage.py up` starts it with a pipe as its standard input. The pipe closes when that process ends, even by
kill -9, which no signal handler sees. A word in the pipe says that it stopped in order: nothing is left to do.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path


def main() -> int:
    """Wait for the end of standard input, then clear the platform of the folder given as argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read():
        return 0
    # Imported late: this process idles for months, and should do so in little memory.
    from avyay_site import borrowing, embedded

    layout = embedded.Layout(Path(sys.argv[1]))
    with suppress(embedded.UnableToStart), borrowing.own(layout, patience_seconds=0, is_guard=True):
        # Taking over has ended the leftovers. If a new platform was quicker, it has done the same.
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
