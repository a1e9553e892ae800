"""House rules that no tool checks. An exemption needs a reason beside it."""

from __future__ import annotations

import re

import pytest
from celery import current_app
from django.apps import apps
from django.db import models

from tests import sources

OUR_APPS = {"accounts", "audit", "keys", "usage", "notifications", "idempotency", *sources.PACKAGES}
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
LONG_MODULES = {
    "avyay_site/settings.py": "all settings in one place, on purpose",
    "raksha/taint/ir.py": "one tree: its kinds of node are read together",
}


def our_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in OUR_APPS and not model._meta.auto_created
    ]


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model.__name__)
def test_every_model_names_its_rows_and_orders_them_by_something_unique(model):
    unique = {"id", "-id", "pk", "-pk"} | {f.name for f in model._meta.fields if f.unique}
    unique |= {f"-{name}" for name in unique}
    together = [set(c.fields) for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    ordering = list(model._meta.ordering)

    assert model.__str__ is not models.Model.__str__
    assert set(ordering) & unique or any(t <= {name.lstrip("-") for name in ordering} for t in together), (
        ordering
    )


def test_every_task_of_ours_names_its_queue_and_takes_keywords_only():
    import inspect

    current_app.loader.import_default_modules()
    tasks = [t for name, t in current_app.tasks.items() if name.split(".")[0] in sources.PACKAGES]

    assert tasks
    for task in tasks:
        kinds = {p.kind for p in inspect.signature(task.run).parameters.values()}
        assert getattr(task, "queue_name", None), task.name
        assert kinds <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}, task.name
        assert inspect.Parameter.VAR_KEYWORD in kinds, (
            f"{task.name}: old workers must accept new arguments (**_)"
        )


READS_FOR_THE_ASKER = {
    "avyay_site/accounts/views.py": {
        "has_account = User.objects.filter(email=invitation.email).exists()": "the token is the permission",
        "mine = Membership.objects.filter(user=request.user)": "the asker's own memberships",
    },
}


def test_no_view_or_api_reads_a_row_without_asking_for_whom():
    read = re.compile(r"\.objects\.(get|all|filter)\(")
    offenders = [
        f"{path}: {line.strip()}"
        for path in sources.modules()
        if re.search(r"(^|_)(views|api)$", path.stem)
        for line in (sources.ROOT / path).read_text(encoding="utf-8").splitlines()
        # A viewset's `queryset` is a declaration: its base narrows it by visible_to.
        if read.search(line) and not re.match(r"\s+queryset = \w+\.objects\.all\(\)", line)
        if line.strip() not in READS_FOR_THE_ASKER.get(str(path), {})
    ]

    assert offenders == []


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in sources.functions()
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_no_module_outgrows_one_idea():
    long = {
        str(path): lines
        for path in sources.modules()
        if (lines := len((sources.ROOT / path).read_text().splitlines())) > LONGEST_MODULE
    }

    assert set(long) <= set(LONG_MODULES), long


def test_templates_keep_to_the_content_security_policy():
    forbidden = re.compile(
        r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")|javascript:",
        re.I,
    )
    offenders = [
        f"{path.relative_to(sources.ROOT)}: {match.group(0)}"
        for path in sources.templates()
        if "mail" not in path.parts and (match := forbidden.search(path.read_text()))
    ]

    assert offenders == []


def test_migrations_have_names_that_say_what_they_do():
    automatic = [
        str(path.relative_to(sources.ROOT))
        for package in sources.PACKAGES
        for path in (sources.ROOT / package).rglob("migrations/0*.py")
        if "_auto_" in path.name
    ]

    assert automatic == []
