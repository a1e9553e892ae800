from __future__ import annotations

import pytest

from avyay_site import limits
from avyay_site.demo import Stage, UnableToShow
from raksha.demonstrating import scan
from raksha.models import Finding

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def test_the_shop_has_something_for_every_engine(workspace, settings, tmp_path, redis_server):
    settings.VAR, settings.REDIS_URL = tmp_path, redis_server
    limits.forget()
    said: list[str] = []

    scan.show(Stage("http://gateway", "http://web", said.append))

    rules = set(Finding.objects.values_list("rule", flat=True))
    assert {"python.sql-injection", "python.command-injection", "java.xss", "secret.github-token"} <= rules
    assert {rule.partition(".")[0] for rule in rules} >= {"docker", "actions"}
    assert not Finding.objects.filter(rule="python.command-injection", line__in=range(17, 23)).exists(), (
        "the guarded one"
    )
    assert "/app/scans/runs/scan_" in said[-1]
    assert any("SQL injection" in line for line in said)


def test_without_a_workspace_it_says_what_to_do(db):
    with pytest.raises(UnableToShow, match="make up"):
        scan.show(Stage("http://gateway", "http://web", print))
