"""The classifier with a memory: an agent's loop asks with the same user turns again and again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from marga.classifier import Classifier, Score

REMEMBERED_SCORES = 8_192
NO_SCORE = Score(need=0.0, doubt=0.0, task="")


class Scores:
    """Scores by the digest of the turns: no word of them is kept."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._known: OrderedDict[bytes, Score] = OrderedDict()

    def score(self, turns: list[str]) -> Score:
        """Return the score of the last user turns."""
        if not turns:
            return NO_SCORE
        mark = hashlib.blake2b("\0".join(turns).encode("utf-8", "replace"), digest_size=16).digest()
        found = self._known.get(mark)
        if found is None:
            found = self._known[mark] = self._classifier.score(turns)
            if len(self._known) > REMEMBERED_SCORES:
                self._known.popitem(last=False)
        return found
