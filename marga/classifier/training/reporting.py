"""Say in a table what a trained classifier scores."""

from __future__ import annotations

import hashlib

from marga.classifier.training.evaluating import Trained


def report(trained: Trained, content: bytes, *, is_written: bool) -> str:
    """Return the tables that the model card holds."""
    lines = ["APGR on rows that were held out (0.5 is random)", ""]
    for name, result in trained.results.items():
        within = "  ".join(f"{benchmark} {value:.3f}" for benchmark, value in sorted(result.within.items()))
        lines.append(f"  {name:<20} mix {result.mix:.3f}  mean within {result.mean_within:.3f}   {within}")
    for name, rows in trained.reliability.items():
        lines += ["", f"need against what happened, {name}", "  need   weak model wrong   rows"]
        lines += [f"  {need:.3f}  {wrong:.3f}              {count}" for need, wrong, count in rows]
    digest = hashlib.sha256(content).hexdigest()
    lines += ["", f"{len(content)} bytes, sha256 {digest}{'' if is_written else ', not written'}"]
    return "\n".join(lines)
