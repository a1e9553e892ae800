"""The console's changes to admins of others."""

from __future__ import annotations

from django.contrib import admin
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule

SCHEDULES = {
    ClockedSchedule: beat.ClockedScheduleAdmin,
    CrontabSchedule: beat.CrontabScheduleAdmin,
    IntervalSchedule: beat.IntervalScheduleAdmin,
    SolarSchedule: beat.SolarScheduleAdmin,
}

# Their pages list every task of a schedule as a form, with a query for each; the tasks' own list shows the schedules.
for model, stock in SCHEDULES.items():
    admin.site.unregister(model)
    admin.site.register(model, type(stock.__name__, (stock,), {"inlines": ()}))
