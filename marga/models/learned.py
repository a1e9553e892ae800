"""What a workspace's verdicts taught about its need of strong models."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from avyay_site.accounts.models import OwnedManager
from marga.models.base import Touched, TouchedModel


class NeedShiftManager(OwnedManager.from_queryset(Touched)):  # type: ignore[misc]
    """Shifts; updating them tells the snapshot."""


class NeedShift(TouchedModel):
    """How far a workspace's need is from what the classifier says, for one type of task; empty is an unknown type.

    log_odds: added to need on the scale of log-odds, see marga.learning. verdicts: how many it was learnt from.
    """

    task = models.CharField(max_length=40, blank=True)
    log_odds = models.FloatField()
    verdicts = models.PositiveIntegerField()

    objects: ClassVar[NeedShiftManager] = NeedShiftManager()

    class Meta:
        ordering = ["workspace", "task"]
        constraints = [models.UniqueConstraint(fields=["workspace", "task"], name="need_shift_once")]

    def __str__(self) -> str:
        return f"{self.task or 'any task'}: {self.log_odds:+.2f}"
