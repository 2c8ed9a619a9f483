"""All of PostHog's API through a real `mcp serve`, by the SDK's own client in both eras: search, describe, read, write, delete."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, types
from mcp.client.session import ClientRequestContext, ElicitationFnT

from tests.support.mcp_process import MODERN, ROOT, SERVE
from tests.support.posthog_tools import said
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
FEATURE = ("--features", "api", "--project", "2")
AFTER_ALL = {"api-describe", "api-read", "api-search", "api-write"}


def asks(action: str, heard: list[str]) -> ElicitationFnT:
    """A client whose person always answers the same."""

    async def answer(
        context: ClientRequestContext,
        params: types.ElicitRequestParams,
    ) -> types.ElicitResult:
        heard.append(params.message)
        return types.ElicitResult.model_validate({"action": action})

    return answer


def talk(
    url: str, home: Path, mode: Any, person: ElicitationFnT | None, *calls: tuple[str, dict[str, Any]]
) -> list[str]:
    """What the server answers to these calls, the names of its tools first."""
    server = StdioServerParameters(
        command=SERVE[0],
        args=[*SERVE[1:], "--host", url, *FEATURE],
        env={"HOME": str(home), "PYTHONPATH": str(ROOT), "POSTHOG_PERSONAL_API_KEY": "phx_test"},
    )

    async def talked() -> list[str]:
        async with Client(server, mode=mode, elicitation_callback=person) as client:
            names = [" ".join(sorted(tool.name for tool in (await client.list_tools()).tools))]
            answers = [await client.call_tool(name, arguments) for name, arguments in calls]
            return names + [one.content[0].text for one in answers if isinstance(one.content[0], types.TextContent)]

    return asyncio.run(talked())


DELETE = ("api-write", {"operation": "dashboards_destroy", "parameters": {"id": 11}})


@pytest.mark.parametrize("mode", ["legacy", MODERN])
def test_an_agent_finds_reads_writes_and_deletes(mode: str, tmp_path: Path) -> None:
    heard: list[str] = []
    with instance() as posthog:
        names, found, told, read, written, deleted = talk(
            posthog.url,
            tmp_path,
            mode,
            asks("accept", heard),
            ("api-search", {"query": "list the dashboards"}),
            ("api-describe", {"operation": "dashboards_create"}),
            ("api-read", {"operation": "dashboards_list", "fields": ["id"]}),
            ("api-write", {"operation": "dashboards_create", "body": {"name": "Made by an agent"}}),
            DELETE,
        )
        assert set(names.split()) == AFTER_ALL
        assert "dashboards_list" in found
        assert "name" in told
        assert {"id": 11} in said(read)["results"]
        assert said(written)["result"]["name"] == "Made by an agent"
        assert said(deleted)["result"]["deleted"] is True
        assert [question.startswith("This deletes, at ") for question in heard] == [True]
        assert posthog.lines[-1] == "PATCH /api/projects/2/dashboards/11/"


def test_what_the_person_refuses_is_not_done(tmp_path: Path) -> None:
    with instance() as posthog:
        heard: list[str] = []
        _, refused = talk(posthog.url, tmp_path, MODERN, asks("decline", heard), DELETE)
        assert "the person said no, and nothing was changed" in refused
        assert len(heard) == 1
        assert [line for line in posthog.lines if line.startswith("PATCH")] == []


def test_a_client_that_cannot_ask_deletes_nothing(tmp_path: Path) -> None:
    with instance() as posthog:
        _, refused = talk(posthog.url, tmp_path, "legacy", None, DELETE)
        assert "a person must confirm this, and this client cannot ask one" in refused
        assert [line for line in posthog.lines if line.startswith("PATCH")] == []
