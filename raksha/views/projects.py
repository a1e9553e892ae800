"""A project's settings: its repository, what stands on it, and the token by which it is read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from raksha import services
from raksha.forms import ProjectForm
from raksha.models import Project


@shell.page
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """Add a project before its first scan."""
    request.access.require_role(Role.MEMBER)
    form = ProjectForm(request.POST or None, initial={"mission": "medium"})
    if request.method == "POST" and form.is_valid() and _saved(request.access, None, form):
        messages.success(request, f"The project {form.cleaned_data['name']} was added.")
        return redirect("raksha:overview")
    return render(request, "raksha/project.html", {"tab": "overview", "form": form, "may_write": True})


@shell.page
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
def change(request: PageRequest, project_id: str) -> HttpResponse:
    """Read and change a project's settings."""
    project: Project = get_object_or_404(Project.objects.visible_to(request.access), pk=project_id)
    initial = {name: getattr(project, name) for name in ("name", "url", "default_revision", "mission")}
    form = ProjectForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(request.access, project, form):
        messages.success(request, f"The settings of {form.cleaned_data['name']} were saved.")
        return redirect("raksha:project", project.pk)
    context = {
        "tab": "overview",
        "form": form,
        "project": project,
        "has_token": bool(project.token),
        "may_write": request.access.has_role(Role.MEMBER),
    }
    return render(request, "raksha/project.html", context)


@shell.page
@require_http_methods(["GET", "POST"])
def delete(request: PageRequest, project_id: str) -> HttpResponse:
    """Ask first, then remove a project with its scans and findings."""
    project: Project = get_object_or_404(Project.objects.visible_to(request.access), pk=project_id)
    request.access.require_role(Role.MEMBER)
    if request.method == "GET":
        return render(request, "raksha/project_delete.html", {"tab": "overview", "project": project})
    name = project.name
    services.delete_project(by=request.access, project=project)
    messages.success(request, f"The project {name} was removed with its scans and findings.")
    return redirect("raksha:overview")


@sensitive_variables("form", "given", "values")
def _saved(access: Access, project: Project | None, form: ProjectForm) -> bool:
    """Save what the form says; what is wrong goes to the field that it is about."""
    given = form.cleaned_data
    values: dict[str, Any] = {name: given[name] for name in ("name", "url", "default_revision", "mission")}
    if given["token"] or given["forget_token"]:
        values["token"] = "" if given["forget_token"] else given["token"]
    try:
        if project is None:
            services.create_project(by=access, **values)
        else:
            services.change_project(by=access, project=project, now=timezone.now(), **values)
    except services.InvalidValue as exc:
        form.add_error(exc.field if exc.field in form.fields else None, str(exc))
        return False
    except services.UnableToChange as exc:
        form.add_error("name", str(exc))
        return False
    return True
