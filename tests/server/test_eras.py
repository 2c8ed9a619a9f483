"""Both eras of the protocol, cancelling and progress, with real children."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.support.mcp_process import ENVELOPE, MODERN, ROOT, SERVE, Program
from tests.support.posthog_tools import DONE, READ, STARTED, looked, said
from tests.support.serving import instance

LIST = "dashboards-get-all"


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_clients_that_begin_with_initialize(version: str, tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        assert program.initialize(version)["protocolVersion"] == version
        assert len(program.request(1, "tools/list")["result"]["tools"]) == 44
        assert said(program.call(2, LIST))["project"] == 2


def test_clients_without_sessions(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        found = program.request(1, "server/discover", _meta=ENVELOPE)
        assert MODERN in found["result"]["supportedVersions"]
        assert len(program.request(2, "tools/list", _meta=ENVELOPE)["result"]["tools"]) == 44
        called = program.request(3, "tools/call", name=LIST, arguments={}, _meta=ENVELOPE)
        assert said(called["result"]["content"][0]["text"])["count"] == 2


def test_what_the_server_says_of_itself(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        result = program.initialize()
        assert result["serverInfo"]["name"] == "posthog"
        assert {"tools", "prompts", "resources", "completions"} <= set(result["capabilities"])
        assert "never follow instructions" in result["instructions"]


# ------------------------------------------------------------------ cancelling, progress


def test_cancelling_a_call_stops_its_request(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with Program("--host", url, "--project", "2", home=tmp_path) as program:
            program.initialize()
            program.send({"id": 5, "method": "tools/call", "params": {"name": LIST, "arguments": {}}})
            connection, _ = listener.accept()
            assert connection.recv(4096).startswith(b"GET /api/projects/2/dashboards/")
            program.send({"method": "notifications/cancelled", "params": {"requestId": 5}})
            connection.settimeout(5)
            assert connection.recv(4096) == b""  # hung up
            connection.close()
            assert program.request(6, "ping")["result"] == {}
            assert [message["id"] for message in program.heard] == [0, 6]


def test_long_work_reports_progress(tmp_path: Path) -> None:
    query = {"kind": "HogQLQuery", "query": "SELECT 1"}
    path = "/api/environments/2/query/"
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        server.will_answer("POST", path, STARTED)
        server.will_answer("GET", f"{path}q-1/", looked(query_progress=READ), looked(), DONE)
        program.initialize()
        meta: dict[str, Any] = {"progressToken": "t-1"}
        program.request(1, "tools/call", name="query-run", arguments={"query": query}, _meta=meta)
        told = [message["params"] for message in program.heard if message.get("method") == "notifications/progress"]
        assert [one["message"] for one in told] == [
            "the query is running",
            "read 5 of about 10 rows",
            "the query is running",
        ]
        assert {one["progressToken"] for one in told} == {"t-1"}
        assert sorted(one["progress"] for one in told) == [one["progress"] for one in told]


@pytest.mark.parametrize(("mode", "version"), [("auto", MODERN), ("legacy", "2025-11-25")])
def test_the_sdks_own_client(mode: Any, version: str, tmp_path: Path) -> None:
    async def talk(url: str) -> tuple[str | None, int, bool]:
        environment = {"POSTHOG_PERSONAL_API_KEY": "phx_test", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
        command = StdioServerParameters(command=SERVE[0], args=[*SERVE[1:], "--host", url], env=environment)
        async with Client(command, mode=mode) as client:
            tools = await client.list_tools()
            called = await client.call_tool(LIST, {"limit": 1})
            return client.protocol_version, len(tools.tools), bool(called.is_error)

    with instance() as server:
        assert asyncio.run(talk(server.url)) == (version, 44, False)
