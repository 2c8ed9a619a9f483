"""The tools beside what is known of PostHog's own server: feature, scopes and endpoints of each."""

from __future__ import annotations

import pytest

from posthog_wizard.server.service import BY_NAME

P, E = "/api/projects/{project_id}", "/api/environments/{project_id}"
# Where ours differ from what PostHog's first server declared, it is because the API demands it.
ROWS: tuple[tuple[str, str, str], ...] = (
    ("add-insight-to-dashboard", "dashboards", "dashboard:write insight:write"),  # it changes the insight
    ("dashboard-create", "dashboards", "dashboard:write"),
    ("dashboard-delete", "dashboards", "dashboard:write"),
    ("dashboard-get", "dashboards", "dashboard:read"),
    ("dashboard-update", "dashboards", "dashboard:write"),
    ("dashboards-get-all", "dashboards", "dashboard:read"),
    ("docs-search", "docs", ""),  # without project:read it answers with links
    ("error-details", "error-tracking", "error_tracking:read query:read"),  # the query endpoint
    ("list-errors", "error-tracking", "error_tracking:read query:read"),
    ("create-feature-flag", "flags", "feature_flag:write"),
    ("delete-feature-flag", "flags", "feature_flag:write"),
    ("feature-flag-get-all", "flags", "feature_flag:read"),
    ("feature-flag-get-definition", "flags", "feature_flag:read"),
    ("update-feature-flag", "flags", "feature_flag:write"),
    ("experiment-get-all", "experiments", "experiment:read"),
    ("experiment-create", "experiments", "experiment:write"),
    ("experiment-delete", "experiments", "experiment:write"),
    ("experiment-update", "experiments", "experiment:write"),
    ("experiment-get", "experiments", "experiment:read"),
    ("experiment-results-get", "experiments", "experiment:read query:read"),
    ("insight-create-from-query", "insights", "insight:write"),
    ("insight-delete", "insights", "insight:write"),
    ("insight-get", "insights", "insight:read"),
    ("insight-query", "insights", "insight:read query:read"),
    ("insights-get-all", "insights", "insight:read"),
    ("insight-update", "insights", "insight:write"),
    ("query-run", "insights", "query:read"),
    ("query-generate-hogql-from-question", "insights", "insight:read query:read"),
    ("get-llm-total-costs-for-project", "llm-analytics", "query:read"),  # declared warehouse_table:read, unused
    *((f"api-{verb}", "api", "") for verb in ("search", "describe", "read", "write")),  # each operation has its own
    ("organization-details-get", "workspace", "organization:read"),
    ("organizations-get", "workspace", "organization:read"),  # declared user:read
    ("switch-organization", "workspace", "organization:read project:read"),  # and the project that it switches to
    ("projects-get", "workspace", "project:read"),  # declared organization:read
    ("property-definitions", "workspace", "property_definition:read"),
    ("switch-project", "workspace", "project:read"),
    ("event-definitions-list", "events", "event_definition:read"),
    ("properties-list", "events", "property_definition:read"),
    ("survey-create", "surveys", "survey:write"),
    ("survey-get", "surveys", "survey:read"),
    ("surveys-get-all", "surveys", "survey:read"),
    ("survey-update", "surveys", "survey:write"),
    ("survey-delete", "surveys", "survey:write"),
    ("surveys-global-stats", "surveys", "survey:read"),
    ("survey-stats", "surveys", "survey:read"),
)


def test_every_tool_has_a_row() -> None:
    assert sorted(name for name, _, _ in ROWS) == sorted(BY_NAME)


@pytest.mark.parametrize(("name", "feature", "scopes"), ROWS)
def test_feature_and_scopes(name: str, feature: str, scopes: str) -> None:
    assert BY_NAME[name].feature == feature
    assert sorted(BY_NAME[name].scopes) == scopes.split()
