"""Findings as lists show them: filtered, in order of urgency, or grouped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from avyay_site.accounts.access import Access
from raksha.models import Finding, FindingState, Ruling, Severity
from raksha.queries import paging
from raksha.queries.paging import Page

ORDER = ("-priority", "-id")
SAME = ("severity", "word", "kind", "change", "rule")
GROUPED_BY = ("rule", "path", "package")


def get_matching(access: Access, asked: Mapping[str, str]) -> QuerySet[Finding]:
    """Return the findings that filters ask for; without any, what stands open and nobody ignores.

    asked: names of `raksha.forms.FindingForm` with their values.
    """
    found: QuerySet[Finding] = Finding.objects.visible_to(access)
    if "project" in asked:
        found = found.filter(project=asked["project"])
    found = found.filter(**{name: asked[name] for name in SAME if name in asked})
    found = _standing(found, asked)
    if "kev" in asked:
        found = found.filter(is_kev=asked["kev"] == "yes")
    if "fix" in asked:
        found = found.filter(has_fix=asked["fix"] == "yes")
    if "path" in asked:
        found = found.filter(path__startswith=asked["path"])
    if "package" in asked:
        name = asked["package"]
        found = found.filter(Q(package=name) | Q(package__endswith=f":{name.lower()}"))
    if "text" in asked:
        found = found.filter(_says(asked["text"]))
    return found


def _standing(found: QuerySet[Finding], asked: Mapping[str, str]) -> QuerySet[Finding]:
    # What was fixed by the last scan is asked for by its change, without naming the state too.
    state = asked.get("state", FindingState.FIXED if asked.get("change") == "fixed" else FindingState.OPEN)
    if state != "any":
        found = found.filter(state=state)
    ruling = asked.get("ruling", "")
    if not ruling:
        return found.exclude(ruling=Ruling.IGNORED)
    return found if ruling == "any" else found.filter(ruling=ruling)


def _says(text: str) -> Q:
    places = ("title", "path", "rule", "package")
    anywhere = Q(cves__contains=[text.upper()])
    for place in places:
        anywhere |= Q(**{f"{place}__icontains": text})
    return anywhere


def get_page(found: QuerySet[Finding], *, cursor: str, limit: int) -> Page:
    """Return a page of findings, most urgent first."""
    shown = found.select_related("project").defer("detail", "reasons")
    return paging.cut(shown, ORDER, cursor=cursor, limit=limit)


def get_groups(found: QuerySet[Finding], by: str, *, cursor: str, limit: int) -> Page:
    """Return a page of groups, those with the most urgent finding first.

    by: of GROUPED_BY. Each row has its name in `name`, `top`, `count`, `projects`, and how many of each severity.
    """
    if by == "package":
        found = found.exclude(package="")
    severities: dict[str, Any] = {
        str(severity.value): Count("pk", filter=Q(severity=severity)) for severity in Severity
    }
    rows = (
        found.order_by()
        .values(by)
        .annotate(
            top=Max("priority"),
            count=Count("pk"),
            title=Max("title"),
            projects=Count("project", distinct=True),
            **severities,
        )
    )
    page = paging.cut(rows, ("-top", by), cursor=cursor, limit=limit)
    groups = [{**row, "name": row[by]} for row in page.rows]
    return Page(groups, page.cursor, page.is_first)
