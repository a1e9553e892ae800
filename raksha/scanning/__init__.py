"""Carry scans out: claim one, get its code, have the engines look, hold the result against what was known, record it.

claiming.py says whose turn it is and keeps leases; running.py is the way through; the other modules are its stations.
"""

from __future__ import annotations

from raksha.scanning.announcing import ScanFinished, announce, ring
from raksha.scanning.caching import forget_old as forget_results
from raksha.scanning.claiming import Claim, get_claimable_ids, release_abandoned
from raksha.scanning.errors import UnableToScan
from raksha.scanning.excluding import end_rulings
from raksha.scanning.recovering import sweep
from raksha.scanning.staging import upload_path
from raksha.scanning.working import run_next, run_this

__all__ = [
    "Claim",
    "ScanFinished",
    "UnableToScan",
    "announce",
    "end_rulings",
    "forget_results",
    "get_claimable_ids",
    "release_abandoned",
    "ring",
    "run_next",
    "run_this",
    "sweep",
    "upload_path",
]
