"""A real worker and a real beat: work whose messages the broker lost is done all the same, and once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from avyay_site import borrowing, embedded, schedules
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.notifications.models import Delivery, Status
from avyay_site.notifications.tests import factories

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

CHANNELS, EACH = 20, 5
QUEUE_ALL = """
import django
django.setup()
from avyay_site.notifications.models import Delivery
from avyay_site.notifications.tasks import send_due
for channel_id in Delivery.objects.values_list("channel_id", flat=True):
    assert send_due.hint((), {"channel_id": channel_id})
"""


@pytest.fixture
def layout(open_folder):
    """A Redis of this test alone, because it is emptied."""
    layout = embedded.Layout(open_folder / "var")
    with borrowing.borrow(layout, postgres=False, redis=True):
        yield layout


@pytest.fixture
def environment(layout):
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    return os.environ | {
        "AVYAY_VAR": str(layout.var),
        "DATABASE_URL": f"postgres://{database['USER']}@{host}:{database['PORT']}/{database['NAME']}",
        "AVYAY_ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "AVYAY_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "PYTHONPATH": str(settings.BASE_DIR),
    }


@contextmanager
def celery(environment, log: Path, *arguments: str):
    command = [sys.executable, "-m", "celery", "-A", "avyay_site.celery", *arguments]
    with log.open("ab") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_delivered(seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left: int = Delivery.objects.exclude(status=Status.DELIVERED).count()
        if not left:
            return 0
        time.sleep(0.2)
    return left


def test_work_whose_messages_were_lost_is_issued_again_and_done_once(layout, environment, open_folder):
    """B-02: everything queued, the broker emptied, then a worker and beat start."""
    by = access_of(MembershipFactory.create())
    for number in range(CHANNELS):
        channel = factories.channel(by, target=f"ops{number}@example.org")
        for letter in range(EACH):
            factories.delivery(channel, subject=f"message {number}-{letter}.")
    subprocess.run([sys.executable, "-c", QUEUE_ALL], env=environment, check=True)
    broker = redis.Redis.from_url(layout.redis_url)
    queued = broker.llen("avyay:default")
    broker.flushall()
    schedules.ensure_schedules()
    often, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.filter(name="platform: issue lost work again").update(interval=often)
    PeriodicTasks.update_changed()

    log = open_folder / "celery.log"
    with (
        celery(environment, log, "worker", "-P", "threads", "-c", "4", "-Q", "default", "-l", "info"),
        celery(environment, log, "beat", "-l", "warning"),
    ):
        left = wait_until_delivered(60)

    assert queued == CHANNELS * EACH
    assert left == 0, log.read_text()[-3000:]
    mails = "".join(path.read_text() for path in (layout.var / "mail").iterdir())
    counted = Counter(re.findall(r"^Subject: .*(message \d+-\d+\.)$", mails, re.MULTILINE))
    assert len(counted) == CHANNELS * EACH
    assert set(counted.values()) == {1}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}
