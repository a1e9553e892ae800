"""From the last user turns of a request to the chance that a weaker model does not suffice. Pure."""

from __future__ import annotations

from marga.classifier.model import Classifier, Score

__all__ = ["Classifier", "Score"]
