"""What the usage page asks for in its address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from avyay_site.accounts.access import Access
from avyay_site.keys.models import ApiKey
from avyay_site.usage import periods
from avyay_site.usage.models import UsageDay
from avyay_site.usage.reports import Asked

GROUPS = (("model", "Model"), ("key", "Key"), ("product", "Product"))


class UsageFilter(forms.Form):
    """Range, filters and grouping. Every field may be missing or wrong: then it asks for the usual."""

    range = forms.ChoiceField(required=False, choices=periods.CHOICES)
    first = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    final = forms.DateField(
        required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    key = forms.ChoiceField(required=False)
    product = forms.ChoiceField(required=False)
    model = forms.ChoiceField(required=False)
    group = forms.ChoiceField(required=False, choices=GROUPS, label="Group by")

    def __init__(self, data: Any, access: Access) -> None:
        super().__init__(data)
        self.fields["key"].choices = [("", "All keys"), *_keys(access)]  # type: ignore[attr-defined]
        seen = UsageDay.objects.visible_to(access)
        for name, everything in (("product", "All products"), ("model", "All models")):
            values = seen.order_by(name).values_list(name, flat=True).distinct()
            choices = [("", everything), *((value, value) for value in values if value)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.is_valid()

    def asked(self, now: datetime) -> Asked:
        """Return what is asked for, with wrong fields left out."""
        given = self.cleaned_data
        period = periods.choose(
            given.get("range") or "7d", now=now, first=given.get("first"), final=given.get("final")
        )
        return Asked(
            period=period,
            key_id=given.get("key") or "",
            product=given.get("product") or "",
            model=given.get("model") or "",
        )

    @property
    def grouping(self) -> str:
        return self.cleaned_data.get("group") or "model"


def _keys(access: Access) -> list[tuple[str, str]]:
    rows = ApiKey.objects.visible_to(access).order_by("name", "id").values_list("pk", "name", "latest4")[:500]
    return [(pk, f"{name} …{latest4}") for pk, name, latest4 in rows]
