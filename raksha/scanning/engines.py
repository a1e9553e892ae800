"""Which engines there are, which files each looks at, and what its results depend on."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from raksha import lockfiles
from raksha.engines import taint
from raksha.intake.trees import SourceFile
from raksha.models import Stage

MOST_FILES = 1_000_000


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine.

    function: "module:name" that the sandbox calls. made_of: modules and packages whose text its results depend on.
    takes: whether it looks at a file. sees_all: it is given all its files, and told in "only" which to report on.
    is_one: its result for a file stands on all its files together. files_a_job: so many files go into one job, so that
    progress shows and one job's end costs little.
    """

    name: str
    stage: Stage
    function: str
    made_of: tuple[str, ...]
    takes: Callable[[SourceFile], bool]
    sees_all: bool = False
    is_one: bool = False
    files_a_job: int = 300

    @property
    def is_there(self) -> bool:
        """Tell whether the engine is part of this installation."""
        return importlib.util.find_spec(self.function.partition(":")[0]) is not None

    @property
    def version(self) -> str:
        """Return what changes with the engine's code and rules: results of another version are not used."""
        return digest_of(self.made_of)


def _is_code(file: SourceFile) -> bool:
    return not file.why_skipped


def _has_flow(file: SourceFile) -> bool:
    # Settings of Java programs decide which algorithm is used, and more: the flow goes through them.
    is_read = file.language in taint.LANGUAGES or file.path.endswith(".properties")
    return is_read and not file.why_skipped


def _is_any(_: SourceFile) -> bool:
    return True


def _names_packages(file: SourceFile) -> bool:
    return bool(lockfiles.is_wanted(file.path))


SHARED = ("raksha.detections", "raksha.coverage", "raksha.engines.results")
ALL = (
    Engine(
        name="semgrep",
        stage=Stage.RULES,
        function="raksha.engines.semgrep:run",
        made_of=(
            "raksha.engines.semgrep",
            "raksha.engines.texts",
            "raksha.engines.scopes",
            "raksha.rules",
            *SHARED,
        ),
        takes=_is_code,
    ),
    Engine(
        name="taint",
        stage=Stage.TAINT,
        function="raksha.engines.taint:run",
        made_of=("raksha.engines.taint", "raksha.taint", *SHARED),
        takes=_has_flow,
        sees_all=True,
    ),
    Engine(
        name="secrets",
        stage=Stage.SECRETS,
        function="raksha.engines.secrets:run",
        made_of=("raksha.engines.secrets", "raksha.secrets", *SHARED),
        takes=_is_any,
        files_a_job=1_000,
    ),
    Engine(
        name="packages",
        stage=Stage.PACKAGES,
        function="raksha.engines.packages:run",
        made_of=("raksha.engines.packages", "raksha.lockfiles", "raksha.packages", *SHARED),
        takes=_names_packages,
        is_one=True,
        files_a_job=MOST_FILES,
    ),
)


@cache
def available() -> tuple[Engine, ...]:
    """Return the engines that are part of this installation, in the order of their stages."""
    return tuple(engine for engine in ALL if engine.is_there)


@cache
def missing() -> tuple[str, ...]:
    """Return the names of engines that this installation lacks: what they would find, nobody looks for."""
    return tuple(engine.name for engine in ALL if not engine.is_there)


@cache
def digest_of(names: tuple[str, ...]) -> str:
    """Return a digest of the text of modules and packages, with all that lies in them."""
    digest = hashlib.sha256()
    for name in names:
        for file in sorted(_files(name)):
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _files(name: str) -> list[Path]:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return [origin]
    inside = (path for path in origin.parent.rglob("*") if path.is_file())
    return [path for path in inside if not {"tests", "__pycache__"} & set(path.parts)]


def request_of(
    engine: Engine, folder: str, files: list[SourceFile], only: list[SourceFile]
) -> dict[str, Any]:
    """Return what a job is asked: paths as they were, and the names under which the files lie in folder."""
    listed = files if engine.sees_all else only
    return {
        "folder": folder,
        "files": [plain(file) for file in listed],
        "only": [file.path for file in only],
        "salt": _salt(),
    }


def _salt() -> str:
    """Return what digests of found secrets are keyed with, so that nobody can look them up; the same for good."""
    return hashlib.sha256(f"raksha secrets {settings.KEY_PEPPER}".encode()).hexdigest()


def plain(file: SourceFile) -> Mapping[str, str]:
    return {"path": file.path, "stored": file.stored, "language": file.language, "sha256": file.sha256}
