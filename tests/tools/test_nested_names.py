"""The names within arguments are those of PostHog's schema."""

from __future__ import annotations

import json

import pytest

from posthog_wizard.tools.nested_names import SHAPES, names_listing, refuse_misspelled
from tests.tools.openapi_subset import SUBSET

SCHEMAS = json.loads(SUBSET.read_text())["components"]["schemas"]
DESCRIBED = {
    "TrendsQuery": "TrendsQuery",
    "FunnelsQuery": "FunnelsQuery",
    "RetentionQuery": "RetentionQuery",
    "PathsQuery": "PathsQuery",
    "LifecycleQuery": "LifecycleQuery",
    "StickinessQuery": "StickinessQuery",
    "HogQLQuery": "HogQLQuery",
    "EventsNode": "EventsNode",
    "ActionsNode": "ActionsNode",
    "DataWarehouseNode": "DataWarehouseNode",
    "TrendsFilter": "trends",
    "FunnelsFilter": "funnels",
    "RetentionFilter": "retention",
    "PathsFilter": "paths",
    "LifecycleFilter": "lifecycle",
    "StickinessFilter": "stickiness",
    "BreakdownFilter": "breakdown",
    "CompareFilter": "compare",
    "DateRange": "dateRange",
    "HogQLFilters": "sqlFilters",
    "GroupPropertyFilter": "property",
    "CohortPropertyFilter": "property",
    "FlagPropertyFilter": "property",
}


@pytest.mark.parametrize(("component", "shape"), DESCRIBED.items())
def test_every_name_of_posthogs_schema_is_known(component: str, shape: str) -> None:
    assert SCHEMAS[component]["properties"].keys() <= SHAPES[shape].keys()


@pytest.mark.parametrize("inner", sorted({inner for names in SHAPES.values() for inner in names.values() if inner}))
def test_every_shape_that_is_named_is_described(inner: str) -> None:
    assert inner in SHAPES
    assert f"- {inner}: " in names_listing()


@pytest.mark.parametrize(
    ("shape", "value", "stored"),
    [
        ("filters", {"groups": [{"newer": 1}]}, {"groups": [{"newer": 0}]}),  # what PostHog holds comes back
        ("filters", {"payloads": {"anything": 1}}, None),
        ("TrendsQuery", {"kind": "TrendsQuery", "somethingQuiteNew": 1}, None),  # PostHog checks it itself
        ("TrendsQuery", {"kind": "TrendsQuery", "series": [{"kind": "GroupNode", "nodes": []}]}, None),
        (
            "TrendsQuery",
            {"kind": ["odd"], "properties": {"type": "AND", "values": [{"type": "AND", "values": []}]}},
            None,
        ),
        ("appearance", {"somethingQuiteNew": 1}, None),
        ("appearance", None, None),
        ("filters", "text", [1]),
    ],
)
def test_what_is_not_for_us_to_judge_passes(shape: str, value: object, stored: object) -> None:
    refuse_misspelled(shape, value, "x", stored)
