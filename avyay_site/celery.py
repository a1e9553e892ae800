"""The Celery app. Queues are named where tasks are declared: default, scan, index, and node.<name> for laptops."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avyay_site.settings")

app = Celery("avyay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="schedule")
