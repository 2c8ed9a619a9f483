"""The error tracking and LLM analytics toolsets, and events and properties."""

from __future__ import annotations

from posthog_wizard.sandbox.sample import catalog
from tests.tools.cases import PROJECT, QUERY, Case, Refusal, Sent

ISSUE = catalog.ISSUES[0].id
WEEK = {"date_from": "2026-02-25T12:00:00+00:00", "date_to": "2026-03-04T12:00:00+00:00"}
DEFAULTS = {
    "kind": "ErrorTrackingQuery",
    "orderBy": "occurrences",
    "dateRange": WEEK,
    "volumeResolution": 1,
    "orderDirection": "DESC",
    "filterTestAccounts": True,
    "status": "active",
    "limit": 25,
    "offset": 0,
}
SHOWN = {
    "id": ISSUE,
    "name": "TypeError",
    "status": "active",
    "library": "web",
    "url": f"{{}}/project/2/error_tracking/{ISSUE}",
}
COSTS = {
    "kind": "TrendsQuery",
    "dateRange": {"date_from": "-6d", "date_to": None},
    "filterTestAccounts": True,
    "series": [
        {
            "event": "$ai_generation",
            "name": "$ai_generation",
            "math": "sum",
            "math_property": "$ai_total_cost_usd",
            "kind": "EventsNode",
        }
    ],
    "breakdownFilter": {"breakdown_type": "event", "breakdown": "$ai_model"},
}
PROPERTIES = f"GET {PROJECT}/property_definitions/"
CASES = (
    Case(
        "list-errors",
        {},
        (Sent(f"POST {QUERY}", {}, {"query": DEFAULTS}),),
        {"project": 2, "next_offset": None},
        "defaults",
    ),
    Case(
        "list-errors",
        {"dateFrom": "-24h", "orderBy": "users", "limit": 5, "offset": 5},
        (
            Sent(
                f"POST {QUERY}",
                {},
                {
                    "query": DEFAULTS
                    | {"dateRange": WEEK | {"date_from": "-24h"}, "orderBy": "users", "limit": 5, "offset": 5}
                },
            ),
        ),
        {"results": []},
        "a page behind the last",
    ),
    Case(
        "error-details",
        {"issue_id": ISSUE, "date_to": "2026-03-01"},
        (
            Sent(
                f"POST {QUERY}",
                {},
                {
                    "query": {
                        "kind": "ErrorTrackingQuery",
                        "orderBy": "last_seen",
                        "dateRange": WEEK | {"date_to": "2026-03-01"},
                        "volumeResolution": 0,
                        "issueId": ISSUE,
                        "withFirstEvent": True,
                    }
                },
            ),
        ),
        SHOWN,
    ),
    Case("get-llm-total-costs-for-project", {}, (Sent(f"POST {QUERY}", {}, {"query": COSTS}),), {"project": 2}),
    Case(
        "get-llm-total-costs-for-project",
        {"projectId": 2, "days": 30},
        (Sent(f"POST {QUERY}", {}, {"query": COSTS | {"dateRange": {"date_from": "-30d", "date_to": None}}}),),
        {"url": "{}/project/2/data-management/events/%24ai_generation"},
    ),
    Case(
        "event-definitions-list",
        {"q": "pageview"},
        (Sent(f"GET {PROJECT}/event_definitions/", {"search": "pageview", "limit": "100", "offset": "0"}),),
        {
            "count": 1,
            "results": [
                {
                    "name": "$pageview",
                    "description": "A page of the site or a screen of the app was opened.",
                    "last_seen_at": "2026-03-04T11:58:00.485000Z",
                    "url": "{}/project/2/data-management/events/%24pageview",
                }
            ],
        },
    ),
    Case(
        "properties-list",
        {"type": "event", "eventName": 'a "b"'},
        (
            Sent(
                PROPERTIES,
                {
                    "type": "event",
                    "event_names": '["a \\"b\\""]',
                    "filter_by_event_names": "true",
                    "is_feature_flag": "false",
                    "exclude_core_properties": "true",
                    "exclude_hidden": "true",
                    "limit": "200",
                    "offset": "0",
                },
            ),
        ),
        {"results": []},
        "of one event",
    ),
    Case(
        "properties-list",
        {"type": "person", "includePredefinedProperties": True},
        (
            Sent(
                PROPERTIES,
                {
                    "type": "person",
                    "filter_by_event_names": "false",
                    "is_feature_flag": "false",
                    "exclude_core_properties": "false",
                    "exclude_hidden": "true",
                    "limit": "200",
                    "offset": "0",
                },
            ),
        ),
        note="of persons",
    ),
    Case(
        "property-definitions",
        {},
        (Sent(PROPERTIES, {"type": "event", "exclude_hidden": "true", "limit": "100", "offset": "0"}),),
        note="of all events",
    ),
    Case(
        "property-definitions",
        {"event_name": "paid", "search": "pl"},
        (
            Sent(
                PROPERTIES,
                {
                    "search": "pl",
                    "type": "event",
                    "event_names": '["paid"]',
                    "filter_by_event_names": "true",
                    "exclude_hidden": "true",
                    "limit": "100",
                    "offset": "0",
                },
            ),
        ),
        note="of one event",
    ),
    Case(
        "property-definitions",
        {"type": "group", "group_type_index": 0},
        (
            Sent(
                PROPERTIES,
                {"group_type_index": "0", "type": "group", "exclude_hidden": "true", "limit": "100", "offset": "0"},
            ),
        ),
        note="of groups",
    ),
)
REFUSALS = (
    Refusal("event-definitions-list", {"limit": "all"}, "`limit` must be an integer"),
    Refusal("property-definitions", {"type": "cohort"}, "`type` must be 'event', 'person', 'group' or 'session'"),
    Refusal("list-errors", {"status": "open"}, "`status` must be 'active', 'resolved', 'suppressed' or 'all'"),
    Refusal("error-details", {"issue_id": "1"}, "`issue_id`"),
    Refusal("list-errors", {"date_from": "yesterday"}, "`date_from` is 'yesterday'"),
    Refusal(
        "error-details", {"issue_id": ISSUE.replace("e01", "eff")}, "has no events in that time", (f"POST {QUERY}",)
    ),
    Refusal("properties-list", {"type": "event"}, "`event_name` is required"),
    Refusal("get-llm-total-costs-for-project", {"project_id": 3}, "pinned to project 2"),
    Refusal("get-llm-total-costs-for-project", {"days": 0}, "`days`"),
)
