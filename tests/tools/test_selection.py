"""Which tools are offered."""

from __future__ import annotations

import pytest

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Limits
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.selection import select

SWITCHES = {"switch-organization", "switch-project"}


def offered(limits: Limits = Limits(), scopes: tuple[str, ...] | None = None) -> set[str]:  # noqa: B008 - frozen
    """The names on offer."""
    return {tool.name for tool in select(TOOLS, limits, scopes).offered}


@pytest.mark.parametrize(
    ("limits", "count"),
    [
        (Limits(), 44),
        (Limits(features=("flags",)), 5),
        (Limits(features=("error-tracking",)), 2),
        (Limits(features=("error_tracking", "Docs")), 3),
        (Limits(tools=("query-run",)), 1),
        (Limits(features=("flags",), tools=("query-run", "create-feature-flag")), 6),
        (Limits(features=("flags",), read_only=True), 2),
        (Limits(read_only=True), 26),
        (Limits(project="1"), 42),
        (Limits(organization="o"), 42),
        (Limits(features=("api",)), 4),
        (Limits(features=("API",), read_only=True), 3),
        (Limits(features=("all", "api")), 48),
        (Limits(features=("all",)), 44),
        (Limits(features=("all",), tools=("api-search",)), 45),
        (Limits(tools=("api-search",)), 1),
    ],
)
def test_limits(limits: Limits, count: int) -> None:
    assert len(offered(limits)) == count


@pytest.mark.parametrize(
    ("scopes", "has", "has_not"),
    [
        (None, {"query-run", "create-feature-flag"}, set()),
        (("*",), {"query-run", "create-feature-flag"}, set()),
        (("feature_flag:read",), {"feature-flag-get-all", "docs-search"}, {"create-feature-flag", "query-run"}),
        (("feature_flag:write",), {"feature-flag-get-all", "create-feature-flag"}, {"dashboards-get-all"}),
        (("error_tracking:read",), set(), {"list-errors"}),
        (("error_tracking:read", "query:read"), {"list-errors"}, {"insight-query"}),
        ((), {"docs-search"}, {"query-run"}),
    ],
)
def test_scopes(scopes: tuple[str, ...] | None, has: set[str], has_not: set[str]) -> None:
    names = offered(scopes=scopes)
    assert has <= names
    assert not has_not & names


@pytest.mark.parametrize(
    ("limits", "scopes", "tool", "reason"),
    [
        (Limits(features=("flags",)), None, "query-run", "not among --features and --tools"),
        (Limits(), None, "api-search", "offered with `--features all,api`"),
        (Limits(features=("all",)), None, "api-search", "not among --features and --tools"),
        (Limits(read_only=True), None, "dashboard-delete", "it writes, and the server is read-only"),
        (Limits(project="1"), None, "switch-project", "the project or organization is pinned"),
        (Limits(), ("insight:read",), "insight-query", "the key lacks the scope query:read"),
    ],
)
def test_what_is_left_out_has_a_reason(limits: Limits, scopes: tuple[str, ...] | None, tool: str, reason: str) -> None:
    assert select(TOOLS, limits, scopes).left_out[tool] == reason


ORGANIZATION = {"organization-details-get", "organizations-get", "switch-organization"}


@pytest.mark.parametrize(
    ("limits", "teams", "without"),
    [
        (Limits(), (1, 2), ORGANIZATION | {"projects-get"}),
        (Limits(project="1"), (1, 2), ORGANIZATION | {"switch-project"}),  # the pinned one is no list
        (Limits(), (), set()),
    ],
)
def test_a_key_of_projects_is_offered_nothing_of_organizations(
    limits: Limits, teams: tuple[int, ...], without: set[str]
) -> None:
    found = select(TOOLS, limits, None, teams)
    unasked = {tool.name for tool in TOOLS if tool.feature == "api"}
    assert found.left_out.keys() == without | unasked
    assert {tool.name for tool in found.offered} == {tool.name for tool in TOOLS} - without - unasked


def test_why_a_key_of_projects_is_not() -> None:
    reason = select(TOOLS, Limits(), None, (1, 2)).left_out["organizations-get"]
    assert reason == "the key is limited to projects (1, 2), and PostHog tells it nothing of organizations"


@pytest.mark.parametrize(
    ("limits", "message", "hint"),
    [
        (Limits(features=("flag",)), "`--features`: there is no `flag`", "Did you mean `flags`?"),
        (Limits(features=("zzz",)), "`--features`: there is no `zzz`", "There are all, api, dashboards, docs"),
        (Limits(tools=("query_runs",)), "`--tools`: there is no `query_runs`", "Did you mean `query-run`?"),
    ],
)
def test_names_that_do_not_exist(limits: Limits, message: str, hint: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        offered(limits)
    assert caught.value.message == message
    assert (caught.value.hint or "").startswith(hint)


def test_a_read_only_server_offers_nothing_that_writes() -> None:
    assert not any(tool.hints.destructive for tool in select(TOOLS, Limits(read_only=True), None).offered)
    assert not SWITCHES & offered(Limits(read_only=True))


def test_an_organization_that_lets_servers_only_read_is_offered_nothing_that_writes() -> None:
    """As PostHog's own server does since https://github.com/PostHog/posthog/pull/86299."""
    found = select(TOOLS, Limits(), None, reads_only=True)
    assert {tool.name for tool in found.offered if not tool.hints.read_only} == {
        "switch-organization",
        "switch-project",
    }
    assert found.left_out["dashboard-delete"] == "it writes, and the organization's settings let MCP servers only read"
