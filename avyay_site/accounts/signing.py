"""Sign in and change the password, with Django's own views in our pages."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from avyay_site.accounts.forms import SignInForm


class SignIn(auth.LoginView):
    """Take an e-mail address and a password; slow down whoever guesses."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Answer a wrong password; too many of them with 429, as accounts/backends.py has counted."""
        wait: int = getattr(self.request, "sign_in_wait_seconds", 0)
        if not wait:
            return super().form_invalid(form)
        form.errors.clear()
        form.add_error(None, f"Too many tries for this account; wait {wait // 60 + 1} minutes.")
        response = self.render_to_response(self.get_context_data(form=form), status=429)
        response["Retry-After"] = str(wait)
        return response


@method_decorator(never_cache, name="dispatch")
class PasswordChange(auth.PasswordChangeView):
    """Change one's own password; other sessions end."""

    template_name = "accounts/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("settings")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password was changed; other sessions were signed out.")
        return super().form_valid(form)
