"""Keep a project's package list: what feeds are held against when they change, without a scan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from raksha.engines.results import to_plain
from raksha.models import Dependency, Project
from raksha.packages import Package, normalise, purl

BATCH = 1_000


def key_of(package: Package) -> str:
    """Return the name by which findings, packages and advisories meet: "ecosystem:name" as normalised."""
    return f"{package.ecosystem}:{normalise(package.ecosystem, package.name)}"[:300]


def keep(project: Project, packages: Sequence[Package]) -> None:
    """Replace the stored list, unless it is the same. Call it inside a transaction."""
    listed = sorted(set(packages), key=lambda package: json.dumps(to_plain(package)))
    digest = hashlib.sha256(json.dumps(to_plain(listed)).encode()).hexdigest()
    if project.dependencies_digest == digest:
        return
    Dependency.objects.filter(project=project).delete()
    Dependency.objects.bulk_create([_row(project, package) for package in listed], batch_size=BATCH)
    Project.objects.filter(pk=project.pk).update(dependencies_digest=digest)


def package_of(row: Dependency) -> Package:
    """Return a stored package as the engines know it."""
    return Package(
        ecosystem=row.ecosystem,
        name=row.name,
        version=row.version,
        path=row.path,
        line=row.line,
        direct=row.is_direct,
        via=tuple(row.via),
        dev=row.is_dev,
        licence=row.licence,
        source=row.source,
        hashes=tuple(row.hashes),
    )


def _row(project: Project, package: Package) -> Dependency:
    return Dependency(
        workspace_id=project.workspace_id,
        project=project,
        ecosystem=package.ecosystem[:30],
        name=package.name[:250],
        key=key_of(package),
        version=package.version[:200],
        purl=purl(package)[:600],
        path=package.path,
        line=package.line,
        is_direct=package.direct,
        is_dev=package.dev,
        via=list(package.via),
        licence=package.licence[:300],
        source=package.source[:20],
        hashes=list(package.hashes),
    )
