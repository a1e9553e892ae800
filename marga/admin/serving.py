"""Forms and tables of the console that save through the services, so that their rules hold here too."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role, Workspace
from marga import services
from marga.models import Source

ELSEWHERE = (Source.CONFIG, Source.ENVIRONMENT)


def new_key_field() -> forms.RegexField:
    """Return a field for a new provider key that never shows the old one."""
    return forms.RegexField(
        r"^[!-~]{1,500}$",
        label="New API key",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Stored encrypted. Leave it empty to keep the key that is there.",
    )


def choices_field(choices: list[tuple[str, str]], help_text: str) -> forms.MultipleChoiceField:
    """Return a field for several of the known words."""
    return forms.MultipleChoiceField(
        choices=choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text
    )


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg] # generic in the stubs only
    """A form that saves through the service, so that its rules hold here too and its refusals stand at the form.

    The admin runs the whole request in one transaction, and never asks these forms to save.
    """

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.instance = self.serve()
            except (services.UnableToChange, NotAllowed) as exc:
                raise forms.ValidationError(str(exc)) from exc
        return cleaned

    def serve(self) -> Any:
        """Make or change the row by one service call and return it."""
        raise NotImplementedError

    def changed_values(self, *known: str) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in known if name in self.changed_data}

    def by(self, workspace: Workspace) -> Access:
        """Return what an operator may do in the row's workspace: all."""
        return Access(workspace=workspace, role=Role.OWNER, user=self.request.user)  # type: ignore[arg-type]


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Hands the request to the form, which saves by itself."""

    list_per_page = 50
    show_full_result_count = False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave the saving to the form."""

    def by(self, request: HttpRequest, workspace: Workspace) -> Access:
        return Access(workspace=workspace, role=Role.OWNER, user=request.user)  # type: ignore[arg-type]
