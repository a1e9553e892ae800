"""What the operators' console (Django's admin) shares: read-only tables, bounded counts, refusals shown as messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property

from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role, Workspace

MOST_COUNTED = 10_000


def operator(request: HttpRequest, workspace: Workspace) -> Access:
    """Return what an operator may do in a workspace: all, under their own name."""
    return Access(workspace=workspace, role=Role.OWNER, user=request.user)  # type: ignore[arg-type]


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to 10,000 rows and no further: counting a million takes longer than showing a page of them."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_COUNTED].count())


class ConsoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base of our admins. What a service refuses comes back as a message, and nothing is changed.

    refusals: the errors of the services that this admin calls.
    """

    refusals: tuple[type[Exception], ...] = ()
    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator

    @property
    def _refusals(self) -> tuple[type[Exception], ...]:
        return (*self.refusals, NotAllowed)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Tell whether the asker may use actions: who may change rows, also where no form changes them."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._guarded(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._guarded(request, super().delete_view, *args, **kwargs)

    def _guarded(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer: HttpResponseBase = view(request, *args, **kwargs)
        except self._refusals as exc:
            self.message_user(request, str(exc), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def each(
        self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str
    ) -> None:
        """Do one thing to each chosen row; say how many it was done to, and why not to the others."""
        count = 0
        for row in rows:
            try:
                act(row)
                count += 1
            except self._refusals as exc:
                self.message_user(request, f"{row}: {exc}", messages.ERROR)
        self.message_user(request, f"{done}: {count}.")


class ReadOnlyAdmin(ConsoleAdmin):
    """Rows that are looked at and never changed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
