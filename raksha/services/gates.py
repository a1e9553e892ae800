"""Gates that a command names in a word: `high`, `kev`, `act`."""

from __future__ import annotations

from dataclasses import dataclass

from raksha import policies
from raksha.detections import SEVERITIES
from raksha.models import Scan
from raksha.policies import Clause, Policy
from raksha.scanning.judging import judged

WORDS = {"act": Clause(word="Act"), "attend": Clause(word="Attend"), "kev": Clause(kev=True)}
CLAUSES = {severity: Clause(severity=severity) for severity in SEVERITIES} | WORDS


class InvalidGate(ValueError):
    """The message names the words that there are."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What makes a command fail after a scan."""

    policy: Policy

    @classmethod
    def read(cls, words: str, *, only_new: bool = False, fail_if_partial: bool = False) -> Gate:
        """Read words separated by commas; none let every scan pass.

        Raises InvalidGate.
        """
        wanted = [word.strip().lower() for word in words.split(",") if word.strip()]
        unknown = next((word for word in wanted if word not in CLAUSES), None)
        if unknown is not None:
            raise InvalidGate(f"--fail-on does not know {unknown!r}; use {', '.join(CLAUSES)}.")
        clauses = tuple(CLAUSES[word] for word in wanted)
        return cls(Policy(fail_on=clauses, only_new=only_new, fail_if_partial=fail_if_partial))

    def judge(self, scan: Scan) -> tuple[str, ...]:
        """Return why the scan does not pass; empty when it does. The workspace's own policies count too."""
        verdict = policies.judge(self.policy, judged(scan.project), is_partial=scan.is_partial)
        own = [reason for one in scan.verdicts if not one["passed"] for reason in one["reasons"]]
        return (*verdict.reasons, *own)
