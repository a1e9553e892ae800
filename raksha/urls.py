"""Addresses of the scanner's pages."""

from __future__ import annotations

from django.urls import path

from raksha.views import (
    comparing,
    dependencies,
    finding,
    findings,
    intelligence,
    overview,
    projects,
    rules,
    scans,
)

app_name = "raksha"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("live", overview.overview_live, name="overview_live"),
    # This very path may carry long bodies: settings.ROOMY_PATHS.
    path("new/", scans.new_scan, name="new_scan"),
    path("runs/", scans.scan_list, name="scans"),
    path("runs/live", scans.scan_list_live, name="scans_live"),
    path("runs/<str:scan_id>/", scans.scan_detail, name="scan"),
    path("runs/<str:scan_id>/live", scans.scan_live, name="scan_live"),
    path("runs/<str:scan_id>/cancel", scans.cancel, name="scan_cancel"),
    path("runs/<str:scan_id>/repeat", scans.repeat, name="scan_repeat"),
    path("runs/<str:scan_id>/report/<str:wanted>", scans.report, name="report"),
    path("findings/", findings.finding_list, name="findings"),
    path("findings/live", findings.finding_count, name="findings_live"),
    path("findings/export.<str:kind>", findings.finding_export, name="findings_export"),
    path("findings/triage", findings.triage, name="triage"),
    path("findings/filters/save", findings.filter_save, name="filter_save"),
    path("findings/filters/<str:filter_id>/delete", findings.filter_delete, name="filter_delete"),
    path("findings/<str:finding_id>/", finding.finding_detail, name="finding"),
    path("findings/<str:finding_id>/rule", finding.rule_on, name="finding_rule"),
    path("findings/<str:finding_id>/exclude", finding.exclude, name="finding_exclude"),
    path("dependencies/", dependencies.dependency_list, name="dependencies"),
    path("dependencies/export.csv", dependencies.dependency_csv, name="dependencies_csv"),
    path("rules/", rules.rule_list, name="rules"),
    path("rules/gates/new", rules.gate_new, name="gate_new"),
    path("rules/gates/<str:gate_id>/", rules.gate_change, name="gate"),
    path("rules/gates/<str:gate_id>/delete", rules.gate_delete, name="gate_delete"),
    path("rules/exclusions/new", rules.exclusion_new, name="exclusion_new"),
    path("rules/exclusions/<str:exclusion_id>/delete", rules.exclusion_delete, name="exclusion_delete"),
    path("intelligence/", intelligence.intelligence, name="intelligence"),
    path("intelligence/live", intelligence.intelligence_live, name="intelligence_live"),
    path("intelligence/<int:feed_id>/fetch", intelligence.fetch, name="feed_fetch"),
    path("compare/", comparing.compare, name="compare"),
    path("projects/new", projects.create, name="project_new"),
    path("projects/<str:project_id>/", projects.change, name="project"),
    path("projects/<str:project_id>/delete", projects.delete, name="project_delete"),
]
