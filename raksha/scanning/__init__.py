"""Carry scans out: claim one, get its code, have the engines look, hold the result against what was known, record it.

claiming.py says whose turn it is and keeps leases; running.py is the way through; the other modules are its stations.
"""

from __future__ import annotations

from raksha.scanning.announcing import ScanFinished, announce, ring
from raksha.scanning.claiming import Claim, get_claimable_ids
from raksha.scanning.errors import UnableToScan
from raksha.scanning.recovering import sweep
from raksha.scanning.staging import upload_path
from raksha.scanning.working import run_next

__all__ = [
    "Claim",
    "ScanFinished",
    "UnableToScan",
    "announce",
    "get_claimable_ids",
    "ring",
    "run_next",
    "sweep",
    "upload_path",
]
