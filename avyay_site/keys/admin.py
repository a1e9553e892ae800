"""API keys in the console: issue, roll, revoke. A secret stands on the one page that answers, and nowhere else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from avyay_site.console import ConsoleAdmin, operator
from avyay_site.keys import services
from avyay_site.keys.models import ApiKey, Scope

LIMITS = tuple(services.Limits.__dataclass_fields__)


class IssueForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an operator says of a new key."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ("workspace", "name", "scopes", "bucket", *LIMITS, "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ConsoleAdmin):
    list_display = ("name", "display", "workspace", "bucket", "state", "latest_used_at", "created_at")
    list_filter = ("bucket", "revoked_at", "expires_at", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("workspace",)
    search_fields = ("name", "=latest4", "=id", "workspace__slug")
    autocomplete_fields = ("workspace",)
    ordering = ("-created_at", "id")
    actions = ("revoke", "roll")
    refusals = (services.UnableToChangeKey,)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj is None:
            return ()
        return (
            *("workspace", "display", "state", "shown_scopes", "expires_at", "created_by", "created_at"),
            *("latest_used_at", "revoked_at", "successor"),
        )

    def get_form(
        self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = IssueForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return (
            IssueForm.Meta.fields
            if obj is None
            else ("name", "bucket", *LIMITS, *self.get_readonly_fields(request, obj))
        )

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        limits = services.Limits(**{name: form.cleaned_data[name] for name in LIMITS})
        by = operator(request, obj.workspace)
        if change:
            services.change_key(by=by, key=obj, name=obj.name, limits=limits, bucket=obj.bucket)
            return
        values = {name: form.cleaned_data[name] for name in ("name", "scopes", "bucket", "expires_at")}
        issued = services.issue_key(by=by, limits=limits, now=timezone.now(), **values)
        obj.pk = issued.key.pk
        request.issued = [issued]  # type: ignore[attr-defined] # for the answer to this request alone

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in the answer itself: a redirect would have to keep it somewhere."""
        return self._show(request, request.issued)  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are revoked; their rows stay, because usage and audit name them."""
        return False

    @admin.action(description="Revoke for good", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()
        self.each(
            request,
            queryset.select_related("workspace"),
            lambda key: services.revoke_key(by=operator(request, key.workspace), key=key, now=now),
            "Revoked",
        )

    @admin.action(
        description="Roll: issue a successor, the old key works one more day", permissions=["operate"]
    )
    def roll(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        now, issued = timezone.now(), []

        def act(key: ApiKey) -> None:
            issued.append(services.roll_key(by=operator(request, key.workspace), key=key, now=now))

        self.each(request, queryset.select_related("workspace"), act, "Rolled")
        return self._show(request, issued) if issued else None

    @admin.display(description="state")
    def state(self, key: ApiKey) -> str:
        return key.state(timezone.now()).label

    @admin.display(description="scopes")
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def _show(self, request: HttpRequest, issued: list[services.Issued]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Copy it now",
            "issued": issued,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/keys/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response
