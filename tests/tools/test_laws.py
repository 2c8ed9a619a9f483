"""What holds for every tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.tools import TOOLS, TOOLSETS
from posthog_wizard.tools.listing import definition, row, total
from posthog_wizard.tools.tool import Tool
from tests.support.reviewed import reviewed

GOLDEN = Path(__file__).parent / "golden"
NAMES = [
    "add-insight-to-dashboard",
    "dashboard-create",
    "dashboard-delete",
    "dashboard-get",
    "dashboard-update",
    "dashboards-get-all",
    "docs-search",
    "error-details",
    "list-errors",
    "event-definitions-list",
    "properties-list",
    "experiment-create",
    "experiment-delete",
    "experiment-get",
    "experiment-get-all",
    "experiment-results-get",
    "experiment-update",
    "create-feature-flag",
    "delete-feature-flag",
    "feature-flag-get-all",
    "feature-flag-get-definition",
    "update-feature-flag",
    "insight-create-from-query",
    "insight-delete",
    "insight-get",
    "insight-query",
    "insight-update",
    "insights-get-all",
    "query-generate-hogql-from-question",
    "query-run",
    "get-llm-total-costs-for-project",
    "organization-details-get",
    "organizations-get",
    "projects-get",
    "property-definitions",
    "switch-organization",
    "switch-project",
    "survey-create",
    "survey-delete",
    "survey-get",
    "survey-stats",
    "survey-update",
    "surveys-get-all",
    "surveys-global-stats",
    "api-describe",
    "api-read",
    "api-search",
    "api-write",
]
# The hints of PostHog's own server (facts of October 2025): read only, destructive, idempotent.
CREATING = (
    "dashboard-create",
    "experiment-create",
    "create-feature-flag",
    "insight-create-from-query",
    "survey-create",
)
ANYTHING = "api-write"  # what it does depends on the operation
DELETING = (
    "api-write",
    "dashboard-delete",
    "experiment-delete",
    "delete-feature-flag",
    "insight-delete",
    "survey-delete",
)
UPDATING = (
    "add-insight-to-dashboard", "dashboard-update", "experiment-update", "update-feature-flag", "insight-update",
    "survey-update", "switch-organization", "switch-project",
)  # fmt: skip
every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def parameters(schema: Any) -> list[tuple[str, Any]]:
    """The parameters of a schema, those of nested objects left out."""
    return list(schema["properties"].items())


def words(schema: Any) -> set[str]:
    """Every key that occurs in a schema."""
    if isinstance(schema, list):
        return {word for item in schema for word in words(item)}
    return (
        {word for key, value in schema.items() for word in {key, *words(value)}} if isinstance(schema, dict) else set()
    )


def test_the_tools_are_those_of_the_documentation() -> None:
    assert sorted(tool.name for tool in TOOLS) == sorted(NAMES)


def test_a_toolset_holds_its_own_tools() -> None:
    assert {name: {tool.function.__module__ for tool in tools} for name, tools in TOOLSETS.items()} == {
        name: {f"posthog_wizard.tools.{name}"} for name in TOOLSETS
    }


@every_tool
def test_its_schema_is_what_was_reviewed(tool: Tool) -> None:
    """To accept a change: delete the file; the next run writes it, and fails once."""
    made = json.dumps(definition(tool), indent=1, ensure_ascii=False) + "\n"
    assert made == reviewed(GOLDEN / f"{tool.name}.json", made)


@every_tool
def test_it_and_its_parameters_are_described(tool: Tool) -> None:
    schema = definition(tool)["inputSchema"]
    undescribed = [name for name, parameter in parameters(schema) if not parameter.get("description")]
    assert undescribed == []
    assert 10 <= len(tool.description) <= 200
    assert tool.title


@every_tool
def test_clients_take_its_schema(tool: Tool) -> None:
    """Some clients drop a whole list for one schema with a choice at its root, or do not follow references."""
    schema = definition(tool)["inputSchema"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs", "title"} & words(
        {**schema, "properties": [*schema["properties"].values()]}
    )
    assert len(tool.name) <= 64


@every_tool
def test_it_reads_or_writes_as_its_scopes_do(tool: Tool) -> None:
    writes = any(scope.endswith(":write") for scope in tool.scopes)
    switches = tool.name.startswith("switch-")
    assert tool.hints.read_only == (not writes and not switches and tool.name != ANYTHING)


@every_tool
def test_its_hints_are_true(tool: Tool) -> None:
    asks = tool.name == "query-generate-hogql-from-question"
    assert tool.hints.read_only == (tool.name not in {*CREATING, *DELETING, *UPDATING})
    assert tool.hints.destructive == (tool.name in DELETING)
    assert tool.hints.idempotent == (tool.name not in {*CREATING, ANYTHING} and not asks)
    assert tool.hints.open_world


def test_all_that_are_offered_unasked_cost_at_most_8000_tokens() -> None:
    assert total(tuple(tool for tool in TOOLS if tool.feature != "api")) <= 8000


def test_the_whole_api_costs_at_most_600_tokens() -> None:
    assert total(TOOLSETS["api"]) <= 600


@every_tool
def test_its_row_in_the_table(tool: Tool) -> None:
    assert row(tool)["tokens"] > 20
    assert row(tool)["toolset"] == tool.feature
