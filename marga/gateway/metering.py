"""From what passed through to tokens: reported by the provider, or estimated and flagged."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from marga.pricing import Usage
from marga.protocols.reading import estimated_tokens

NOTHING = Usage()


class Meter:
    """Watches one try at an answer. Reported usage wins; without it the characters that passed are turned into tokens.

    wire: the reader of the protocol that the provider speaks.
    """

    __slots__ = ("_characters", "_wire", "reported", "saw_finish")

    def __init__(self, wire: ModuleType) -> None:
        self._wire = wire
        self._characters = 0
        self.reported: Usage | None = None
        self.saw_finish = False

    def see(self, payload: dict[str, Any]) -> None:
        """Count one event of a stream."""
        wire = self._wire
        usage = wire.usage_of(payload)
        if usage is not None:
            self.reported = wire.merge_usage(self.reported, usage)
        self._characters += wire.written_characters(payload)
        self.saw_finish = self.saw_finish or wire.has_finished(payload)

    def see_whole(self, payload: dict[str, Any]) -> None:
        """Count a whole answer."""
        self.see(payload)
        self.saw_finish = True

    def usage(self, input_characters: int) -> tuple[Usage, bool]:
        """Return the usage so far, and whether it is an estimate.

        A stream that was cut may have reported its input and not yet its output: what is missing is estimated.
        """
        reported, written = self.reported, estimated_tokens(self._characters)
        if reported is not None:
            if self.saw_finish or written <= reported.output_tokens:
                return reported, not self.saw_finish and written > 0
            return reported._replace(output_tokens=written), True
        if not self._characters and not self.saw_finish:
            return NOTHING, False
        return Usage(estimated_tokens(input_characters), written), True
