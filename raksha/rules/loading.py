"""Read the rule packs, check them, and give the pack for a set of languages as the JSON that Semgrep reads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*")
SEVERITIES = frozenset({"ERROR", "WARNING", "INFO"})
CONFIDENCES = frozenset({"high", "medium", "low"})
KINDS = frozenset({"code", "config"})
TOP = frozenset({"id", "languages", "severity", "message", "metadata"})
NEEDED = frozenset({"title", "cwe", "owasp", "confidence", "kind", "references", "fix_advice"})
# What our folders and callers call a language, where Semgrep uses another word.
SEMGREP_WORDS = {
    "shell": "bash",
    "tsx": "typescript",
    "jsx": "javascript",
    "hcl": "terraform",
    "c#": "csharp",
}

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is there: ten times faster

Rule = Mapping[str, Any]


class BadPack(ValueError):
    """A rule file is not what it must be; the message names the file and the rule."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules for some languages; equal content has an equal digest, whatever order the languages came in."""

    languages: tuple[str, ...]
    ids: tuple[str, ...]
    content: str  # JSON for `semgrep-core -rules`
    digest: str  # SHA-256 of content, in hexadecimal


def all_rules(folder: Path = HERE) -> tuple[Rule, ...]:
    """Return every rule, checked, by id; read once, however it is asked for. Raises BadPack."""
    return _all_rules(folder)


@cache
def _all_rules(folder: Path) -> tuple[Rule, ...]:
    rules = [(path, rule) for path in pack_files(folder) for rule in read(path)]
    seen: set[str] = set()
    for path, rule in rules:
        check(rule, path)
        if rule["id"] in seen:
            raise BadPack(f"{path.name}: the id {rule['id']} is used twice")
        seen.add(rule["id"])
    return tuple(sorted((rule for _, rule in rules), key=lambda rule: str(rule["id"])))


def pack_files(folder: Path = HERE) -> list[Path]:
    """Return the rule files, one folder per language, in a stable order."""
    return sorted(folder.glob("*/*.yaml"))


def read(path: Path) -> list[Rule]:
    """Return the rules of one file as written; anchors are refused, since one of Semgrep's two readers is."""
    text = path.read_text("utf-8")
    if any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text, Loader=LOADER)):
        raise BadPack(f"{path.name}: YAML anchors are not allowed")
    loaded = yaml.load(text, Loader=LOADER)  # noqa: S506 a safe loader either way
    if not isinstance(loaded, dict) or not isinstance(loaded.get("rules"), list):
        raise BadPack(f"{path.name}: expected one list called rules")
    return list(loaded["rules"])


def check(rule: Rule, path: Path) -> None:
    """Raise BadPack with the first thing that is wrong with a rule of that file."""
    for problem in _problems(rule, path.parent.name):
        raise BadPack(f"{path.name}: {rule.get('id', 'a rule without id')}: {problem}")


def pack(languages: Collection[str], *, folder: Path = HERE) -> Pack:
    """Return the rules that speak about at least one of the languages."""
    wanted = frozenset(semgrep_word(language) for language in languages)
    return _pack(wanted, folder)


def semgrep_word(language: str) -> str:
    """Return Semgrep's word for a language: shell is bash, tsx is typescript."""
    return SEMGREP_WORDS.get(language, language)


@cache
def _pack(wanted: frozenset[str], folder: Path) -> Pack:
    rules = [rule for rule in all_rules(folder) if wanted.intersection(rule["languages"])]
    content = json.dumps({"rules": rules}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Pack(tuple(sorted(wanted)), tuple(str(rule["id"]) for rule in rules), content, digest)


def _problems(rule: Rule, folder: str) -> Iterator[str]:
    yield from (f"{key} is missing" for key in sorted(TOP - set(rule)))
    if not NAME.fullmatch(str(rule.get("id"))) or str(rule["id"]).split(".")[0] != folder:
        yield f"the id must be {folder}.<words-with-hyphens>"
    if rule.get("severity") not in SEVERITIES:
        yield f"severity must be one of {sorted(SEVERITIES)}"
    yield from _problems_of_facts(rule.get("metadata") or {})


def _problems_of_facts(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"metadata.{key} is missing" for key in sorted(NEEDED - set(facts)))
    if facts.get("confidence") not in CONFIDENCES:
        yield f"metadata.confidence must be one of {sorted(CONFIDENCES)}"
    if facts.get("kind") not in KINDS:
        yield f"metadata.kind must be one of {sorted(KINDS)}"
    if not _all(facts.get("cwe"), int):
        yield "metadata.cwe must be a list of numbers"
    for key, shape in (
        ("owasp", r"A\d\d:20\d\d"),
        ("references", r"https://\S+"),
        ("llm", r"LLM\d\d:20\d\d"),
    ):
        if not all(re.fullmatch(shape, str(text)) for text in facts.get(key, ())):
            yield f"metadata.{key} has an entry that is not like {shape}"


def _all(values: Iterable[object] | None, kind: type) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(value, kind) for value in values)
