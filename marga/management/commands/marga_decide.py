"""Decide prompts from the standard input, one JSON line each."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marga import configfile, deciding
from marga.classifier import Classifier
from marga.classifier.artefact import Unreadable
from marga.configfile import Document, WrongConfig
from marga.routing import NoRoute


class Command(BaseCommand):
    help = 'Decide {"id", "prompt"} or {"id", "messages"} lines from stdin; one decision a line on stdout.'
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--config", metavar="FILE", type=Path, help="models and policies as in MARGA_CONFIG"
        )
        parser.add_argument("--model", default="auto", help="what is asked for: auto, auto:<policy>, a model")
        parser.add_argument(
            "--artefact", metavar="FILE", type=Path, help="another classifier than the shipped one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        decider = _decider(options)
        wrong = 0
        for number, line in _lines():
            try:
                answer = decider.decide(line)
            except (deciding.WrongLine, NoRoute) as exc:
                answer = deciding.refused(number, exc, line)
                self.stderr.write(answer["error"])
                wrong += 1
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            self.stdout.flush()  # whoever pipes line by line waits for this answer
        if wrong:
            raise CommandError(f"{wrong} of the lines were not decided; the others are.")


def _decider(options: dict[str, Any]) -> deciding.Decider:
    document = _document(options["config"])
    candidates = deciding.candidates_of(document) if document else deciding.example_candidates()
    if not candidates:
        raise CommandError(f"{options['config']} switches no model on.")
    try:
        classifier = Classifier.load(options["artefact"])
    except (OSError, Unreadable) as exc:
        raise CommandError(f"The classifier cannot be read: {exc}") from exc
    policies = deciding.policies_of(document) if document else {}
    return deciding.Decider(classifier, candidates, policies, model=options["model"], clock=time.perf_counter)


def _document(path: Path | None) -> Document | None:
    if path is None:
        return None
    try:
        return configfile.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise CommandError(f"{path} cannot be read: {exc}") from exc
    except WrongConfig as exc:
        raise CommandError("\n".join(f"{path}: {fault}" for fault in exc.faults)) from exc


def _lines() -> Iterable[tuple[int, str]]:
    """Yield lines as they come, with their numbers; empty ones say nothing."""
    return ((number, line) for number, line in enumerate(sys.stdin, start=1) if line.strip())
