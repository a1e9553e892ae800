"""What engines said about single files, kept so that a rescan looks at nothing twice.

A kept result is used only for the same workspace, engine, rules, path, language and content, and only while every
other file that it consulted is as it was; so findings are those of a full scan.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from raksha.coverage import Skip
from raksha.detections import Detection
from raksha.engines.results import to_plain
from raksha.engines.strict import Malformed, read
from raksha.intake.trees import SourceFile
from raksha.models import FileResult
from raksha.packages import Package

FLEETING = frozenset({"timed_out", "out_of_memory", "engine_failed"})
"""Left out for reasons of the moment: another try may see it, so the result is not kept."""

KEPT_FOR = timedelta(days=30)
TOUCHED_EVERY = timedelta(days=1)
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """One engine's result for one file. consulted: other files it stands on, path → sha256, "" for absent."""

    detections: tuple[Detection, ...] = ()
    skipped: tuple[Skip, ...] = ()
    packages: tuple[Package, ...] = ()
    consulted: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_be_kept(self) -> bool:
        """Tell whether asking again would give the same."""
        return not any(skip.why in FLEETING for skip in self.skipped)


def key_of(engine: str, version: str, file: SourceFile) -> str:
    """Return the key under which an engine's result for a file is kept."""
    parts = (engine, version, file.path, file.language, file.sha256)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def look_up(
    workspace_id: str, keys: Collection[str], tree: Mapping[str, str], *, now: datetime
) -> dict[str, Answer]:
    """Return what is kept under these keys and still holds.

    tree: path → sha256 of every file of this scan.
    """
    kept = FileResult.objects.filter(workspace_id=workspace_id, key__in=keys).order_by()
    answers, touched = {}, []
    for pk, key, consulted, result, used_at in kept.values_list(
        "pk", "key", "consulted", "result", "used_at"
    ):
        if all(tree.get(path, "") == sha256 for path, sha256 in consulted.items()):
            answer = _unpacked(bytes(result), consulted)
            if answer is not None:
                answers[key] = answer
        if now - used_at > TOUCHED_EVERY:
            touched.append(pk)
    if touched:
        FileResult.objects.filter(pk__in=touched).update(used_at=now)
    return answers


def keep(workspace_id: str, engine: str, answers: Mapping[str, Answer], *, now: datetime) -> None:
    """Keep fresh results by key; what stood under a key before is replaced."""
    rows = [
        FileResult(
            workspace_id=workspace_id,
            key=key,
            engine=engine,
            consulted=dict(answer.consulted),
            result=_packed(answer),
            used_at=now,
        )
        for key, answer in answers.items()
        if answer.may_be_kept
    ]
    FileResult.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", "key"],
        update_fields=["consulted", "result", "used_at"],
    )


def forget_old(*, now: datetime, most: int = 20_000) -> int:
    """Delete results that no scan used for long, some at a time; return how many."""
    old = FileResult.objects.filter(used_at__lt=now - KEPT_FOR).order_by("used_at").values("pk")[:most]
    count: int = FileResult.objects.filter(pk__in=old).delete()[0]
    return count


def _packed(answer: Answer) -> bytes:
    plain = to_plain(answer)
    plain.pop("consulted", None)
    return zlib.compress(json.dumps(plain).encode(), 1) if plain else b""


def _unpacked(data: bytes, consulted: Mapping[str, str]) -> Answer | None:
    """Return the answer; None when an older version of this code packed it in another shape."""
    if not data:
        return Answer(consulted=consulted)
    try:
        return read(Answer, {**json.loads(zlib.decompress(data)), "consulted": consulted})
    except (Malformed, ValueError, zlib.error):
        return None
