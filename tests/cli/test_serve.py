"""The command lines of `mcp serve` and `mcp tools`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.tools import TOOLS
from tests.support.homes import home
from tests.support.mcp_process import Program
from tests.support.posthog import Reply, SandboxKey
from tests.support.posthog_core import FIRST
from tests.support.posthog_tools import said
from tests.support.program import run
from tests.support.sandboxes import lay_data
from tests.support.serving import instance

LIST = "dashboards-get-all"
KEY: dict[str, Any] = {"POSTHOG_PERSONAL_API_KEY": "phx_test"}


# ------------------------------------------------------------------ the command line


EMPTY = (
    ("--project", ""),
    ("--organization", " "),
    ("--features", ""),
    ("--tools", ","),
)  # as variables that are not set give


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--features", "flag"), 2, "Did you mean `flags`?"),
        (("--tools", "nothing-at-all"), 2, "there is no `nothing-at-all`"),
        (("--host", "x", "--region", "us"), 2, "--region"),
        (("--host", "http://posthog.example.com"), 2, "plain http"),
        (("--project", "one"), 2, "not a project's number"),
        *(((flag, value), 2, f"`{flag}` says nothing") for flag, value in EMPTY),
        (("--profile", "w o"), 2, "a profile's name"),
        (("--sandbox", "--host", "us"), 2, "`--sandbox` and `--host` cannot be combined"),
        (("--sandbox", "--region", "us"), 2, "`--sandbox` and `--region` cannot be combined"),
        (("--analytics-key", "phx_x"), 2, "`--analytics-key` is not a project key"),
        (("--analytics-key", "phc_a b"), 2, "`--analytics-key` is not a project key"),
        (("--log-file", "/nowhere/at/all.log"), 2, "cannot be written"),
        (("--max-tokens", "1"), 2, "--max-tokens"),
    ],
)
def test_a_wrong_command_line_does_not_start(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path) -> None:
    ended = run(["mcp", "serve", *arguments], home(tmp_path), **KEY)
    assert (ended.code, ended.out) == (code, "")
    assert words in " ".join(ended.err.split())


def test_the_limits_of_the_command_line(tmp_path: Path) -> None:
    with instance() as server:
        arguments = (
            "--host",
            server.url,
            "--features",
            "flags",
            "--read-only",
            "--project",
            "1",
            "--max-tokens",
            "600",
        )
        with Program(*arguments, home=tmp_path) as program:
            program.initialize()
            names = [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]]
            assert names == ["feature-flag-get-all", "feature-flag-get-definition"]
            assert "the server is read-only" in program.call(2, "delete-feature-flag", flag_key="new-nav")
            assert "not among --features" in program.call(3, "query-run")
            assert said(program.call(4, "feature-flag-get-all"))["project"] == 1


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        program.call(1, LIST)
        program.stdin.close()
        program.ended()
        assert list(tmp_path.iterdir()) == []


def test_the_table_of_tools(tmp_path: Path) -> None:
    shown = run(["mcp", "tools"], home(tmp_path))
    assert shown.err == ""
    assert shown.out.splitlines()[-1].startswith("44 tools, ")
    assert [tool.name for tool in TOOLS if (f"\n{tool.name} " in shown.out) == (tool.feature == "api")] == []


def test_the_table_of_tools_as_json(tmp_path: Path) -> None:
    document = run(["mcp", "tools", "--json", "--features", "docs,flags", "--read-only"], home(tmp_path)).document
    assert (document["schema"], document["error"]) == ("posthog-wizard.tools/1", None)
    assert [tool["name"] for tool in document["tools"]] == [
        "docs-search",
        "feature-flag-get-all",
        "feature-flag-get-definition",
    ]
    assert document["tools"][1] | {"tokens": 0} == {
        "name": "feature-flag-get-all",
        "title": "List feature flags",
        "toolset": "flags",
        "scopes": ["feature_flag:read"],
        "read_only": True,
        "destructive": False,
        "tokens": 0,
    }
    assert document["total_tokens"] >= sum(tool["tokens"] for tool in document["tools"]) - 3


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (("user:read", "feature_flag:read"), ["3 tools, ", "left out: query-run (the key lacks the scope query:read)"]),
        (("*",), ["44 tools, "]),
    ],
)
def test_the_table_of_tools_for_a_key(scopes: tuple[str, ...], words: list[str], tmp_path: Path) -> None:
    with instance(SandboxKey("phx_test", scopes=scopes)) as server:
        shown = run(["mcp", "tools"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
    assert [word for word in words if word not in shown.out + shown.err] == []


def test_the_table_of_tools_is_that_of_the_server_for_a_key_of_projects(tmp_path: Path) -> None:
    with instance(SandboxKey("phx_test", teams=(2,))) as server:
        shown = run(["mcp", "tools"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
    assert "left out: organizations-get (the key is limited to projects (2), and PostHog tells it nothing" in shown.err


def test_the_table_of_tools_is_that_of_the_server_for_an_organization_that_is_only_read(tmp_path: Path) -> None:
    team, organization = {"id": 2, "organization": FIRST}, {"id": FIRST, "read_only_mcp_access": True}
    me = {"email": "max@example.com", "team": team, "organization": organization}
    with instance() as server:
        server.will_answer("GET", "/api/users/@me/", Reply(200, me))
        shown = run(["mcp", "tools"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
    assert (
        "left out: dashboard-create (it writes, and the organization's settings let MCP servers only read)" in shown.err
    )


def test_the_table_of_tools_for_a_key_that_cannot_be_asked_about(tmp_path: Path) -> None:
    with instance() as server:
        shown = run(["mcp", "tools"], home(tmp_path), POSTHOG_HOST=server.url, POSTHOG_PERSONAL_API_KEY="phx_wrong")
    assert "44 tools, " in shown.out
    assert "scopes are not known" in shown.err


def test_the_toolset_api_says_which_operations_it_has(tmp_path: Path) -> None:
    """Those of the package where there is no key, or no schema; else those of the instance, which are kept."""
    shown = run(["mcp", "tools", "--features", "api"], home(tmp_path))
    assert "482 operations, from the index in this program, of 2026-11-01 (" in shown.out
    assert "as the PostHog gave none: this server has no PostHog key" in shown.out
    assert "left out" not in shown.err  # as the flag says
    with instance() as server:
        told = run(["mcp", "tools", "--features", "api"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
        again = run(["mcp", "tools", "--features", "api", "--json"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
        assert server.lines.count("GET /api/schema/") == 1
    assert f" operations, from {server.url}, of " in told.out
    assert "(0 days old)" in told.out
    assert again.document["operations"]["host"] == server.url


def test_the_tools_of_the_sandbox(tmp_path: Path) -> None:
    place = home(tmp_path)
    lay_data(place)
    shown = run(["mcp", "tools", "--sandbox", "--features", "api"], place)
    assert (shown.code, shown.err) == (0, "")
    assert " operations, from the sandbox, of " in shown.out


@pytest.mark.parametrize("limits", [(), ("--features", "all")])
def test_operations_are_not_asked_about_without_the_toolset(limits: tuple[str, ...], tmp_path: Path) -> None:
    with instance() as server:
        shown = run(["mcp", "tools", *limits, "--json"], home(tmp_path), POSTHOG_HOST=server.url, **KEY)
        assert "GET /api/schema/" not in server.lines
    assert "operations" not in shown.document
