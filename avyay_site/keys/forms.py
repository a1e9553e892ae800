"""Forms of keys: they check shapes; rules are the services'."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from avyay_site.keys.models import ApiKey, Scope
from avyay_site.keys.services import Limits

BUCKETS = (("people", "People"), ("agents", "Agents"), ("content", "Content"))
LIFETIMES = (
    ("", "Never"),
    ("7", "In 7 days"),
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
)
OVERLAPS = (("0", "At once"), ("1", "In 1 hour"), ("24", "In 24 hours"), ("168", "In 7 days"))


class LimitsForm(forms.Form):
    """What both issuing and changing ask for."""

    name = forms.CharField(
        max_length=80,
        help_text="Where it is used, such as “laptop” or “build agents”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    bucket = forms.SlugField(
        label="Who calls",
        max_length=40,
        help_text="A label such as people, agents or content.",
        initial="people",
    )
    requests_per_minute = forms.IntegerField(required=False, min_value=1, label="Requests per minute")
    tokens_per_minute = forms.IntegerField(required=False, min_value=1, label="Tokens per minute")
    concurrency = forms.IntegerField(required=False, min_value=1, label="Requests at once")
    monthly_budget_usd = forms.DecimalField(
        required=False, min_value=0, max_digits=12, decimal_places=4, label="Budget per month, USD"
    )

    limit_names = ("requests_per_minute", "tokens_per_minute", "concurrency", "monthly_budget_usd")

    def limits(self) -> Limits:
        """Return the limits that were asked for; an empty field is no limit."""
        return Limits(**{name: self.cleaned_data[name] for name in self.limit_names})

    def limit_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.limit_names]

    @classmethod
    def of(cls, key: ApiKey, data: Any = None) -> LimitsForm:
        """Return the form filled with what a key has."""
        return cls(data, initial={name: getattr(key, name) for name in ("name", "bucket", *cls.limit_names)})


class IssueForm(LimitsForm):
    """A new key. once: marks this copy of the form, so that sending it twice makes one key."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.MARGA_CALL],
        error_messages={"required": "Choose at least one scope."},
    )
    lifetime = forms.ChoiceField(label="Expires", required=False, choices=LIFETIMES)
    once = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when the key is to expire."""
        days = self.cleaned_data["lifetime"]
        return now + timedelta(days=int(days)) if days else None


class RollForm(forms.Form):
    """How long the old key goes on working."""

    overlap_hours = forms.TypedChoiceField(
        label="The old key stops", choices=OVERLAPS, initial="24", coerce=int
    )
    once = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["overlap_hours"])
