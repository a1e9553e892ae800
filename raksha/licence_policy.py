"""Packages whose licence a policy does not allow, as detections. Nothing is reported unless a policy asks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from raksha import licences
from raksha.detections import Detection, Place
from raksha.packages import Package, purl

RULE = "licence.denied"


def denied(packages: Iterable[Package], deny: Collection[str]) -> list[Detection]:
    """Report packages that cannot be had without a denied licence.

    deny: SPDX identifiers ("AGPL-3.0-only") and classes ("strong copyleft", "unknown"). A package whose file
    tells no licence is of class unknown only if the file tells those of others; here it is left alone.
    """
    refused = {word.strip().lower() for word in deny}
    return [_detection(package, why) for package in packages if (why := _why(package, refused))]


def _why(package: Package, refused: set[str]) -> str:
    if not package.licence:
        return ""
    kind = licences.classify(package.licence)
    if kind in refused:
        return kind
    return next((name for name in licences.identifiers(package.licence) if name.lower() in refused), "")


def _detection(package: Package, why: str) -> Detection:
    named = licences.normalise(package.licence) or package.licence[:80]
    return Detection(
        engine="packages",
        rule=RULE,
        kind="dependency",
        severity="low",
        confidence="high" if licences.normalise(package.licence) else "medium",
        title=f"{package.name} is under {named}",
        message=f"The policy denies {why}. Use another package, buy another licence, or allow it in the policy.",
        place=Place(package.path, max(package.line, 1)),
        matched=f"{package.name} {package.version}",
        facts={"package": package.name, "version": package.version, "purl": purl(package), "licence": named},
    )
