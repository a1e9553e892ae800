"""The classifier: one reading of the text, one forest, one line, one curve."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marga.classifier import artefact, features, task_types
from marga.classifier.trees import Floats, Forest

SHIPPED = Path(__file__).with_name("shipped.bin")
CLIP = 3.0


class Score(NamedTuple):
    """need: the chance that a weaker tier does not suffice; doubt: how little that is known; both 0 to 1."""

    need: float
    doubt: float
    task: str


class Parts(NamedTuple):
    """What training leaves behind; rows of features are float64, in the order of features.NAMES."""

    base: float  # added to every raw score
    forest: Forest
    centre: Floats
    scale: Floats
    slopes: Floats  # per standardised, clipped feature
    known: Floats  # places of training texts in the standardised space, one row each
    reach: tuple[float, float]  # distance to the nearest place where doubt begins, and where it is complete
    curve: tuple[float, float, float]  # level, slope and middle of the logistic curve


class Classifier:
    """Scores prompts. Loads in milliseconds, keeps no text."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._near = (parts.known * parts.known).sum(axis=1)

    @classmethod
    def load(cls, path: Path | None = None) -> Classifier:
        """Load the shipped artefact, or another.

        Raises artefact.Unreadable if it was trained for other features.
        """
        return cls(from_arrays(artefact.read(path or SHIPPED)))

    def score(self, turns: Sequence[str]) -> Score:
        """Return the score of the last user turns, oldest first; without any text nothing is known."""
        text = turns[-1] if len(turns) == 1 else "\n".join(turns[-3:])
        if not text.strip():
            return Score(self._curve(self.parts.curve[2]), 1.0, "")
        reading = features.read(text)
        row = np.array(reading.values)
        spread = self.standardised(row)
        need = self._curve(self._raw(row, spread))
        task = task_types.guess(reading.words, reading.values)
        return Score(need, self._doubt(spread), task)

    def standardised(self, rows: Floats) -> Floats:
        """Return rows around the training texts' centre, in their spread, cut at CLIP."""
        spread: Floats = ((rows - self.parts.centre) / self.parts.scale).clip(-CLIP, CLIP)
        return spread

    def raw(self, rows: Floats) -> Floats:
        """Return the uncalibrated score of many rows: an expected gain, around zero."""
        return np.array([self._raw(row, self.standardised(row)) for row in rows])

    def curved(self, raw: Floats) -> Floats:
        """Return the calibrated needs of raw scores."""
        return np.array([self._curve(score) for score in raw])

    def with_curve(self, curve: tuple[float, float, float]) -> Classifier:
        """Return the same classifier with another calibration."""
        return Classifier(self.parts._replace(curve=curve))

    def to_bytes(self) -> bytes:
        """Return the artefact."""
        return artefact.pack(to_arrays(self.parts))

    def _raw(self, row: Floats, spread: Floats) -> float:
        trees = float(self.parts.forest.leaves(row).sum(dtype=np.float64))
        return self.parts.base + trees + float(spread @ self.parts.slopes)

    def _curve(self, raw: float) -> float:
        level, slope, middle = self.parts.curve
        return 1 / (1 + exp(-(level + slope * (raw - middle))))

    def _doubt(self, spread: Floats) -> float:
        begins, complete = self.parts.reach
        nearest = (self._near - 2 * (self.parts.known @ spread)).min() + spread @ spread
        distance = sqrt(max(0.0, float(nearest)))
        return min(1.0, max(0.0, (distance - begins) / (complete - begins)))


def to_arrays(parts: Parts) -> dict[str, artefact.Array]:
    """Return what the artefact holds."""
    return {
        "features": np.frombuffer(_names(), np.uint8),
        "forest_features": parts.forest.features.astype("|u1"),
        "forest_thresholds": parts.forest.thresholds.astype("<f4"),
        "forest_masks": parts.forest.masks,
        "forest_values": parts.forest.values.astype("<f4"),
        "centre": parts.centre.astype("<f8"),
        "scale": parts.scale.astype("<f8"),
        "slopes": parts.slopes.astype("<f8"),
        "known": parts.known.astype("<f4"),
        "base": np.array([parts.base], "<f8"),
        "reach": np.array(parts.reach, "<f8"),
        "curve": np.array(parts.curve, "<f8"),
    }


def from_arrays(arrays: dict[str, artefact.Array]) -> Parts:
    """Return the parts of an artefact.

    Raises artefact.Unreadable if it was trained for other features, or a part is missing.
    """
    if "features" not in arrays or arrays["features"].tobytes() != _names():
        raise artefact.Unreadable(
            "It was trained for other features; train it anew with manage.py marga_train."
        )
    try:
        forest = Forest(
            arrays["forest_features"].astype(np.intp),
            arrays["forest_thresholds"].astype(np.float32),
            arrays["forest_masks"].astype(np.uint8),
            arrays["forest_values"].astype(np.float32),
        )
        centre, scale, slopes, known = (
            arrays[name].astype(np.float64) for name in ("centre", "scale", "slopes", "known")
        )
        (base,) = arrays["base"].astype(np.float64).tolist()
        begins, complete = arrays["reach"].astype(np.float64).tolist()
        level, slope, middle = arrays["curve"].astype(np.float64).tolist()
    except (KeyError, ValueError) as exc:
        raise artefact.Unreadable("A part is missing; train it anew with manage.py marga_train.") from exc
    return Parts(base, forest, centre, scale, slopes, known, (begins, complete), (level, slope, middle))


def _names() -> bytes:
    return ",".join(features.NAMES).encode()
