"""Accept work for the scanner and change what it works by. REST, pages, admin and commands all come through here."""

from __future__ import annotations

from raksha.services.changing import Busy, InvalidValue, UnableToChange
from raksha.services.feeds import request_fetch
from raksha.services.filters import delete_filter, save_filter
from raksha.services.policies import POLICY_FIELDS, change_policy, create_policy, delete_policy
from raksha.services.projects import (
    PROJECT_FIELDS,
    change_project,
    create_project,
    delete_project,
    project_for,
)
from raksha.services.scans import OtherScan, cancel_scan, reissue_waiting, repeat_scan, request_scan
from raksha.services.triage import delete_exclusion, exclude, rule_on_findings
from raksha.services.uploads import receive_upload

__all__ = [
    "POLICY_FIELDS",
    "PROJECT_FIELDS",
    "Busy",
    "InvalidValue",
    "OtherScan",
    "UnableToChange",
    "cancel_scan",
    "change_policy",
    "change_project",
    "create_policy",
    "create_project",
    "delete_exclusion",
    "delete_filter",
    "delete_policy",
    "delete_project",
    "exclude",
    "project_for",
    "receive_upload",
    "reissue_waiting",
    "repeat_scan",
    "request_fetch",
    "request_scan",
    "rule_on_findings",
    "save_filter",
]
