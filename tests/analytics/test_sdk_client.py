"""The client that programs of ours send with."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from posthog import Posthog

from posthog_wizard.analytics.sdk_client import LazyClient, ca_bundle_env, new_client, no_proxy_env
from tests.support.analytics_server import demo
from tests.support.mcp_process import Program
from tests.support.network import Authority, Proxy
from tests.support.sink import Sink
from tests.support.watched import called, watched


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://us.posthog.com", "https://us.i.posthog.com"),
        ("https://eu.posthog.com", "https://eu.i.posthog.com"),
        ("https://posthog.example.com/sub", "https://posthog.example.com/sub"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    ],
)
def test_events_go_where_the_api_is(base: str, host: str) -> None:
    client = new_client("phc_test", base, environment={})
    assert client.host == host
    client.shutdown()


@pytest.mark.parametrize(
    ("ca_file", "environment", "wanted"),
    [
        (Path("/a.pem"), {}, "/a.pem"),
        (Path("/a.pem"), {"REQUESTS_CA_BUNDLE": "/theirs.pem"}, "/theirs.pem"),
        (None, {"REQUESTS_CA_BUNDLE": "/theirs.pem"}, "/theirs.pem"),
        (None, {}, ssl.get_default_verify_paths().cafile or ssl.get_default_verify_paths().capath),
    ],
)
def test_what_is_trusted(ca_file: Path | None, environment: dict[str, str], wanted: str | None) -> None:
    assert ca_bundle_env(ca_file, environment).get("REQUESTS_CA_BUNDLE") == wanted


@pytest.mark.parametrize(
    ("base", "environment", "hosts"),
    [
        ("https://posthog.example.com", {"NO_PROXY": "a"}, None),
        ("http://127.0.0.1:8000", {}, "127.0.0.1"),
        ("http://localhost", {"NO_PROXY": "a,b"}, "a,b,localhost"),
        ("http://[::1]:8000", {"no_proxy": "a"}, "a,::1"),
    ],
)
def test_this_computer_is_never_proxied(base: str, environment: dict[str, str], hosts: str | None) -> None:
    assert no_proxy_env(base, environment) == ({} if hosts is None else {"no_proxy": hosts, "NO_PROXY": hosts})


def test_cloud_s_host_is_reached_through_a_proxy_with_an_authority_of_one_s_own(tmp_path: Path) -> None:
    authority = Authority()
    with Sink(tls=authority.server("us.i.posthog.com")) as sink, Proxy({"us.i.posthog.com": sink.port}) as proxy:
        arguments = (
            "--region",
            "us",
            "--analytics-key",
            "phc_test",
            "--ca-file",
            str(authority.write(tmp_path / "ca")),
        )
        with Program(*arguments, home=tmp_path, environment={"HTTPS_PROXY": proxy.url}) as program:
            program.initialize()
            program.request(1, "resources/list")
            program.stdin.close()
            program.ended(20)
        assert sink.names == ["$mcp_initialize", "$mcp_resources_list"]
        assert {head.split()[1] for head in proxy.seen} >= {"us.i.posthog.com:443"}


def made(sink: Sink, clients: list[Posthog]) -> Callable[[], Posthog]:
    """How a client is made, the first time in vain."""
    tries = iter([True, False])

    def make() -> Posthog:
        if next(tries, False):
            raise OSError("no network yet")
        clients.append(new_client("phc_test", sink.url, environment={}))
        return clients[-1]

    return make


def test_a_late_client_is_made_with_the_first_event_and_tried_again() -> None:
    clients: list[Posthog] = []
    with Sink() as sink:
        late = LazyClient(made(sink, clients))
        late.flush(0.1)
        assert clients == []
        got = watched(demo()[0], called("add", a=1, b=2), client=late)
        late.flush(5)
        assert got.told == ["an event was dropped: OSError: no network yet"]
        assert sink.names == ["$mcp_tools_list", "$mcp_tool_call"]
        assert {event["properties"]["$lib"] for event in sink.events} == {"posthog-python-mcp"}
        assert len(clients) == 1
        clients[0].shutdown()


def test_the_posthog_sdk_loads_with_the_first_event_only() -> None:
    code = """
import sys
from mcp.server.mcpserver import MCPServer
from posthog_wizard.analytics import instrument
from posthog_wizard.analytics.sdk_client import LazyClient
instrument(MCPServer("a"), LazyClient(lambda: 1 / 0))
print([name for name in sys.modules if name.split(".")[0] in {"posthog", "requests"}])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
