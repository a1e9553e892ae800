"""Run programs and our engines on hostile code behind walls: no network, no files but their own, bounded, ended whole.

In children: walls.py says which walls, children.py forks, host.py keeps a warm process to fork from. For callers:
Host, Limits, Outcome and the Isolation that says which walls stand.
"""

from raksha.sandbox.client import Broken, Failed, Host, SandboxError, Walless, shared
from raksha.sandbox.exchange import Outcome, Watch
from raksha.sandbox.isolation import WALLS, Isolation
from raksha.sandbox.limits import Limits

__all__ = [
    "WALLS",
    "Broken",
    "Failed",
    "Host",
    "Isolation",
    "Limits",
    "Outcome",
    "SandboxError",
    "Walless",
    "Watch",
    "shared",
]
