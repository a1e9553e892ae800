"""Addresses of accounts."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from avyay_site.accounts import signing, views

urlpatterns = [
    path("sign-in", signing.SignIn.as_view(), name="sign_in"),
    path("sign-out", auth.LogoutView.as_view(), name="sign_out"),
    path("join/<str:token>", views.join, name="join"),
    path("app/members/", views.members, name="members"),
    path("app/members/live", views.members_live, name="members_live"),
    path("app/members/<str:membership_id>/role", views.change_role, name="member_role"),
    path("app/members/<str:membership_id>/remove", views.remove_member, name="member_remove"),
    path("app/invitations/<str:invitation_id>/cancel", views.cancel_invitation, name="invitation_cancel"),
    path("app/settings/", views.settings_page, name="settings"),
    path("app/settings/password", signing.PasswordChange.as_view(), name="password_change"),
    path("app/workspaces/switch", views.switch_workspace, name="workspace_switch"),
    path("app/workspaces/new", views.create_workspace, name="workspace_create"),
]
