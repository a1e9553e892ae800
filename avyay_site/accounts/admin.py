"""People and workspaces in the console. Neither is deleted here: people are switched off, and teams keep their rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone

from avyay_site.accounts import services
from avyay_site.accounts.models import Invitation, Membership, User, Workspace
from avyay_site.console import ConsoleAdmin, ReadOnlyAdmin, operator

admin.site.unregister(Group)  # rights hang on the role in a workspace; groups would only mislead


class UserCreationForm(AdminUserCreationForm):
    """A new person: address and password."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        """Compare addresses as signing in does, without regard to case."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("Somebody has this address already.")
        return email


@admin.register(User)
class UserAdmin(ConsoleAdmin, StockUserAdmin):  # type: ignore[type-arg]
    add_form = UserCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "joined_at")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "joined_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WorkspaceCreationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new workspace and who owns it."""

    owner = forms.ModelChoiceField(User.objects.filter(is_active=True))

    class Meta:
        model = Workspace
        fields = ("name", "slug")


@admin.register(Workspace)
class WorkspaceAdmin(ConsoleAdmin):
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    ordering = ("slug",)
    readonly_fields = ("created_at",)
    refusals = (services.UnableToCreateWorkspace,)

    def get_form(
        self, request: HttpRequest, obj: Workspace | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = WorkspaceCreationForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Workspace | None = None) -> Any:
        return ("name", "slug", "created_at") if obj else ("name", "slug", "owner")

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        owner: User = form.cleaned_data["owner"]
        made = services.create_workspace(owner=owner, name=obj.name, slug=obj.slug).workspace
        obj.pk, obj.created_at = made.pk, made.created_at

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ConsoleAdmin):
    list_display = ("user", "workspace", "role", "created_at")
    list_filter = ("role", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "user__name", "workspace__slug", "workspace__name")
    autocomplete_fields = ("user", "workspace")
    ordering = ("workspace__slug", "user__email")
    refusals = (services.UnableToChangeMember,)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ("user", "workspace", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
        elif "role" in form.changed_data:
            services.change_role(by=operator(request, obj.workspace), membership=obj, role=obj.role)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(by=operator(request, obj.workspace), membership=obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave bulk deletion out: one refusal among many would be hard to tell."""
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "workspace", "role", "invited_by", "created_at", "expires_at", "accepted_at")
    list_filter = ("role", "accepted_at", ("workspace", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("workspace", "invited_by")
    search_fields = ("email", "workspace__slug")
    ordering = ("-created_at", "id")
    exclude = ("digest",)
    actions = ("cancel",)

    @admin.action(description="Cancel: make the link stop working", permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()
        still_open = [row for row in queryset.select_related("workspace") if row.is_open(now)]
        self.each(
            request,
            still_open,
            lambda row: services.cancel_invitation(by=operator(request, row.workspace), invitation=row),
            "Cancelled",
        )
