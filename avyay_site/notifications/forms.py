"""Forms of notifications: they check shapes; rules are the services'."""

from __future__ import annotations

from typing import Any

from django import forms

from avyay_site.notifications import event_types
from avyay_site.notifications.models import Channel, Kind


class ChannelForm(forms.Form):
    """A receiver and what it hears of."""

    name = forms.CharField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(choices=Kind.choices)
    target = forms.CharField(
        label="Address or URL",
        max_length=500,
        help_text="An e-mail address, the URL that takes the webhook, or Slack's incoming-webhook URL.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    event_types = forms.MultipleChoiceField(required=False)

    def __init__(self, data: Any = None, *, channel: Channel | None = None) -> None:
        initial: dict[str, Any] = {"event_types": list(event_types.all_types())}
        if channel is not None:
            initial = {"name": channel.name, "target": channel.target, "event_types": channel.event_types}
        super().__init__(data, initial=initial)
        self.fields["event_types"].choices = list(event_types.all_types().items())  # type: ignore[attr-defined]
        if channel is not None:
            del self.fields["kind"]

    def switches(self) -> list[dict[str, Any]]:
        """Return each event type with whether it is on."""
        chosen = self["event_types"].value() or []
        return [
            {"value": value, "label": label, "is_on": value in chosen}
            for value, label in event_types.all_types().items()
        ]
