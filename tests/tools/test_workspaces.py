"""The workspace and documentation toolsets, and where a call answers from."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from posthog_wizard.model import Limits
from posthog_wizard.server.service import Service
from posthog_wizard.tools.docs import links_for
from tests.support.posthog import Reply, SandboxKey, failure, not_found
from tests.support.posthog_core import FIRST, SECOND
from tests.support.posthog_tools import said
from tests.support.serving import bench
from tests.tools.cases_workspaces import FREE

ASK: tuple[str, dict[str, Any]] = ("dashboards-get-all", {})
LIST = "GET /api/projects/{}/dashboards/"


@pytest.mark.parametrize(
    ("limits", "key", "before", "project"),
    [
        (Limits(project="1"), SandboxKey("phx_test"), (), 1),
        (FREE, SandboxKey("phx_test"), (), 2),
        (FREE, SandboxKey("phx_test", teams=(3,)), (), 3),
        (FREE, SandboxKey("phx_test", teams=(1, 2)), (), 2),
        (Limits(organization=SECOND), SandboxKey("phx_test"), (), 3),
        (FREE, SandboxKey("phx_test", organizations=(SECOND,)), (), 3),
        (FREE, SandboxKey("phx_test"), (("switch-project", {"project_id": 1}),), 1),
        (FREE, SandboxKey("phx_test"), (("switch-organization", {"org_id": SECOND}),), 3),
        (FREE, SandboxKey("phx_test"), (("switch-project", {"project_id": 404}),), 2),
    ],
)
def test_an_answer_is_from_the_project_that_it_names(
    limits: Limits, key: SandboxKey, before: tuple[tuple[str, dict[str, Any]], ...], project: int
) -> None:
    with bench(key, limits=limits) as made:
        answer = said(made.calls(*before, ASK)[-1].text)
        assert answer["project"] == project
        assert made.posthog.lines[-1] == LIST.format(project)


def test_a_key_that_names_no_project_is_told_what_to_do() -> None:
    with bench(SandboxKey("phx_test", scopes=("dashboard:read",)), limits=FREE) as made:
        found = made.call(*ASK[:1])
        assert found.failed
        assert "which project?" in found.text
        assert "--project" in found.text


def test_an_organization_without_a_visible_project_leaves_none_active() -> None:
    key = SandboxKey("phx_test", scopes=("organization:read", "user:read", "dashboard:read"))
    with bench(key, limits=FREE) as made:
        switched, listed = made.calls(("switch-organization", {"org_id": SECOND}), ASK)
        assert not switched.failed
        assert listed.failed
        assert "which project?" in listed.text


PINNED: tuple[tuple[Limits, str, str], ...] = (
    (Limits(organization=SECOND), "organizations-get", "Foxes"),
    (Limits(project="1"), "organizations-get", "Hedgehogs"),
    (Limits(project="1"), "projects-get", "Website"),
)


@pytest.mark.parametrize(("limits", "tool", "name"), PINNED)
def test_what_is_pinned_is_all_there_is(limits: Limits, tool: str, name: str) -> None:
    with bench(limits=limits) as made:
        assert [row["name"] for row in said(made.call(tool).text)["results"]] == [name]


def test_a_pinned_project_is_all_that_its_organization_shows() -> None:
    projects = {"id": FIRST, "name": "Hedgehogs", "projects": [{"id": 1, "name": "Website"}, {"id": 2, "name": "App"}]}
    with bench(limits=Limits(project="1")) as made:
        made.posthog.will_answer("GET", f"/api/organizations/{FIRST}/", Reply(200, projects))
        found = said(made.call("organization-details-get").text)
        assert found["projects"] == [{"id": 1, "name": "Website"}]


@pytest.mark.parametrize(("project", "allowed"), [(1, False), (3, True)])
def test_a_pinned_organization_holds_for_a_project_that_is_named(project: int, allowed: bool) -> None:
    with bench(limits=Limits(organization=SECOND)) as made:
        found = made.call("get-llm-total-costs-for-project", project_id=project)
        assert found.failed == (not allowed)
        assert ("pinned to organization" in found.text) == (not allowed)


@pytest.mark.parametrize("limits", [Limits(project="2"), Limits(organization=FIRST)])
@pytest.mark.parametrize(
    ("tool", "arguments"), [("switch-project", {"project_id": 1}), ("switch-organization", {"org_id": SECOND})]
)
def test_what_is_pinned_cannot_be_switched(limits: Limits, tool: str, arguments: dict[str, Any]) -> None:
    with bench(limits=limits) as made:
        found = made.call(tool, **arguments)
        assert found.failed
        assert "pinned" in found.text
        assert made.posthog.lines == []


@pytest.mark.parametrize("reply", [not_found(), failure(501), Reply(200, b"<html>")])
def test_without_a_docs_search_there_are_links(reply: Reply) -> None:
    with bench() as made:
        made.posthog.will_answer("POST", "/api/projects/2/mcp_tools/docs_search/", reply)
        found = made.call("docs-search", query="next.js setup")
        assert not found.failed
        assert "https://posthog.com/docs/libraries/next-js" in found.text


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How do I create feature flags?", "https://posthog.com/docs/feature-flags/creating-feature-flags"),
        ("HogQL", "https://posthog.com/docs/sql"),
        ("surveys", "https://posthog.com/docs/surveys"),
        ("ruby on rails", "https://posthog.com/docs/libraries/ruby-on-rails"),
        ("zzz", "https://posthog.com/docs"),
        ("how do I track page views", "https://posthog.com/docs/web-analytics"),
        ("FastAPI", "https://posthog.com/docs/libraries/python"),
        ("logs", "https://posthog.com/docs/logs"),
        ("hono", "https://posthog.com/docs/libraries/hono"),
        ("React Router", "https://posthog.com/docs/libraries/react-router"),
        ("Nuxt", "https://posthog.com/docs/libraries/nuxt-js"),
        ("vue.js", "https://posthog.com/docs/libraries/vue-js"),
        ("TanStack Start", "https://posthog.com/docs/libraries/tanstack-start"),
        ("LLM analytics", "https://posthog.com/docs/ai-observability"),
        ("MCP analytics", "https://posthog.com/docs/mcp-analytics"),
        ("install error tracking", "https://posthog.com/docs/error-tracking/installation"),
        ("where do people click, a heatmap", "https://posthog.com/docs/toolbar/heatmaps"),
        ("alert me when signups drop", "https://posthog.com/docs/alerts"),
        ("annotations", "https://posthog.com/docs/data/annotations"),
        ("early access", "https://posthog.com/docs/feature-flags/early-access-feature-management"),
        ("subscriptions", "https://posthog.com/docs/product-analytics/subscriptions"),
        ("notebooks", "https://posthog.com/docs/notebooks"),
        ("workflows", "https://posthog.com/docs/workflows"),
        ("WordPress", "https://posthog.com/docs/libraries/wordpress"),
        ("google tag manager", "https://posthog.com/docs/libraries/google-tag-manager"),
        ("Segment", "https://posthog.com/docs/libraries/segment"),
        ("Slack", "https://posthog.com/docs/libraries/slack"),
    ],
)
def test_the_index_of_links(question: str, first: str) -> None:
    assert links_for(question)[0]["url"] == first


ME = {"email": "max@example.com", "team": {"id": 2, "organization": FIRST}}


@pytest.mark.parametrize(
    ("home", "calls", "offered"),
    [
        ({"id": FIRST, "read_only_mcp_access": True}, (), False),
        ({"id": FIRST, "read_only_mcp_access": False}, (), True),
        ({"id": FIRST}, (), True),  # a PostHog before August 2026
        ({"id": FIRST, "read_only_mcp_access": True}, (("switch-organization", {"org_id": SECOND}),), True),
    ],
)
def test_what_an_organization_lets_servers_do(home: dict[str, Any], calls: Any, offered: bool) -> None:
    async def writes(service: Service) -> bool:
        await service.selection()
        await asyncio.gather(*(service.call(name, arguments) for name, arguments in calls))
        return "create-feature-flag" in {tool.name for tool in (await service.selection()).offered}

    with bench(limits=FREE) as made:
        made.posthog.will_answer("GET", "/api/users/@me/", Reply(200, {**ME, "organization": home}))
        assert made.use(writes) is offered
