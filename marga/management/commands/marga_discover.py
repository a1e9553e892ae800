"""Look for providers in the environment now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marga import discovering


class Command(BaseCommand):
    help = (
        "Find providers in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_HOST, a local Ollama)."
    )

    def handle(self, *args: Any, **options: Any) -> str:
        found = discovering.discover(now=timezone.now())
        return f"Found: {', '.join(found) or 'none'}."
