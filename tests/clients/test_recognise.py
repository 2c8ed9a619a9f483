"""Which entries are PostHog's. The rows that must not be come first: they are other people's."""

from __future__ import annotations

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import read_entry
from posthog_wizard.clients.recognise import is_legacy, recognise, wrong_address
from posthog_wizard.model import Json
from tests.support.machines import KEY

SCHEMA = CLIENTS["cursor"].places[0].schema
PERSONAL = {"headers": {"Authorization": "Bearer phx_abcdefgh"}}


def header(text: str) -> Json:
    """An entry of nobody's address with that header."""
    return {"url": "https://evil.example/mcp", "headers": {"Authorization": text}}


INSTALLED = "mcp_server_installations/018f0000-0000-7000-8000-0000000a0001"


@pytest.mark.parametrize(
    ("entry", "origin", "legacy"),
    [
        (None, None, False),
        ("https://mcp.posthog.com/mcp", None, False),
        ({}, None, False),
        ({"url": "https://mcp.example.com/mcp"}, None, False),
        ({"url": "https://mcp.posthog.com.evil.example/mcp"}, None, False),
        ({"url": "https://evil.example/?u=https://mcp.posthog.com/mcp"}, None, False),
        ({"url": "https://notmcp.posthog.com/mcp"}, None, False),
        ({"url": "https://posthog.com/docs"}, None, False),
        (
            {"command": "gateway", "env": {"TO_URL": "https://mcp.posthog.com/mcp,https://mcp.example.com/"}},
            None,
            False,
        ),
        (
            {"command": "gateway", "env": {"A_URL": "https://mcp.posthog.com/mcp", "B": "https://example.com/"}},
            None,
            False,
        ),
        ({"command": "reader", "env": {"DOCS": "https://mcp.posthog.com/mcp"}}, None, False),
        ({"url": "https://mcp.posthog.com\\@evil.example/mcp"}, None, False),
        ({"url": "https://evil.example\\@mcp.posthog.com/mcp"}, None, False),
        ({"url": "https://evil.example/@mcp.posthog.com/mcp"}, None, False),
        ({"url": "https://eu.posthog.com@evil.example/mcp"}, None, False),
        ({"command": "uvx", "args": ["posthog-wizard-evil@latest", "mcp", "serve"]}, None, False),
        ({"url": "http://localhost:8787/mcp"}, None, False),
        ({"url": "http://localhost:8787/mcp", "headers": {"Authorization": "Bearer sk_abcdefgh"}}, None, False),
        ({"url": "http://localhost:8787/mcp", "headers": "Bearer phx_abcdefgh"}, None, False),
        ({"command": "node", "args": ["server.js"], "env": {"POSTHOG_API_KEY": "phc_x"}}, None, False),
        ({"command": "npx", "args": ["mcp-remote", "https://mcp.example.com"]}, None, True),
        ({"command": "/usr/bin/posthog-wizard-tools", "args": ["mcp", "serve"]}, None, False),
        ({"command": "/usr/bin/posthog-wizard", "args": ["--version"]}, None, False),
        ({"command": "python", "args": ["-m", "mcp", "serve"]}, None, False),
        ({"command": 5, "args": [6]}, None, False),
        ({"": {"url": "https://mcp.posthog.com/mcp"}}, None, False),
        ({"": "https://mcp.posthog.com/mcp"}, None, False),
        ({"command": "bash", "args": ["-lc", "echo https://mcp.posthog.com.evil.example/mcp"]}, None, False),
        # PostHog's
        ({"command": "bash", "args": ["-lc", "npx -y mcp-remote https://mcp.posthog.com/sse"]}, "hosted", True),
        ({"command": "sh", "args": ["-c", "exec npx 'mcp-remote' 'https://mcp.posthog.com/mcp'"]}, "hosted", True),
        ({"command": "npx -y mcp-remote https://mcp.posthog.com/mcp"}, "hosted", True),
        ({"command": "npx", "args": ["some-bridge", "--url=https://mcp.posthog.com/mcp"]}, "hosted", False),
        ({"command": {"path": "npx", "args": ["mcp-remote", "https://mcp.posthog.com/sse"]}}, "hosted", True),
        ({"command": "zsh", "args": ["-c", "posthog-wizard mcp serve --host https://p.example"]}, "local", False),
        ({"url": "https://mcp.posthog.com/mcp"}, "hosted", False),
        ({"serverUrl": "https://mcp.posthog.com/mcp?features=flags"}, "hosted", False),
        ({"httpUrl": "https://MCP.PostHog.com/mcp"}, "hosted", False),
        ({"url": "https://mcp-eu.posthog.com/mcp"}, "hosted", False),
        ({"url": "https://mcp.eu.posthog.com/mcp"}, "hosted", False),
        ({"url": "https://mcp.posthog.com/sse"}, "hosted", True),
        ({"command": "npx", "args": ["-y", "mcp-remote@latest", "https://mcp.posthog.com/sse"]}, "hosted", True),
        ({"command": "cmd", "args": ["/c", "npx", "mcp-remote", "https://mcp.posthog.com/mcp"]}, "hosted", True),
        (
            {"command": "/x/posthog-wizard", "args": ["mcp", "bridge", "--url", "https://mcp.posthog.com/mcp"]},
            "hosted",
            False,
        ),
        (
            {"command": "C:\\x\\posthog-wizard.exe", "args": ["mcp", "serve", "--host", "https://p.example"]},
            "local",
            False,
        ),
        ({"command": "uvx", "args": ["posthog-wizard", "mcp", "serve"]}, "local", False),
        ({"command": "/py", "args": ["-I", "-m", "posthog_wizard", "mcp", "serve"]}, "local", False),
        (
            {"command": "/x/posthog-wizard", "args": ["mcp", "bridge", "--url", "http://localhost:1/mcp"]},
            "other",
            False,
        ),
        ({"url": "https://app.posthog.com/mcp"}, "other", False),
        ({"command": "npx", "args": ["-y", "mcp-remote", "https://eu.posthog.com/sse"]}, "other", True),
        ({"url": f"https://{KEY}@mcp.posthog.com/mcp"}, "other", False),
        ({"command": "npx", "args": ["x", "--endpoint='https://mcp.posthog.com/mcp'"]}, "hosted", False),
        ({"command": "npx", "args": ["x", "-url=https://mcp.posthog.com/mcp"]}, "hosted", False),
        ({"command": "npx", "args": ["x"], "env": {"MCP_URL": "https://mcp.posthog.com/mcp"}}, "hosted", False),
        ({"command": "uvx", "args": ["posthog-wizard@latest", "mcp", "serve"]}, "local", False),
        ({"command": "uvx", "args": ["posthog-wizard==0.2.0", "mcp", "bridge"]}, "other", False),
        ({"command": "posthog-wizard.cmd", "args": ["mcp", "serve"]}, "local", False),
        ({"URL": "https://mcp.posthog.com/mcp"}, "hosted", False),
        ({"endpoint": "https://mcp.posthog.com/mcp"}, "hosted", False),
        ({"url": "http://localhost:8787/mcp", **PERSONAL}, "other", False),
        ({"url": "https://us.posthog.com/api/projects/1/mcp_proxy/", **PERSONAL}, "other", False),
        # servers that are installed in PostHog, through its proxy
        ({"url": f"https://us.posthog.com/api/environments/1/{INSTALLED}/proxy/"}, "installation", False),
        (
            {"serverUrl": f"https://us.posthog.com/api/projects/@current/{INSTALLED}/proxy", **PERSONAL},
            "installation",
            False,
        ),
        ({"url": f"https://us.posthog.com/api/environments/1/{INSTALLED}/proxy/elsewhere"}, None, False),
        ({"url": f"https://us.posthog.com/api/environments/1/2/{INSTALLED}/proxy/"}, None, False),
        ({"url": f"https://evil.example/?u=https://us.posthog.com/api/projects/1/{INSTALLED}/proxy/"}, None, False),
        ({"url": "https://us.posthog.com/api/projects/1/mcp_server_installations//proxy/"}, None, False),
    ],
)
def test_recognise(entry: Json, origin: str | None, legacy: bool) -> None:
    fields = read_entry(SCHEMA, entry)
    assert (recognise(fields), is_legacy(fields)) == (origin, legacy)


OWN = "https://p.example.com/posthog"
PATH = f"/api/projects/1/{INSTALLED}/proxy/"
LOOPBACK = f"http://127.0.0.1:8000/api/environments/1/{INSTALLED}/proxy/"
BRIDGED = {"command": "/x/posthog-wizard", "args": ["mcp", "bridge", "--url", LOOPBACK]}


@pytest.mark.parametrize(
    ("entry", "hosts", "origin"),
    [
        # a path that anybody can write makes no host PostHog's
        ({"url": f"{OWN}{PATH}?x=1"}, (), None),
        (BRIDGED, (), None),
        ({"url": f"https://evil.example{PATH}", **PERSONAL}, (OWN,), None),
        ({"url": f"https://us.posthog.com@evil.example{PATH}"}, (), None),
        ({"url": f"https://us.posthog.com.evil.example{PATH}"}, (), None),
        ({"url": f"https://us.posthog.com:443@evil.example{PATH}"}, (), None),
        ({"url": f"https://evil.example/https://us.posthog.com{PATH}"}, (), None),
        ({"url": f"http://us.posthog.com{PATH}"}, (), None),
        ({"url": f"https://us.p\u043esthog.com{PATH}"}, (), None),
        ({"url": f"{OWN}.evil.example{PATH}"}, (OWN,), None),
        # nor does a reference that only begins as a key does
        (header("Bearer phx_${VAR}"), (), None),
        (header("Bearer phx_abc${VAR}"), (), None),
        (header("Bearer phx_abc ${VAR}"), (), None),
        (header("Bearer phx_{env:VAR}"), (), None),
        (header("Bearer pha_$VAR"), (), None),
        (header("Bearer phx_%VAR%"), (), None),
        # nor the name of PostHog's server before an @
        ({"url": "https://mcp.posthog.com:443@evil.example/mcp"}, (), None),
        ({"url": "https://mcp.posthog.com@evil.example/mcp"}, (), None),
        ({"url": "https://mcp.posthog.com\\@evil.example/mcp"}, (), None),
        ({"url": "https://mcp.posthog\u3002com/mcp"}, (), None),
        # one that the user names does
        ({"url": f"{OWN}{PATH}?x=1"}, (OWN,), "installation"),
        ({"url": f"{OWN.upper().replace('/POSTHOG', '/posthog')}{PATH}"}, (f"{OWN}/",), "installation"),
        (BRIDGED, ("http://127.0.0.1:8000",), "installation"),
        ({"url": f"https://eu.posthog.com{PATH}"}, (), "installation"),
    ],
)
def test_a_host_is_posthog_s_where_somebody_says_so(entry: Json, hosts: tuple[str, ...], origin: str | None) -> None:
    assert recognise(read_entry(SCHEMA, entry), hosts) == origin


def bridged(url: str) -> Json:
    """An entry of our bridge."""
    return {"command": "/x/posthog-wizard", "args": ["mcp", "bridge", "--url", url]}


def served(host: str) -> Json:
    """An entry of our own server."""
    return {"command": "/x/posthog-wizard", "args": ["mcp", "serve", f"--host={host}"]}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (bridged("http://mcp.posthog.com/mcp"), "begins with http"),
        (bridged("https://app.posthog.com/mcp"), "is PostHog itself"),
        (bridged("https://mcp.posthog.com"), "at `/mcp`"),
        (bridged("https://mcp.p0sthog.com/mcp"), "is not PostHog's"),
        (served("https://eu.p0sthog.com"), "is not PostHog's"),
        (served("https://us.posthog.co"), "is not PostHog's"),
        ({"command": "npx", "args": ["mcp-remote", "http://mcp.posthog.com/mcp"]}, "begins with http"),
        ({"command": "npx", "args": ["mcp-remote", "https://us.posthog.com/mcp"]}, "is PostHog itself"),
        ({"command": "bash", "args": ["-c", "npx mcp-remote https://us.posthog.com/mcp"]}, "is PostHog itself"),
        ({"url": f"https://{KEY}@mcp.posthog.com/mcp"}, "holds the key"),
        ({"url": f"https://us.posthog.com.evil.example{PATH}"}, "is not PostHog's"),
        ({"url": "https://mcp.postog.com/mcp"}, "is not PostHog's"),
        ({"url": "https://mcp.post-hog.com/mcp"}, "is not PostHog's"),
        ({"url": "https://mcp.posthoq.io/mcp"}, "is not PostHog's"),
        ({"url": "https://mcp.posthog.xyz/mcp"}, "is not PostHog's"),
    ],
)
def test_an_address_that_cannot_be_right(entry: Json, told: str) -> None:
    assert told in (wrong_address(read_entry(SCHEMA, entry)) or "")


@pytest.mark.parametrize(
    "entry",
    [
        bridged("https://mcp.posthog.com/mcp?project_id=1"),
        bridged("http://localhost:8787/mcp"),
        bridged(f"https://us.posthog.com/api/environments/1/{INSTALLED}/proxy/"),
        served("https://us.posthog.com"),
        served("https://us.i.posthog.com"),
        served("https://app.posthog.com.:443/"),
        served("https://posthog.acme.co"),
        served("https://posthog.internal"),
        {"command": "npx", "args": ["mcp-remote", "https://mcp.posthog.com/mcp", "--docs", "https://posthog.com"]},
        {"url": "https://mcp.posthog.com./mcp"},
        {"url": "https://mcp.hosting.com/mcp"},
        {"url": "https://posthog.local/mcp"},
    ],
)
def test_an_address_that_may_be_right(entry: Json) -> None:
    assert wrong_address(read_entry(SCHEMA, entry)) is None
