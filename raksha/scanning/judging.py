"""Count a project's findings, and say whether its policies let them pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q

from raksha import policies
from raksha.models import Change, Finding, FindingState, Project, Ruling, Scan, ScanPolicy, Severity, Word
from raksha.policies import Judged
from raksha.scanning.comparing import Comparison


def counts_of(project: Project, comparison: Comparison) -> dict[str, Any]:
    """Return the counts that pages show: of changes by this scan, and of all that stands open now."""
    rows = (
        Finding.objects.filter(project=project, state=FindingState.OPEN)
        .order_by()
        .values_list("ruling", "severity", "kind", "word", "is_kev")
        .annotate(Count("pk"))
    )
    severities, kinds, words, totals = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for ruling, severity, kind, word, is_kev, count in rows:
        if ruling == Ruling.IGNORED:
            totals["ignored"] += count
            continue
        totals["open"] += count
        totals["kev"] += count if is_kev else 0
        severities[severity] += count
        kinds[kind] += count
        words[word] += count
    return {
        "new": len(comparison.new),
        "fixed": len(comparison.fixed),
        "reopened": len(comparison.reopened),
        "unchanged": len(comparison.unchanged),
        "unseen": len(comparison.unseen),
        **{name: totals[name] for name in ("open", "ignored", "kev")},
        "by_severity": {severity: severities[severity] for severity in Severity},
        "by_kind": dict(sorted(kinds.items())),
        "by_word": {word: words[word] for word in Word},
    }


def judge(scan: Scan, project: Project, *, is_partial: bool) -> tuple[bool | None, list[dict[str, Any]]]:
    """Return whether every policy passes (None without any), and what each says."""
    asked = list(
        ScanPolicy.objects.filter(
            Q(project=None) | Q(project=project), workspace_id=scan.workspace_id, is_enabled=True
        )
    )
    if not asked:
        return None, []
    findings = judged(project)
    verdicts = []
    for policy in asked:
        verdict = policies.judge(policies.parse(policy.document), findings, is_partial=is_partial)
        verdicts.append({"policy": policy.name, "passed": verdict.passed, "reasons": list(verdict.reasons)})
    return all(verdict["passed"] for verdict in verdicts), verdicts


def judged(project: Project) -> Sequence[Judged]:
    """Return what policies look at, of each standing finding, most urgent first."""
    rows = Finding.objects.filter(project=project).standing().most_urgent_first()
    return [
        Judged(
            name=f"{rule} ({path}:{line})",
            kind=kind,
            severity=severity,
            priority=priority,
            word=word,
            rule=rule,
            is_new=change in (Change.NEW, Change.REOPENED),
            is_kev=is_kev,
            has_fix=has_fix,
            epss=epss,
        )
        for rule, path, line, kind, severity, priority, word, change, is_kev, has_fix, epss in rows.values_list(
            *("rule", "path", "line", "kind", "severity", "priority", "word"),
            *("change", "is_kev", "has_fix", "epss"),
        )
    ]
