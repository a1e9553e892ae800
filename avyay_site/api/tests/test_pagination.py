from __future__ import annotations

from datetime import timedelta

import pytest

from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue


def walk(caller, url: str) -> list[list[str]]:
    """Follow the Link headers and return the ids of each page."""
    pages = []
    while url:
        answer = caller.get(url)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        pages.append([row["id"] for row in body["data"]])
        assert body["has_more"] == ("Link" in answer) == (body["next_cursor"] is not None)
        url = answer["Link"].partition(">")[0].removeprefix("<") if "Link" in answer else ""
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_each_row_once_newest_first_also_rows_of_the_same_moment(caller, workspace, now, limit):
    for number in range(6):
        issue(workspace, name=f"k{number}")
    newest_first = list(ApiKey.objects.filter(workspace=workspace).order_by("-pk"))
    for place, key in enumerate(newest_first):
        ApiKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(seconds=place // 3))

    pages = walk(caller, f"/api/v1/keys?limit={limit}")

    assert [pk for page in pages for pk in page] == [key.pk for key in newest_first]
    assert all(len(page) == limit for page in pages[:-1])


def test_rows_that_are_added_meanwhile_move_nothing(caller, workspace):
    for number in range(4):
        issue(workspace, name=f"k{number}")
    first = caller.get("/api/v1/keys?limit=2").json()
    expected = caller.get("/api/v1/keys").json()["data"][2:4]

    issue(workspace, name="late")
    second = caller.get("/api/v1/keys", {"limit": 2, "cursor": first["next_cursor"]}).json()

    assert second["data"] == expected


def test_a_cursor_of_another_list_is_refused(caller, workspace):
    issue(workspace)
    cursor = caller.get("/api/v1/keys?limit=1").json()["next_cursor"]

    assert caller.get("/api/v1/audit", {"cursor": cursor}).status_code == 400


def test_filters_stay_on_the_next_page(caller, workspace):
    for bucket in ("agents", "people", "agents", "people", "agents"):
        issue(workspace, bucket=bucket)

    pages = walk(caller, "/api/v1/keys?limit=2&bucket=agents")

    assert [len(page) for page in pages] == [2, 1]


def test_a_long_list_costs_as_many_queries_as_a_short_one(
    caller, workspace, django_assert_max_num_queries, django_assert_num_queries
):
    for path in ("keys", "audit", "usage", "members", "invitations"):
        with django_assert_max_num_queries(3):
            caller.get(f"/api/v1/{path}?limit=2")
    for number in range(12):
        issue(workspace, name=f"k{number}")
    with django_assert_num_queries(2):
        assert len(caller.get("/api/v1/keys").json()["data"]) == 13
